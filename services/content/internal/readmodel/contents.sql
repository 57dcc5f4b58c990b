-- One row per item as lists show it. `fold` is the item without its bodies, which a list leaves out; with
-- its edition, its files and its translations.
CREATE TABLE content (
  id         text        PRIMARY KEY,
  agency     text        NOT NULL,
  plan       text        NOT NULL,
  state      text        NOT NULL,
  created_at timestamptz NOT NULL,
  fold       json        NOT NULL
);
CREATE INDEX content_newest ON content (created_at DESC, id DESC);
CREATE INDEX content_agency ON content (agency, created_at DESC, id DESC);
