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
    return_comment text NOT NULL
);
CREATE INDEX report_plan ON report (plan);
