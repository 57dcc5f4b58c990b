-- The pages that distribution has published, so that nobody records one of them as a result once more.

CREATE TABLE IF NOT EXISTS planning.page (
    path        text NOT NULL, -- /tin/{slug}, /xac-thuc/{hash}
    item        text NOT NULL, -- of the plan
    publication text NOT NULL,
    PRIMARY KEY (path, publication)
);
