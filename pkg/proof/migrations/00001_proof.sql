-- +goose Up
-- +goose StatementBegin
-- What the sealer keeps of the Merkle tree over es.event.leaf. Level 0 is the leaves themselves; of the levels above only 8, 16, 24 …
-- are kept, a hash for every 256 below, since the others follow from them.
CREATE TABLE proof.node (
  level int    NOT NULL CHECK (level > 0 AND level % 8 = 0),
  n     bigint NOT NULL CHECK (n >= 0),
  hash  bytea  NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (level, n)
);

-- The checkpoints, for those who ask. Each was written outside the database first: see docs/proof.md.
CREATE TABLE proof.checkpoint (
  epoch int    NOT NULL,
  size  bigint NOT NULL CHECK (size > 0),
  note  text   NOT NULL,
  PRIMARY KEY (epoch, size)
);

CREATE FUNCTION proof.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'proofs are append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proof.node       FOR EACH STATEMENT EXECUTE FUNCTION proof.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proof.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION proof.refuse();
-- +goose StatementEnd
