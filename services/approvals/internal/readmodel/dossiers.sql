-- One row per dossier as lists show it; `fold` is the whole dossier. The other columns say who may see it and for whom it waits.
CREATE TABLE dossier (
  id             text        PRIMARY KEY,
  document       text        NOT NULL,
  document_type  text        NOT NULL,
  agency         text        NOT NULL,
  issuer         text        NOT NULL, -- whose clerk gives it a number
  state          text        NOT NULL,
  opened_at      timestamptz NOT NULL,
  actors         text[]      NOT NULL, -- who has decided on it, or somebody in their place
  acts           text[]      NOT NULL, -- "role/agency" or "role/agency/unit" of who acts at some level
  asked          text[]      NOT NULL, -- "agency" or "agency/unit" that were asked for an opinion
  waiting        text[]      NOT NULL, -- as acts, of the levels where it waits
  awaiting       text[]      NOT NULL, -- as asked, of those that have not answered
  soon_at        timestamptz,          -- when less than a fifth of a running term is left
  due_at         timestamptz,          -- when the first running term ends
  running        boolean     NOT NULL, -- a term has still to be seen to
  review_pending boolean     NOT NULL, -- of a bypass
  fold           json        NOT NULL
);
CREATE INDEX dossier_newest ON dossier (opened_at DESC, id DESC);
CREATE INDEX dossier_agency ON dossier (agency, opened_at DESC, id DESC);
CREATE INDEX dossier_document ON dossier (document);
CREATE INDEX dossier_waiting ON dossier USING gin (waiting);
CREATE INDEX dossier_running ON dossier (opened_at DESC, id DESC) WHERE running;
CREATE INDEX dossier_due ON dossier (due_at) WHERE due_at IS NOT NULL;
