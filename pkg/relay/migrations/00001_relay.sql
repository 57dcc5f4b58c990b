-- +goose Up
-- What the broker has acknowledged, by partition: the last published position there, which is the predecessor of the next.
CREATE TABLE relay.mark (
  partition       int         PRIMARY KEY,
  position        bigint      NOT NULL,
  acknowledged_at timestamptz NOT NULL
);

-- Everything up to here was looked at, and acknowledged if it is published. It may lag behind the marks.
CREATE TABLE relay.scan (
  single   boolean PRIMARY KEY DEFAULT true CHECK (single),
  position bigint  NOT NULL
);
INSERT INTO relay.scan (position) VALUES (0);
