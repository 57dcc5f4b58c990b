-- +goose Up
-- +goose StatementBegin
-- Read models. Generation n of the projection p has its tables in the schema rm_p_n; the pointer says which one is read.
CREATE TABLE es.projection (
  name text PRIMARY KEY,
  live int  NOT NULL,
  role text NOT NULL   -- the service's: granted every new generation's tables
);

CREATE TABLE es.checkpoint (
  name       text   NOT NULL REFERENCES es.projection,
  generation int    NOT NULL,
  position   bigint NOT NULL DEFAULT 0,   -- the last event applied; moved in the transaction that applied it
  epoch      int    NOT NULL DEFAULT 0,   -- of that event; 0 before the first
  schema     bytea  NOT NULL,             -- SHA-256 of the SQL that made the tables: another one needs a replay
  PRIMARY KEY (name, generation)
);

-- Sets the search path of this transaction to the live generation and holds that generation until the transaction ends. Null: it
-- was dropped between the look at the pointer and the lock, so begin anew. The name lookup is not bound to the snapshot.
CREATE FUNCTION es.enter(projection text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE s text;
BEGIN
  SELECT 'rm_' || p.name || '_' || p.live INTO s FROM es.projection p WHERE p.name = projection;
  IF s IS NULL THEN
    RAISE EXCEPTION 'there is no projection %', projection USING ERRCODE = 'LO002', HINT = 'loa migrate';
  END IF;
  PERFORM pg_advisory_xact_lock_shared(1163084098, hashtext(s));
  IF to_regnamespace(s) IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('search_path', quote_ident(s), true);
  RETURN s;
END $$;

-- Waits for the transactions that hold a generation, keeps new ones out until this transaction ends, and drops it.
CREATE FUNCTION es.drop_generation(projection text, generation int) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE s text := 'rm_' || projection || '_' || generation;
BEGIN
  PERFORM pg_advisory_xact_lock(1163084098, hashtext(s));
  EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', s);
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es FROM PUBLIC;
-- +goose StatementEnd
