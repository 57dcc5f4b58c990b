-- One row per person: the key while there is one, then for ever the fact that it was deleted. Both live in one row, so that its
-- primary key alone decides between whoever makes a key and whoever deletes it at the same time. No personal data stands here.
CREATE TABLE IF NOT EXISTS person (
  person     text        PRIMARY KEY,  -- the opaque id that the owner chose
  owner      text        NOT NULL,     -- the service whose person it is; empty for who was erased before any key was made
  envelope   text,                     -- the name of the envelope key that wrapped
  wrapped    bytea,                    -- nonce, wrapped key, tag
  made_at    timestamptz,
  erased_at  timestamptz,
  erased_by  text,
  reason     text,                     -- a file number or the like, never the person's name
  CONSTRAINT key_or_tombstone CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL) AND (wrapped IS NULL) = (envelope IS NULL)),
  CONSTRAINT told CHECK ((erased_at IS NULL) = (reason IS NULL) AND (erased_at IS NULL) = (erased_by IS NULL))
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

-- Whatever the role may do: an erased person stays erased, and a key does not change hands.
CREATE OR REPLACE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'what is known of a person’s key is never removed: % is refused', TG_OP;
  END IF;
  IF OLD.erased_at IS NOT NULL OR NEW.person <> OLD.person OR NEW.owner <> OLD.owner THEN
    RAISE EXCEPTION 'an erased person stays erased, and a key keeps its person and owner';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER stays BEFORE UPDATE OR DELETE ON person FOR EACH ROW EXECUTE FUNCTION guard();
CREATE OR REPLACE TRIGGER stays_whole BEFORE TRUNCATE ON person FOR EACH STATEMENT EXECUTE FUNCTION guard();
