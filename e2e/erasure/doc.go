// Package erasure tells personal data to a running Loa, erases it, and looks for it wherever anything was written: PostgreSQL's files,
// the broker's, Temporal's, logs, spans, exports. It lives on an aggregate of its own until citizens' feedback exists.
package erasure
