CREATE TABLE report (
    id             text PRIMARY KEY,
    plan           text NOT NULL,
    plan_number    text NOT NULL,
    plan_title     text NOT NULL,
    agency         text NOT NULL,
    agency_name    text NOT NULL,
    period         text NOT NULL,
    period_name    text NOT NULL,
    first_day      text NOT NULL,
    last_day       text NOT NULL,
    title          text NOT NULL,
    state          text NOT NULL,
    hash           text NOT NULL,
    compiled_at    timestamptz NOT NULL,
    compiled_by    text NOT NULL,
    example        boolean NOT NULL,
    imported_plan  boolean NOT NULL,
    approved_at    timestamptz,
    path           text NOT NULL,
    dossier        text NOT NULL,
    return_comment text NOT NULL,
    number         text NOT NULL DEFAULT '',
    date           text NOT NULL DEFAULT '',
    -- Position of the event that gave it its number, until its documents are stored.
    to_render      bigint
);
CREATE INDEX report_to_render ON report (to_render) WHERE to_render IS NOT NULL;

-- How far this read model has come, in its own words.
CREATE TABLE reached (position bigint NOT NULL);
INSERT INTO reached VALUES (0);
CREATE INDEX report_plan ON report (plan);
