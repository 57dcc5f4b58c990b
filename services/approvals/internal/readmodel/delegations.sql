-- Delegations as lists show them; `fold` is the whole delegation.
CREATE TABLE delegation (
  id         text        PRIMARY KEY,
  delegator  text        NOT NULL,
  delegate   text        NOT NULL,
  agency     text        NOT NULL,
  given_at   timestamptz NOT NULL,
  begins_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL, -- the earlier of its end and its revocation
  fold       json        NOT NULL
);
CREATE INDEX delegation_newest ON delegation (given_at DESC, id DESC);
CREATE INDEX delegation_delegate ON delegation (delegate, ends_at);
