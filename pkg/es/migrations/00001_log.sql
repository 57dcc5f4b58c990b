-- +goose Up
-- +goose StatementBegin
-- One append-only log per database: its tables and its one write path. torture_test.go attacks what is claimed here.
--
-- I1 order      A transaction that takes positions holds the log's lock from before its first read until after it is visible
--               (advisory locks are released after ProcArrayEndTransaction), so position order = commit order = visibility
--               order: whoever sees position p sees every position below it. Followers need no xid, no xmin, no gap watch.
-- I2 gapless    Positions are 1..n: the next is max + 1, read under the lock; no sequence, no head row (a hot row grows a dead
--               version per append and slows every append while any snapshot is open).
-- I3 truth      Every check reads a snapshot taken after the lock was granted: VOLATILE plpgsql under READ COMMITTED takes a
--               new one per statement, and the lock is a statement of its own. The unique constraints never fire; if one does,
--               that is a bug: the batch fails whole and the committer raises an alarm.
-- I4 own answer A batch holds at most one command per stream and one per key (the committer keeps the others for its next
--               batch), so commands of a batch cannot affect each other; a clash is left out and its neighbours commit.
-- I5 one trip   Lock, checks and writes are one autocommitted call with a one-row answer: no client, paused or dead, holds it.
-- I6 doubt      If a call ends without an answer, the same batch is sent again under the same keys until answered: the key is
--               looked at before the version. A cancelled caller never cancels the call; it learns "in doubt" with its key.
-- I7 lineage    After a restore or the promotion of a standby nothing is appended until the log has a new epoch.
CREATE TABLE es.event (
  position    bigint      PRIMARY KEY,
  stream      uuid        NOT NULL,
  version     bigint      NOT NULL CHECK (version > 0),
  command     uuid        NOT NULL,
  type        text        NOT NULL,
  recorded_at timestamptz NOT NULL,  -- set under the lock, never decreases: "as of T" is a prefix of the log
  digest      bytea       NOT NULL,  -- SHA-256 by the client over the event's canonical bytes, personal data already encrypted
  leaf        bytea       NOT NULL,  -- SHA-256(0x00, position, recorded_at, digest): the Merkle leaf
  body        bytea       NOT NULL,  -- the exact bytes; never jsonb, which rewrites them
  CONSTRAINT event_stream_version UNIQUE (stream, version)
);

CREATE TABLE es.command (            -- every command that was answered, also those that wrote no event; kept as long as the log
  key         uuid        PRIMARY KEY,  -- UUIDv8 of SHA-256(caller, method, Idempotency-Key)
  digest      bytea       NOT NULL,     -- of the request
  stream      uuid        NOT NULL,
  version     bigint      NOT NULL,     -- the stream's version after it: the answer is the aggregate loaded at this version
  position    bigint      NOT NULL,     -- the log's last position after it: its freshness token
  recorded_at timestamptz NOT NULL
);

CREATE TABLE es.epoch (              -- one row per lineage of this log
  epoch      int         PRIMARY KEY,
  after      bigint      NOT NULL,   -- last position of the lineage before: a consumer beyond it has seen what is lost
  lineage    text        NOT NULL,   -- system identifier and timeline
  started_at timestamptz NOT NULL,
  reason     text        NOT NULL
);

CREATE FUNCTION es.lineage() RETURNS text LANGUAGE sql VOLATILE AS $$   -- fails on a standby: no appends there
  SELECT s.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) FROM pg_control_system() s $$;

-- The committer calls this once on every new connection; a restore and a promotion both end all connections it had.
CREATE FUNCTION es.open() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE e es.epoch;
BEGIN
  SELECT * INTO e FROM es.epoch ORDER BY epoch DESC LIMIT 1;
  IF e.lineage IS DISTINCT FROM es.lineage() THEN
    RAISE EXCEPTION 'this log was restored or promoted and has no epoch yet' USING ERRCODE = 'LO001', HINT = 'loa log adopt';
  END IF;
  -- Whatever the role or the database has set: an acknowledged event is on disk, and a waiting append sees the last holder's rows.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', false); END IF;
  PERFORM set_config('default_transaction_isolation', 'read committed', false);
  RETURN e.epoch;
END $$;

-- Called by migration on an empty database, and by `loa log adopt` after a restore or a promotion.
CREATE FUNCTION es.adopt(reason text) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE n int;
BEGIN
  PERFORM pg_advisory_xact_lock(1163084097, 0);
  INSERT INTO es.epoch
  SELECT coalesce((SELECT max(e.epoch) FROM es.epoch e), 0) + 1, coalesce((SELECT max(e.position) FROM es.event e), 0),
         es.lineage(), clock_timestamp(), reason
  RETURNING epoch INTO n;
  RETURN n;
END $$;

-- One array entry per command; the events of all commands flattened in order, ev_cmd naming the command (from 1), ev_nth its
-- place in it (from 1). Outcomes: 0 appended, 1 already appended (first answer repeated), 2 conflict (version = the actual one),
-- 3 the key was used for another request. `at` is when the events of this call were recorded.
CREATE FUNCTION es.append(
  keys uuid[], digests bytea[], streams uuid[], expected bigint[], counts int[],
  ev_cmd int[], ev_nth int[], ev_type text[], ev_digest bytea[], ev_body bytea[],
  OUT outcomes smallint[], OUT versions bigint[], OUT positions bigint[], OUT at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  last bigint; micros bytea; base bigint[] := '{}'; place int[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'es.append needs READ COMMITTED';
  END IF;
  PERFORM pg_advisory_xact_lock(1163084097, 0);   -- a statement of its own: all that follows sees what the last holder wrote

  SELECT e.position, greatest(e.recorded_at, clock_timestamp()) INTO last, at
    FROM es.event e ORDER BY e.position DESC LIMIT 1;
  last := coalesce(last, 0);
  at := coalesce(at, clock_timestamp());

  SELECT array_agg(CASE WHEN c.key IS NULL THEN CASE WHEN coalesce(h.version, 0) = q.expected THEN 0 ELSE 2 END
                        WHEN c.digest = q.digest AND c.stream = q.stream THEN 1 ELSE 3 END),
         array_agg(CASE WHEN c.key IS NULL THEN coalesce(h.version, 0) ELSE c.version END),
         array_agg(coalesce(c.position, last)), array_agg(q.i)
    INTO outcomes, versions, positions, place
    FROM unnest(keys, digests, streams, expected) WITH ORDINALITY AS q(key, digest, stream, expected, i)
    LEFT JOIN LATERAL (SELECT * FROM es.command c WHERE c.key = q.key LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT e.version FROM es.event e WHERE e.stream = q.stream ORDER BY e.version DESC LIMIT 1) h ON true;

  FOR i IN 1 .. cardinality(keys) LOOP
    IF place[i] <> i THEN RAISE EXCEPTION 'the plan reordered the batch'; END IF;   -- cheaper than three sorts
    base[i] := last;
    IF outcomes[i] = 0 THEN
      last := last + counts[i];
      versions[i] := expected[i] + counts[i];
      positions[i] := last;
    END IF;
  END LOOP;

  micros := int8send((extract(epoch FROM at) * 1000000)::bigint);
  INSERT INTO es.event (position, stream, version, command, type, recorded_at, digest, leaf, body)
  SELECT base[u.c] + u.nth, streams[u.c], expected[u.c] + u.nth, keys[u.c], u.type, at, u.digest,
         sha256('\x00'::bytea || int8send(base[u.c] + u.nth) || micros || u.digest), u.body
    FROM unnest(ev_cmd, ev_nth, ev_type, ev_digest, ev_body) AS u(c, nth, type, digest, body)
   WHERE outcomes[u.c] = 0;
  INSERT INTO es.command (key, digest, stream, version, position, recorded_at)
  SELECT u.key, u.digest, u.stream, u.version, u.position, at
    FROM unnest(keys, digests, streams, versions, positions, outcomes) AS u(key, digest, stream, version, position, outcome)
   WHERE u.outcome = 0;
  IF 1 = ANY (outcomes) THEN
    -- A repeat writes nothing, so its COMMIT would not wait for a synchronous standby and could confirm what the standby lacks.
    PERFORM pg_logical_emit_message(true, 'es', '');
  END IF;
END $$;

CREATE FUNCTION es.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.event   FOR EACH STATEMENT EXECUTE FUNCTION es.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.command FOR EACH STATEMENT EXECUTE FUNCTION es.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.epoch   FOR EACH STATEMENT EXECUTE FUNCTION es.refuse();

-- The service's role reads and calls es.append; it has no INSERT, UPDATE, DELETE or TRUNCATE on anything here (see migrate.go).
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es FROM PUBLIC;

-- Follower (relay, projector, sealer): SELECT … FROM es.event WHERE position > $1 ORDER BY position LIMIT $2. Nothing else.
SELECT es.adopt('new log');
-- +goose StatementEnd
