CREATE TABLE result (
    id          text PRIMARY KEY,
    -- The stream of its plan item's results.
    ledger      text NOT NULL,
    plan        text NOT NULL,
    item        text NOT NULL,
    agency      text NOT NULL,
    state       text NOT NULL,
    recorded_at timestamptz NOT NULL,
    document    jsonb NOT NULL
);

CREATE INDEX result_by_plan ON result (plan, recorded_at, id);
CREATE INDEX result_by_item ON result (item, recorded_at, id);

-- The files of history whose rows have not become results yet, by plan item.
CREATE TABLE import_part (
    import   text NOT NULL,
    item     text NOT NULL,
    -- Of the event that holds the file.
    position bigint NOT NULL,
    PRIMARY KEY (import, item)
);

-- How far this read model has come, in its own words.
CREATE TABLE reached (position bigint NOT NULL);
INSERT INTO reached VALUES (0);
