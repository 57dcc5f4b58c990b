-- The entry is the publication as of its version, without texts and decisions: form 1. The other columns follow from it.
CREATE TABLE publication (
    id        text PRIMARY KEY,
    version   bigint NOT NULL,
    content   text NOT NULL,
    plan      text NOT NULL,
    plan_item text NOT NULL,
    agency    text NOT NULL,
    theme     text NOT NULL,
    state     text NOT NULL,
    shown_at  timestamptz NOT NULL,  -- when it was or will be public
    waiting   boolean NOT NULL,      -- for its time, its end, or a receipt
    next_at   timestamptz,           -- when something happens to it by itself: it or its correction becomes public, or it ends
    entry     jsonb NOT NULL
);
CREATE INDEX publication_newest ON publication (shown_at DESC, id DESC);
CREATE INDEX publication_content ON publication (content);
CREATE INDEX publication_waiting ON publication (shown_at DESC, id DESC) WHERE waiting;
CREATE INDEX publication_next ON publication (next_at) WHERE next_at IS NOT NULL;
