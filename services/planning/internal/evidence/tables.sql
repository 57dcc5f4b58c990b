-- The files that agencies sent as evidence: only what an agency sent itself can it name in a result.

CREATE TABLE IF NOT EXISTS planning.evidence (
    sha256     text NOT NULL,
    agency     text NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,  -- by content
    size       bigint NOT NULL,
    PRIMARY KEY (sha256, agency)
);
