-- Registers, the numbers they gave, and the attempts at one.
CREATE TABLE register (
  id          text        PRIMARY KEY, -- sorted by year
  issuer      text        NOT NULL,
  year        integer     NOT NULL,
  spec        json        NOT NULL, -- as it was opened
  last_number integer     NOT NULL DEFAULT 0,
  last_date   text        NOT NULL DEFAULT ''
);
CREATE INDEX register_issuer ON register (issuer, id DESC);
CREATE TABLE number (
  register      text        NOT NULL,
  number        integer     NOT NULL,
  text          text        NOT NULL,
  state         text        NOT NULL, -- allocated, issued, voided
  entered       boolean     NOT NULL,
  dossier       text        NOT NULL,
  document_type text        NOT NULL,
  document      text        NOT NULL,
  title         text        NOT NULL,
  date          text        NOT NULL,
  reason        text        NOT NULL DEFAULT '',
  signer        text        NOT NULL DEFAULT '', -- once it is issued
  example       boolean     NOT NULL,
  allocated_at  timestamptz NOT NULL,
  voided_at     timestamptz,
  PRIMARY KEY (register, number)
);
CREATE INDEX number_dossier ON number (dossier);
-- The latest attempt of each dossier. Whoever follows those that have not ended finishes what a crash left.
CREATE TABLE attempt (
  dossier  text        PRIMARY KEY,
  begun_at timestamptz NOT NULL,
  ended    boolean     NOT NULL
);
CREATE INDEX attempt_open ON attempt (begun_at) WHERE NOT ended;
