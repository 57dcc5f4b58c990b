-- +goose Up
-- +goose StatementBegin
-- The folded state of aggregates with many events, so that a load reads what came after it. A convenience: any row may be deleted at
-- any time, nothing is proven from it, and a row of another program than the reader's is not used.
CREATE TABLE es.snapshot (
  stream  uuid   PRIMARY KEY,
  version bigint NOT NULL CHECK (version > 0),  -- of the stream's last event in it
  program bytea  NOT NULL,                      -- SHA-256 of the executable whose code folded it, and of the state's Go type
  state   bytea  NOT NULL                       -- JSON; personal data is ciphertext here as it is in the events
);
-- +goose StatementEnd
