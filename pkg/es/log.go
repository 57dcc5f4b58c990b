package es

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of a log.
type Options struct {
	// Service owns the log, such as "content".
	Service string
	Logger  *slog.Logger
}

type Log struct{}

func Open(ctx context.Context, pool *pgxpool.Pool, catalogue *Catalogue, o Options) (*Log, error) {
	return nil, nil
}
func (l *Log) Close()                                                            {}
func (l *Log) Now(ctx context.Context) (time.Time, error)                        { return time.Time{}, nil }
func (l *Log) Epoch() int                                                        { return 0 }
func (l *Log) Service() string                                                   { return "" }
func (l *Log) Read(ctx context.Context, after int64, limit int) ([]Event, error) { return nil, nil }
func (l *Log) ReadStream(ctx context.Context, s StreamID, afterVersion int64) ([]Event, error) {
	return nil, nil
}
func (l *Log) Follow(ctx context.Context, name string, after int64, batch int, f func(ctx context.Context, events []Event) error) error {
	return nil
}
