-- What content knows of other services, fed from the bus.

-- One row per issued plan: the words that an item under it may use.
CREATE TABLE IF NOT EXISTS plan (
  id        text   PRIMARY KEY,
  number    text   NOT NULL,
  themes    text[] NOT NULL,
  audiences text[] NOT NULL,
  channels  text[] NOT NULL
);

CREATE TABLE IF NOT EXISTS plan_item (
  id           text   PRIMARY KEY,
  plan         text   NOT NULL REFERENCES plan,
  theme        text   NOT NULL,
  audiences    text[] NOT NULL,
  channels     text[] NOT NULL,
  lead         text   NOT NULL,
  coordinators text[] NOT NULL
);
-- An amendment took it out of its plan, or the plan is closed: what is under it stays, and nothing new comes.
ALTER TABLE plan_item ADD COLUMN IF NOT EXISTS gone boolean NOT NULL DEFAULT false;

-- Which dossier carries a content.
CREATE TABLE IF NOT EXISTS dossier (
  content text PRIMARY KEY,
  id      text NOT NULL
);

-- Who reads a dossier, and so the item that it carries, beyond the item's agency.
CREATE TABLE IF NOT EXISTS dossier_reader (
  dossier       text   PRIMARY KEY,
  document_type text   NOT NULL,
  agency        text   NOT NULL,
  issuer        text   NOT NULL,              -- whose clerk gives it a number
  seats         text[] NOT NULL,              -- "role/agency" or "role/agency/unit" that act at some level
  asked         text[] NOT NULL DEFAULT '{}', -- "agency" or "agency/unit" that were asked for an opinion
  people        text[] NOT NULL DEFAULT '{}'  -- who has decided on it, or in whose place that was done
);

-- Who may decide in whose place, from when until when: its end or its revocation.
CREATE TABLE IF NOT EXISTS delegation (
  id             text        PRIMARY KEY,
  delegator      text        NOT NULL,
  delegate       text        NOT NULL,
  document_types text[]      NOT NULL, -- none: all
  agencies       text[]      NOT NULL, -- none: all
  begins_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS delegation_delegate ON delegation (delegate, ends_at);

-- Every path under /tin/ that an item has had, newest last, and whether readers find it there.
CREATE TABLE IF NOT EXISTS page (
  path        text    PRIMARY KEY,
  content     text    NOT NULL,
  publication text    NOT NULL,
  public      boolean NOT NULL,
  seen        bigint  GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX IF NOT EXISTS page_content ON page (content);
CREATE INDEX IF NOT EXISTS page_publication ON page (publication);

-- What preview links are signed with: two random UUIDs, 244 bits of chance.
CREATE TABLE IF NOT EXISTS preview_key (
  id  boolean PRIMARY KEY DEFAULT true CHECK (id),
  key bytea   NOT NULL
);
INSERT INTO preview_key (key) SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) ON CONFLICT DO NOTHING;

-- How far the log was read for imports of many, each of whose lines becomes an item of its own.
CREATE TABLE IF NOT EXISTS expanded (
  id       boolean PRIMARY KEY DEFAULT true CHECK (id),
  position bigint  NOT NULL
);
INSERT INTO expanded (position) VALUES (0) ON CONFLICT DO NOTHING;
