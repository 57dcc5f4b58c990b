-- The facts that figures are counted from. A row is how one thing stood: since when by the clock of its source's log (since, until) and
-- in the order in which this service learnt it (arrived, replaced), so that what was known at any moment, and to any report, is read again.

-- Facts of the first release knew neither: they are read from their sources anew, once.
DO $$
BEGIN
    IF to_regclass('reporting.publication') IS NOT NULL THEN
        DROP TABLE reporting.publication, reporting.plan, reporting.agency;
        IF to_regclass('bus.mark') IS NOT NULL THEN
            DELETE FROM bus.mark WHERE consumer = 'reporting.facts';
        END IF;
    END IF;
END
$$;

-- How many messages were taken in; whoever takes some holds the row until they are committed, so that a number is never seen before a
-- lower one.
CREATE TABLE IF NOT EXISTS reporting.arrival (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    n   bigint NOT NULL
);
INSERT INTO reporting.arrival (n) VALUES (0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS reporting.plan_version (
    id       text NOT NULL,
    issuer   text NOT NULL,
    lead     text NOT NULL,
    first    date NOT NULL,
    last     date NOT NULL,
    agencies text[] NOT NULL,  -- every agency that the plan names
    state    text NOT NULL,    -- issued, amended, closed
    message  bytea NOT NULL,   -- loa.planning.v1.PlanIssued
    source   text NOT NULL,
    epoch    int NOT NULL,
    position bigint NOT NULL,
    since    timestamptz NOT NULL,
    until    timestamptz,
    arrived  bigint NOT NULL,
    replaced bigint,
    PRIMARY KEY (id, arrived)
);
CREATE INDEX IF NOT EXISTS plan_version_family ON reporting.plan_version (issuer, lead, first);

CREATE TABLE IF NOT EXISTS reporting.agency_version (
    id       text NOT NULL,  -- its code
    name     text NOT NULL,
    source   text NOT NULL,
    epoch    int NOT NULL,
    position bigint NOT NULL,
    since    timestamptz NOT NULL,
    until    timestamptz,
    arrived  bigint NOT NULL,
    replaced bigint,
    PRIMARY KEY (id, arrived)
);

CREATE TABLE IF NOT EXISTS reporting.fact (
    id          text COLLATE "C" NOT NULL,
    kind        text NOT NULL,      -- publication, result
    standing    text NOT NULL,      -- counted, unconfirmed, withdrawn, gone
    plan        text NOT NULL,
    item        text NOT NULL,
    content     text NOT NULL,
    title       text NOT NULL,
    theme       text NOT NULL,
    audiences   text[] NOT NULL,
    channels    text[] NOT NULL,
    agency      text NOT NULL,
    quantity    bigint NOT NULL,
    unit        text NOT NULL,
    happened_at timestamptz NOT NULL,
    path        text NOT NULL,
    hash        text NOT NULL,
    imported    boolean NOT NULL,
    example     boolean NOT NULL,
    traceparent text NOT NULL,      -- of what published or recorded it (W3C trace context)
    source      text NOT NULL,
    epoch       int NOT NULL,
    position    bigint NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz,
    arrived     bigint NOT NULL,
    replaced    bigint,
    PRIMARY KEY (id, arrived)
);
-- What is shown was approved in an emergency, past its route.
ALTER TABLE reporting.fact ADD COLUMN IF NOT EXISTS bypassed boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS fact_plan ON reporting.fact (plan, happened_at, id);
CREATE INDEX IF NOT EXISTS fact_source ON reporting.fact (source, epoch, position);
CREATE UNIQUE INDEX IF NOT EXISTS fact_now ON reporting.fact (id) WHERE replaced IS NULL;
