CREATE TABLE plan (
    id             text PRIMARY KEY,
    -- The day it was issued; of a draft the day it was begun.
    date           text NOT NULL,
    -- Sorts titles as Vietnamese does.
    title_key      bytea NOT NULL,
    stage          text NOT NULL,
    -- Who drafts it; empty when it was issued outside Loa.
    agency         text NOT NULL,
    unit           text NOT NULL,
    authors        text[] NOT NULL,
    issuer         text NOT NULL,
    lead           text NOT NULL,
    coordinators   text[] NOT NULL,
    themes         text[] NOT NULL,
    -- The plan in force, or the draft, without its items.
    document       jsonb NOT NULL,
    -- Whether what it says of itself holds anything invented; whether any of it does.
    head_example   boolean NOT NULL,
    has_example    boolean NOT NULL,
    items          integer NOT NULL,
    imported       boolean NOT NULL,
    hash           text NOT NULL,
    revision       integer NOT NULL,
    dossier        text NOT NULL,
    return_comment text NOT NULL,
    close_reason   text NOT NULL,
    -- Whether its official document is stored; so of an amendment.
    documents      boolean NOT NULL DEFAULT false,
    happened_at    timestamptz,
    recorded_at    timestamptz NOT NULL
);

CREATE INDEX plan_by_date ON plan (date, id);
CREATE INDEX plan_by_title ON plan (title_key, id);

CREATE TABLE item (
    id           text PRIMARY KEY,
    plan         text NOT NULL,
    -- Its place in the plan, from 1; removed ones leave gaps.
    place        integer NOT NULL,
    lead         text NOT NULL,
    coordinators text[] NOT NULL,
    theme        text NOT NULL,
    deadline     text NOT NULL,
    document     jsonb NOT NULL,
    has_example  boolean NOT NULL,
    state        text NOT NULL,
    delivered    bigint NOT NULL
);

CREATE INDEX item_by_place ON item (plan, place);

-- Which plan an amendment is of.
CREATE TABLE amendment (
    id        text PRIMARY KEY,
    plan      text NOT NULL,
    issued    boolean NOT NULL DEFAULT false,
    documents boolean NOT NULL DEFAULT false
);

-- The plan that a publication was last counted under.
CREATE TABLE delivery (
    publication text PRIMARY KEY,
    plan        text NOT NULL
);
