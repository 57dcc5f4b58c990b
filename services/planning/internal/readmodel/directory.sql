CREATE TABLE agency (
    code         text PRIMARY KEY,
    kind         text NOT NULL,
    abbreviation text NOT NULL,
    name         text NOT NULL,
    parent       text NOT NULL,
    valid_from   text NOT NULL,
    valid_to     text NOT NULL,
    successor    text NOT NULL
);

CREATE TABLE person (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    -- Bytes that compare as Vietnamese dictionaries order the name.
    name_key   bytea NOT NULL,
    agency     text NOT NULL,
    unit       text NOT NULL,
    position   text NOT NULL,
    role       text NOT NULL,
    valid_from text NOT NULL,
    valid_to   text NOT NULL,
    example    boolean NOT NULL
);

CREATE INDEX person_by_name ON person (name_key, id);
CREATE INDEX person_by_agency ON person (agency, unit);
