-- +goose Up
-- What an operator decided about a consumer that had seen more than its source's log holds: its effects stand, and the mark went back
-- to the last place that the log still has. Written by the owner only; one row per mark that was moved.
CREATE TABLE bus.reconciled (
  consumer      text        NOT NULL,
  source        text        NOT NULL,
  partition     int         NOT NULL,
  epoch         int         NOT NULL,  -- where the mark was
  position      bigint      NOT NULL,
  kept_epoch    int         NOT NULL,  -- where it is now
  kept_position bigint      NOT NULL,
  reason        text        NOT NULL,
  at            timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, source, partition, epoch, position)
);
