-- One row per dossier as lists show it; `fold` is the whole dossier. The other columns say who may see it and for whom it waits.
CREATE TABLE dossier (
  id             text        PRIMARY KEY,
  document       text        NOT NULL,
  agency         text        NOT NULL,
  unit           text        NOT NULL,
  state          text        NOT NULL,
  opened_at      timestamptz NOT NULL,
  authors        text[]      NOT NULL,
  actors         text[]      NOT NULL, -- who has decided on it
  outside        text[]      NOT NULL, -- "agency/role" that some level names outside the document's agency
  current_roles  text[]      NOT NULL, -- who acts at the level where it waits; empty when it waits for no level
  current_scope  text        NOT NULL, -- unit, agency, or an agency's code
  acted_elsewhere text[]     NOT NULL, -- who has decided at another level than that
  fold           json        NOT NULL
);
CREATE INDEX dossier_newest ON dossier (opened_at DESC, id DESC);
CREATE INDEX dossier_agency ON dossier (agency, opened_at DESC, id DESC);
CREATE INDEX dossier_document ON dossier (document);
