-- +goose Up
-- +goose StatementBegin
-- The lineage of a log is the system identifier, the timeline, and the base backup that the server was restored from, if any. A base
-- backup that is started without recovery.signal stays on its timeline: only the label, which the server keeps as backup_label.old,
-- then tells the copy from the original. It fails on a standby: no appends there.
CREATE OR REPLACE FUNCTION es.lineage() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE place text; label text;
BEGIN
  SELECT s.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) INTO place FROM pg_control_system() s;
  BEGIN
    label := pg_read_file('backup_label.old', 0, 8192, true);
  EXCEPTION WHEN insufficient_privilege THEN
    label := NULL;  -- an owner who is not superuser: restores are told by the timeline alone
  END;
  RETURN place || coalesce('/' || encode(substr(sha256(convert_to(label, 'UTF8')), 1, 8), 'hex'), '');
END $$;

-- Where the log has lived: the database, and the table in it. A dump that is restored, beside the log or over it, brings rows of another
-- table, and a copied database has another number.
CREATE TABLE es.home (
  place text        PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.home FOR EACH STATEMENT EXECUTE FUNCTION es.refuse();

CREATE FUNCTION es.here() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT d.oid || '/' || 'es.event'::regclass::oid FROM pg_database d WHERE d.datname = current_database() $$;

-- Whether appends are let in. A log that holds nothing yet is at home anywhere: nobody can have seen of it what it has not.
CREATE FUNCTION es.adopted() RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT (SELECT e.lineage = es.lineage() FROM es.epoch e ORDER BY e.epoch DESC LIMIT 1)
     AND (EXISTS (SELECT FROM es.home h WHERE h.place = es.here()) OR NOT EXISTS (SELECT FROM es.event)) $$;

CREATE OR REPLACE FUNCTION es.open() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE n int;
BEGIN
  IF NOT es.adopted() THEN
    RAISE EXCEPTION 'this log was restored or promoted and has no epoch yet' USING ERRCODE = 'LO001', HINT = 'loa log adopt';
  END IF;
  INSERT INTO es.home (place) SELECT es.here() WHERE NOT EXISTS (SELECT FROM es.home h WHERE h.place = es.here()) ON CONFLICT DO NOTHING;
  -- Whatever the role or the database has set: an acknowledged event is on disk, and a waiting append sees the last holder's rows.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', false); END IF;
  PERFORM set_config('default_transaction_isolation', 'read committed', false);
  SELECT max(e.epoch) INTO n FROM es.epoch e;
  RETURN n;
END $$;

-- seen is the latest epoch that anyone outside knows of: of two restores from one backup, the second must not use the number of the
-- first, whose events others may have seen.
DROP FUNCTION es.adopt(text);
CREATE FUNCTION es.adopt(reason text, seen int DEFAULT 0) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE n int;
BEGIN
  PERFORM pg_advisory_xact_lock(1163084097, 0);
  INSERT INTO es.home (place) VALUES (es.here()) ON CONFLICT DO NOTHING;
  INSERT INTO es.epoch
  SELECT greatest(coalesce((SELECT max(e.epoch) FROM es.epoch e), 0), seen) + 1, coalesce((SELECT max(e.position) FROM es.event e), 0),
         es.lineage(), clock_timestamp(), reason
  RETURNING epoch INTO n;
  RETURN n;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es FROM PUBLIC;

INSERT INTO es.home (place) VALUES (es.here());
-- A log that was made on a restored server just now is nobody's copy.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM es.event) AND NOT es.adopted() THEN PERFORM es.adopt('new log'); END IF;
END $$;
-- +goose StatementEnd
