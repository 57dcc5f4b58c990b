// Package es is a service's log: an append-only list of events in its own PostgreSQL database, with the commands that wrote them,
// the aggregates folded from them and the read models that follow them. Everything that was acknowledged is there, in one order,
// once; how that is kept is told in migrations/00001_log.sql, and what each promise costs in the tests.
package es
