package es

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of a log.
type Options struct {
	// Service owns the log, such as "content".
	Service string
	// Logger takes alarms and what happens to the connection. Default: slog's.
	Logger *slog.Logger
}

// Log is this process's way to one service's log. It is safe for concurrent use.
type Log struct {
	pool      *pgxpool.Pool
	catalogue *Catalogue
	service   string
	logger    *slog.Logger
	measure   *instruments
	committer *committer
	stop      context.CancelFunc
	closing   sync.Once

	streams   queues
	epoch     atomic.Int64
	committed wake // something may have been appended
	progress  progress
	snapshots *snapshots
	loads     chan struct{} // holds a token for each aggregate that is being read
	pasts     chan struct{} // holds a token for each read model that is built as of a moment
	// pastWithin is how long that may take.
	pastWithin time.Duration
}

// closeWithin is how long Close lets the committer answer those who wait.
const closeWithin = 5 * time.Second

// Open opens the log for reading and appending. A log that was restored or promoted opens too; its appends are refused with
// LOG_CLOSED until it is adopted, by whoever does it, and then go on.
func Open(ctx context.Context, pool *pgxpool.Pool, catalogue *Catalogue, o Options) (*Log, error) {
	if catalogue.faults != nil {
		return nil, fmt.Errorf("the event catalogue of %s: %w", o.Service, catalogue.faults)
	}
	if o.Service == "" {
		return nil, errors.New("a log needs the name of its service")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	measure, err := newInstruments(o.Service)
	if err != nil {
		return nil, err
	}
	l := &Log{pool: pool, catalogue: catalogue, service: o.Service, logger: o.Logger.With("service", o.Service), measure: measure}
	l.loads, l.pasts, l.pastWithin, l.snapshots = make(chan struct{}, loadsAtOnce()), make(chan struct{}, asOfAtOnce), asOfWithin, newSnapshots()
	var epoch int
	if err := reading(ctx, func() error { return pool.QueryRow(ctx, "SELECT max(epoch) FROM es.epoch").Scan(&epoch) }); err != nil {
		return nil, fmt.Errorf("the log of %s (was it migrated?): %w", o.Service, err)
	}
	l.epoch.Store(int64(epoch))
	c := newCommitter(committerConfig(pool.Config().ConnConfig, o.Service), l.logger, measure)
	c.advanced = func(int64) { l.committed.signal() }
	c.opened = func(epoch int) {
		if l.epoch.Swap(int64(epoch)) != int64(epoch) {
			l.progress.forget() // its positions may be of events that were lost
		}
	}
	if err := reading(ctx, func() error { return c.connect(ctx) }); err != nil {
		if !hasCode(err, codeClosed) {
			return nil, fmt.Errorf("the log of %s: %w", o.Service, err)
		}
		l.logger.ErrorContext(ctx, "the log is closed until it is adopted", "error", err)
	}
	l.committer = c
	// Never a caller's context: a cancelled caller must not cancel what is sent.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go c.run(running)
	return l, nil
}

// Close refuses new commands, lets those under way be answered for up to five seconds, and ends. The pool stays open.
func (l *Log) Close() {
	l.closing.Do(func() {
		close(l.committer.closing)
		t := time.NewTimer(closeWithin)
		defer t.Stop()
		select {
		case <-l.committer.ended:
		case <-t.C:
		}
		l.stop()
		<-l.committer.ended
	})
}

// Epoch is the lineage that the log appends to.
func (l *Log) Epoch() int { return int(l.epoch.Load()) }

// Service is the log's owner.
func (l *Log) Service() string { return l.service }
