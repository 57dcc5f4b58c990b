-- +goose Up
-- Where each consumer of this service is in the logs of other services. It moves in the transaction of the effect.
CREATE TABLE bus.mark (
  consumer  text        NOT NULL,
  source    text        NOT NULL,
  partition int         NOT NULL,
  epoch     int         NOT NULL,
  position  bigint      NOT NULL,
  healed    bigint      NOT NULL DEFAULT 0,  -- messages read from the source because Kafka did not bring them
  moved_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, source, partition)
);

-- Messages whose handler failed, and everything later of their key. They leave by replay only.
CREATE TABLE bus.parked (
  consumer    text        NOT NULL,
  source      text        NOT NULL,
  epoch       int         NOT NULL,
  position    bigint      NOT NULL,
  partition   int         NOT NULL,
  previous    bigint      NOT NULL,
  key         text        NOT NULL,
  id          text        NOT NULL,
  type        text        NOT NULL,
  recorded_at timestamptz NOT NULL,
  happened_at timestamptz NOT NULL,
  traceparent text        NOT NULL,
  tracestate  text        NOT NULL,
  actor       text        NOT NULL,
  agency      text        NOT NULL,
  correlation text        NOT NULL,
  data        bytea       NOT NULL,
  error       text        NOT NULL,          -- empty for what waits behind another
  attempts    int         NOT NULL,
  parked_at   timestamptz NOT NULL DEFAULT now(),
  replay      boolean     NOT NULL DEFAULT false,  -- asked for; the running consumer does it
  PRIMARY KEY (consumer, source, epoch, position)
);
CREATE INDEX parked_key ON bus.parked (consumer, source, key, epoch, position);
CREATE INDEX parked_replay ON bus.parked (consumer) WHERE replay;

-- The Kafka cluster that a consumer last read from: another one has lost what the consumer had not read yet.
CREATE TABLE bus.broker (
  consumer text        PRIMARY KEY,
  cluster  text        NOT NULL,
  seen_at  timestamptz NOT NULL DEFAULT now()
);
