-- The replica of planning's directory in a service's own database. Dates are text (YYYY-MM-DD, '' when open), as planning
-- publishes them.
CREATE SCHEMA IF NOT EXISTS directory;

CREATE TABLE IF NOT EXISTS directory.agency (
    code         text PRIMARY KEY,
    kind         text NOT NULL,
    abbreviation text NOT NULL,
    name         text NOT NULL,
    parent       text NOT NULL,
    valid_from   text NOT NULL,
    valid_to     text NOT NULL,
    successor    text NOT NULL
);

CREATE TABLE IF NOT EXISTS directory.person (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    agency     text NOT NULL,
    unit       text NOT NULL,
    position   text NOT NULL,
    role       text NOT NULL,
    valid_from text NOT NULL,
    valid_to   text NOT NULL,
    example    boolean NOT NULL
);

-- One row: moves with every change, so that a cache knows what it holds is old.
CREATE TABLE IF NOT EXISTS directory.revision (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    number bigint NOT NULL
);
INSERT INTO directory.revision (number) VALUES (0) ON CONFLICT DO NOTHING;
