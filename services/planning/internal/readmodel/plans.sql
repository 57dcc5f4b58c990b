CREATE TABLE plan (
    id          text PRIMARY KEY,
    date        text NOT NULL,
    -- The plan as it was issued, without its items.
    document    jsonb NOT NULL,
    has_example boolean NOT NULL,
    items       integer NOT NULL,
    happened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX plan_by_date ON plan (date, id);

CREATE TABLE item (
    id        text PRIMARY KEY,
    plan      text NOT NULL,
    -- Its place in the plan, from 1.
    place     integer NOT NULL,
    document  jsonb NOT NULL,
    state     text NOT NULL,
    delivered bigint NOT NULL,
    UNIQUE (plan, place)
);
