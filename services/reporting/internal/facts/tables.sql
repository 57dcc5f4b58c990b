-- The facts that reports are compiled from, each with its place in the log of its source.

CREATE TABLE IF NOT EXISTS reporting.plan (
    id       text PRIMARY KEY,
    lead     text NOT NULL,
    agencies text[] NOT NULL,  -- every agency that the plan names
    message  bytea NOT NULL,   -- loa.planning.v1.PlanIssued
    epoch    int NOT NULL,
    position bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS reporting.agency (
    code     text PRIMARY KEY,
    name     text NOT NULL,
    epoch    int NOT NULL,
    position bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS reporting.publication (
    id           text PRIMARY KEY,
    content      text NOT NULL,
    plan         text NOT NULL,
    item         text NOT NULL,
    title        text NOT NULL,
    theme        text NOT NULL,
    audiences    text[] NOT NULL,
    channels     text[] NOT NULL,
    published_at timestamptz NOT NULL,
    path         text NOT NULL,
    hash         text NOT NULL,
    imported     boolean NOT NULL,
    example      boolean NOT NULL,
    epoch        int NOT NULL,
    position     bigint NOT NULL,
    traceparent  text NOT NULL  -- of what published it (W3C trace context)
);
CREATE INDEX IF NOT EXISTS publication_plan ON reporting.publication (plan, published_at);
