CREATE SEQUENCE IF NOT EXISTS seen;

-- One row per publication that the site shows. `seq` grows with every change, so that each process of the portal knows what to read.
CREATE TABLE IF NOT EXISTS publication (
  id           text        PRIMARY KEY,
  slug         text        NOT NULL UNIQUE,
  published_at timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  payload      bytea       NOT NULL, -- loa.distribution.v1.PublicationPublished
  traceparent  text        NOT NULL,
  seq          bigint      NOT NULL,
  receipt_at   timestamptz
);
CREATE INDEX IF NOT EXISTS publication_seq ON publication (seq);

CREATE TABLE IF NOT EXISTS report (
  id          text   PRIMARY KEY,
  path        text   NOT NULL UNIQUE,
  payload     bytea  NOT NULL, -- loa.reporting.v1.ReportApproved
  traceparent text   NOT NULL,
  seq         bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS report_seq ON report (seq);

CREATE TABLE IF NOT EXISTS plan (
  id      text  PRIMARY KEY,
  payload bytea NOT NULL -- loa.planning.v1.PlanIssued
);
