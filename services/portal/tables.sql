-- What the portal has heard and shows. Each process of the portal renders from these rows and keeps what it rendered in memory, so
-- nothing here is rendered. `seq` grows with every change of a row that a page shows: a process reads what is above the highest it has
-- seen and drops the pages that told otherwise. Rows are written under one lock (portal.seen), so the order of `seq` is that of commit.
CREATE SEQUENCE IF NOT EXISTS seen;

-- One row per publication, as it is shown now. `payload` is always a PublicationPublished: a correction replaces its content, body,
-- slug and decisions and keeps its published_at; what it said before is the row of `edition` with the number it had then.
CREATE TABLE IF NOT EXISTS publication (
  id           text        PRIMARY KEY,
  slug         text        NOT NULL UNIQUE,
  published_at timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  payload      bytea       NOT NULL, -- loa.distribution.v1.PublicationPublished
  traceparent  text        NOT NULL,
  seq          bigint      NOT NULL,
  receipt_at   timestamptz
);
CREATE INDEX IF NOT EXISTS publication_seq ON publication (seq);
ALTER TABLE publication
  ADD COLUMN IF NOT EXISTS state       text   NOT NULL DEFAULT 'published', -- published, withdrawn, expired; only the first is in lists
  ADD COLUMN IF NOT EXISTS number      int    NOT NULL DEFAULT 0,           -- of the last correction
  ADD COLUMN IF NOT EXISTS changed_at  timestamptz,                         -- of the last correction, withdrawal or expiry
  ADD COLUMN IF NOT EXISTS hash        text   NOT NULL DEFAULT '',          -- of the content as it was approved
  ADD COLUMN IF NOT EXISTS listed      int    NOT NULL DEFAULT 0,           -- the shape of its rows in listing; see facts.Shape
  ADD COLUMN IF NOT EXISTS indexed_seq bigint NOT NULL DEFAULT 0;           -- the seq at which search last read it
CREATE INDEX IF NOT EXISTS publication_hash ON publication (hash);
CREATE INDEX IF NOT EXISTS publication_unlisted ON publication (listed, id);
CREATE INDEX IF NOT EXISTS publication_unindexed ON publication (seq) WHERE indexed_seq < seq;
CREATE INDEX IF NOT EXISTS publication_owed ON publication (seq) WHERE receipt_at IS NULL;

-- The lists a publication stands in, newest first: kind all (key ''), theme, audience, agency, item (of a plan), plan and language (of a
-- translation), urgent (the moment it ends).
CREATE TABLE IF NOT EXISTS listing (
  kind         text        NOT NULL,
  key          text        NOT NULL,
  published_at timestamptz NOT NULL,
  publication  text        NOT NULL,
  PRIMARY KEY (kind, key, published_at, publication)
);
CREATE INDEX IF NOT EXISTS listing_publication ON listing (publication);

-- How long each list is, so that a page with counts counts nothing.
CREATE TABLE IF NOT EXISTS tally (
  kind text   NOT NULL,
  key  text   NOT NULL,
  n    bigint NOT NULL,
  PRIMARY KEY (kind, key)
);

CREATE TABLE IF NOT EXISTS report (
  id          text   PRIMARY KEY,
  path        text   NOT NULL UNIQUE,
  payload     bytea  NOT NULL, -- loa.reporting.v1.ReportApproved; once issued, with its number, date and documents
  traceparent text   NOT NULL,
  seq         bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS report_seq ON report (seq);
ALTER TABLE report
  ADD COLUMN IF NOT EXISTS plan        text   NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS hash        text   NOT NULL DEFAULT '', -- of the canonical figures
  ADD COLUMN IF NOT EXISTS approved_at timestamptz,
  ADD COLUMN IF NOT EXISTS listed      int    NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS indexed_seq bigint NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS report_hash ON report (hash);
CREATE INDEX IF NOT EXISTS report_plan ON report (plan, approved_at);
CREATE INDEX IF NOT EXISTS report_approved ON report (approved_at, id);

-- A plan as it stands now; an amendment replaces `payload` and has its own row in `amendment`.
CREATE TABLE IF NOT EXISTS plan (
  id      text  PRIMARY KEY,
  payload bytea NOT NULL -- loa.planning.v1.PlanIssued
);
ALTER TABLE plan
  ADD COLUMN IF NOT EXISTS path          text   NOT NULL DEFAULT '', -- "/ke-hoach/2022/H24/38-kh-ubnd"
  ADD COLUMN IF NOT EXISTS date          text   NOT NULL DEFAULT '', -- YYYY-MM-DD
  ADD COLUMN IF NOT EXISTS seq           bigint NOT NULL DEFAULT 0,  -- grows with the plan, its items and its results
  ADD COLUMN IF NOT EXISTS closed_at     timestamptz,
  ADD COLUMN IF NOT EXISTS closed_reason text   NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS listed        int    NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS indexed_seq   bigint NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX IF NOT EXISTS plan_path ON plan (path) WHERE path <> '';
CREATE INDEX IF NOT EXISTS plan_seq ON plan (seq);

CREATE TABLE IF NOT EXISTS amendment (
  id      text  PRIMARY KEY,
  plan    text  NOT NULL,
  date    text  NOT NULL,
  payload bytea NOT NULL -- loa.planning.v1.PlanAmended
);
CREATE INDEX IF NOT EXISTS amendment_plan ON amendment (plan, date, id);

-- What planning says of an item: how many publications counted, whether that is enough, whether its deadline passed before.
CREATE TABLE IF NOT EXISTS item (
  id        text    PRIMARY KEY,
  plan      text    NOT NULL,
  delivered bigint  NOT NULL DEFAULT 0,
  done      boolean NOT NULL DEFAULT false,
  overdue   boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS item_plan ON item (plan);

-- What was done outside Loa, as it stands. Only `confirmed` counts in a figure.
CREATE TABLE IF NOT EXISTS result (
  id          text        PRIMARY KEY,
  plan        text        NOT NULL,
  item        text        NOT NULL,
  state       text        NOT NULL,
  unit        text        NOT NULL,
  quantity    bigint      NOT NULL,
  happened_at timestamptz NOT NULL,
  payload     bytea       NOT NULL -- loa.planning.v1.Result
);
CREATE INDEX IF NOT EXISTS result_item ON result (item, state, happened_at);
CREATE INDEX IF NOT EXISTS result_plan ON result (plan);

-- What search reads: one row per publication, plan and report. `words` holds no positions: syllables and pairs of neighbours, so that an
-- index alone answers whether words stand together (see internal/find).
CREATE TABLE IF NOT EXISTS search (
  id           text        PRIMARY KEY,
  kind         text        NOT NULL, -- publication, plan, report
  published_at timestamptz NOT NULL,
  words        tsvector    NOT NULL
);
-- New rows go into the index itself and not into its waiting list, which every search would have to read through.
CREATE INDEX IF NOT EXISTS search_words ON search USING gin (words) WITH (fastupdate = off);

-- What a publication said before a correction, with the number it had then; readable for ever. Once it is withdrawn or has expired, its
-- words are taken out and only what it was stays.
CREATE TABLE IF NOT EXISTS edition (
  publication text  NOT NULL,
  number      int   NOT NULL,
  hash        text  NOT NULL,
  payload     bytea NOT NULL, -- loa.distribution.v1.PublicationPublished
  PRIMARY KEY (publication, number)
);
CREATE INDEX IF NOT EXISTS edition_hash ON edition (hash);

-- What readers are told of each correction; the words themselves are the next edition's.
CREATE TABLE IF NOT EXISTS correction (
  publication text  NOT NULL,
  number      int   NOT NULL,
  payload     bytea NOT NULL, -- loa.distribution.v1.PublicationCorrected without content
  PRIMARY KEY (publication, number)
);

CREATE TABLE IF NOT EXISTS withdrawal (
  publication text  PRIMARY KEY,
  payload     bytea NOT NULL -- loa.distribution.v1.PublicationWithdrawn
);

-- Addresses that a publication had before; they lead to it for ever.
CREATE TABLE IF NOT EXISTS slug (
  slug        text PRIMARY KEY,
  publication text NOT NULL
);

-- Receipts that the portal owes beside the first, one for each act and number. They wait for every process.
CREATE TABLE IF NOT EXISTS act (
  publication text   NOT NULL,
  act         text   NOT NULL, -- corrected, withdrawn, expired
  number      int    NOT NULL,
  place       text   NOT NULL,
  seq         bigint NOT NULL,
  receipt_at  timestamptz,
  PRIMARY KEY (publication, act, number)
);
CREATE INDEX IF NOT EXISTS act_owed ON act (seq) WHERE receipt_at IS NULL;

-- Which channels have carried a correction or a withdrawal.
CREATE TABLE IF NOT EXISTS reached (
  publication text        NOT NULL,
  act         text        NOT NULL,
  number      int         NOT NULL,
  channel     text        NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (publication, act, number, channel)
);

-- Every process that answers for pages. One whose `beat` stands still is taken out, and answers for nothing from then on. `applied` is
-- the seq up to which nothing that it will ever send tells otherwise than the rows above.
CREATE TABLE IF NOT EXISTS process (
  id      text   PRIMARY KEY,
  beat    bigint NOT NULL,
  applied bigint NOT NULL
);

-- Files that may be fetched, each as long as somebody names it: a version of a publication, or a report.
CREATE TABLE IF NOT EXISTS file (
  sha256     text    NOT NULL,
  name       text    NOT NULL,
  owner      text    NOT NULL,
  number     int     NOT NULL, -- of the version
  media_type text    NOT NULL,
  gone       boolean NOT NULL DEFAULT false,
  PRIMARY KEY (sha256, name, owner, number)
);
CREATE INDEX IF NOT EXISTS file_owner ON file (owner);

-- The hash of every state that a plan was issued in, so that it can be recognised.
CREATE TABLE IF NOT EXISTS plan_hash (
  hash text NOT NULL,
  plan text NOT NULL,
  PRIMARY KEY (hash, plan)
);
CREATE INDEX IF NOT EXISTS search_published ON search (published_at);
