CREATE TABLE publication (
    id           text PRIMARY KEY,
    content      text NOT NULL,
    plan         text NOT NULL,
    plan_item    text NOT NULL,
    agency       text NOT NULL,
    title        text NOT NULL,
    hash         text NOT NULL,
    slug         text NOT NULL,
    state        text NOT NULL,
    publish_at   timestamptz NOT NULL,
    published_at timestamptz,
    channels     text[] NOT NULL,
    imported     boolean NOT NULL,
    example      boolean NOT NULL,
    verified     boolean NOT NULL
);
CREATE INDEX publication_newest ON publication (coalesce(published_at, publish_at) DESC, id DESC);
CREATE INDEX publication_content ON publication (content);
