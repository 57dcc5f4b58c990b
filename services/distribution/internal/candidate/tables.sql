-- What distribution knows of content from content and approvals, whose events come in any order between the two.

-- The newest text of each content. Its row is locked while something is decided about the content.
CREATE TABLE IF NOT EXISTS distribution.content (
    id        text PRIMARY KEY,
    hash      text NOT NULL,
    revision  int NOT NULL,
    submitted boolean NOT NULL  -- false: edited since it was last submitted
);

-- Every text that could have become public, as it was submitted or imported.
CREATE TABLE IF NOT EXISTS distribution.candidate (
    content     text NOT NULL,
    hash        text NOT NULL,
    revision    int NOT NULL,
    message     bytea NOT NULL,  -- loa.content.v1.ContentSubmitted
    traceparent text NOT NULL,  -- of what submitted it (W3C trace context)
    PRIMARY KEY (content, hash, revision)
);

-- The last word of each content's dossiers: one for the first text, and one for each correction after it.
CREATE TABLE IF NOT EXISTS distribution.dossier (
    content     text PRIMARY KEY,
    hash        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('approved', 'returned', 'voided')),
    message     bytea NOT NULL,  -- loa.approvals.v1.DossierApproved when approved, else empty
    traceparent text NOT NULL    -- of the decision
);
-- The text's revision; 0 when it is not known, as of what was decided before revisions were told.
ALTER TABLE distribution.dossier ADD COLUMN IF NOT EXISTS revision int NOT NULL DEFAULT 0;
-- What was said afterwards of the bypass by which it was approved; empty when nothing was. The next decision has none.
ALTER TABLE distribution.dossier ADD COLUMN IF NOT EXISTS review bytea NOT NULL DEFAULT ''; -- loa.approvals.v1.DossierReviewed
-- Slugs end with the end of the content's identifier, and are told apart by it.
CREATE INDEX IF NOT EXISTS content_tail ON distribution.content (right(id, 8));
