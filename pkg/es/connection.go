package es

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// answerWithin bounds one try of a batch: a server or a network that says nothing for so long is given up and asked anew.
const answerWithin = 30 * time.Second

// committerConfig is the pool's, for a connection of the committer's own.
func committerConfig(pool *pgx.ConnConfig, service string) *pgx.ConnConfig {
	config := pool.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	config.RuntimeParams["application_name"] = "loa-" + service + "-committer"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return config
}

// connect makes sure of a connection on which the log is open for appending.
func (c *committer) connect(ctx context.Context) error {
	if c.conn != nil && !c.conn.IsClosed() {
		return nil
	}
	if time.Now().Before(c.closedUntil) {
		return &pgconn.PgError{Code: codeClosed, Message: "the log was closed a moment ago"}
	}
	config := c.config.Copy()
	config.OnNotice = c.notice
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var epoch int
	if err := conn.QueryRow(ctx, "SELECT es.open()").Scan(&epoch); err != nil {
		_ = conn.Close(ctx)
		if hasCode(err, codeClosed) {
			c.closedUntil = time.Now().Add(200 * time.Millisecond)
		}
		return err
	}
	c.conn = conn
	c.opened(epoch)
	return nil
}

func (c *committer) hangUp(ctx context.Context) {
	if c.conn == nil {
		return
	}
	// A connection in an unknown state is not worth waiting for.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 100*time.Millisecond)
	defer cancel()
	_ = c.conn.Close(ctx)
	c.conn = nil
}

// notice sees the warning that a commit did not wait for its synchronous standby. The rows are committed here, but may be lost by
// a fail-over: the batch counts as unanswered, and its repeat waits for the standby again.
func (c *committer) notice(_ *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" && (n.Code == "01000" || n.Code == "57P01") {
		c.doubtful = true
	}
}

var errStandby = errors.New("the server did not wait for its synchronous standby")

const callAppend = `SELECT outcomes, versions, positions, at FROM es.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// append sends one batch and reads its answers. An error leaves the batch in doubt unless the server gave it.
func (c *committer) append(ctx context.Context, batch []*submission) ([]answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	n, events := len(batch), 0
	for _, s := range batch {
		events += len(s.events)
	}
	keys, streams, digests := make([][16]byte, n), make([][16]byte, n), make([][]byte, n)
	expected, counts := make([]int64, n), make([]int32, n)
	command, nth, name := make([]int32, 0, events), make([]int32, 0, events), make([]string, 0, events)
	digest, body := make([][]byte, 0, events), make([][]byte, 0, events)
	for i, s := range batch {
		keys[i], streams[i], digests[i], expected[i], counts[i] = s.key, s.stream, s.digest, s.expected, int32(len(s.events))
		for j, e := range s.events {
			command, nth, name = append(command, int32(i+1)), append(nth, int32(j+1)), append(name, e.name)
			digest, body = append(digest, e.digest), append(body, e.body)
		}
	}
	c.doubtful = false
	var outcomes []int16
	var versions, positions []int64
	var at time.Time
	err := c.conn.QueryRow(ctx, callAppend, keys, digests, streams, expected, counts, command, nth, name, digest, body).
		Scan(&outcomes, &versions, &positions, &at)
	switch {
	case err != nil:
		return nil, err
	case c.doubtful:
		return nil, errStandby
	case len(outcomes) != n || len(versions) != n || len(positions) != n:
		return nil, errors.New("es.append answered for another number of commands")
	}
	answers := make([]answer, n)
	for i := range answers {
		answers[i] = answer{outcome: outcome(outcomes[i]), version: versions[i], position: positions[i], at: at.UTC()}
	}
	return answers, nil
}
