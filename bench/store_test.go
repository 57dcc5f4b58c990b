package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// BenchmarkStores saves one event durably on a fresh stream, through each library's own way to do it, with 64 callers: Loa's whole
// Execute, and what others do.
//
// The published Go event stores with PostgreSQL below them could not be had from the module proxy when this was written (docs/performance.md
// lists those tried), so two stand for them. “stream table” is what they have in common, written here: a transaction that locks or makes
// the stream's row, compares its version, inserts the event and moves the version. watermill-sql's publisher is a library's own; it has no
// streams, versions or keys.
func BenchmarkStores(b *testing.B) {
	cluster := engines.Durable(b)
	pool := database(b, cluster)
	execute(b, pool, `CREATE TABLE store_stream (id uuid PRIMARY KEY, version bigint NOT NULL)`)
	execute(b, pool, `CREATE TABLE store_event (position bigserial PRIMARY KEY, stream uuid NOT NULL REFERENCES store_stream, version bigint NOT NULL, type text NOT NULL,
		recorded_at timestamptz NOT NULL DEFAULT now(), data jsonb NOT NULL, UNIQUE (stream, version))`)
	text := strings.Repeat("x", 64)
	publisher, err := watermillsql.NewPublisher(watermillsql.BeginnerFromPgx(pool), watermillsql.PublisherConfig{
		SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{}, AutoInitializeSchema: true,
	}, watermill.NopLogger{})
	if err != nil {
		b.Fatal(err)
	}
	body := fmt.Sprintf(`{"hash":"%s","author":"cv.stttt","revision":1}`, text)
	stream := func(ctx context.Context) error {
		stream := id.NewUUID(time.Now())
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			var version int64
			if err := tx.QueryRow(ctx, `INSERT INTO store_stream VALUES ($1, 0) ON CONFLICT (id) DO UPDATE SET version = store_stream.version RETURNING version`,
				[16]byte(stream)).Scan(&version); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO store_event (stream, version, type, data) VALUES ($1, $2, 'content.item_revised.v1', $3)`,
				[16]byte(stream), version+1, body); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE store_stream SET version = $2 WHERE id = $1`, [16]byte(stream), version+1)
			return err
		})
	}
	repo := es.NewRepo[item](open(b, database(b, cluster), catalogue()), "content")
	ours := func(ctx context.Context) error {
		var key id.UUID
		rand.Read(key[:])
		_, err := repo.Execute(ctx, id.Format("content", id.NewUUID(time.Now())), es.Command{Key: key, Actor: "cv.stttt", Agency: "H38.17"},
			func(*item, int64) ([]any, error) {
				return []any{revised{Hash: text, Author: "cv.stttt", Revision: 1}}, nil
			})
		return err
	}
	const callers = 64
	once := func(f func(ctx context.Context) error) func(b *testing.B) measure.Figures {
		return func(b *testing.B) measure.Figures {
			return measure.Callers(b, callers, *roundFor, func(b *testing.B) error { return f(b.Context()) })
		}
	}
	run().Interleave(b, "events", 2,
		measure.Variant{Name: "stream table", Measure: once(stream)},
		measure.Variant{Name: "watermill-sql publisher", Measure: once(func(context.Context) error {
			return publisher.Publish("saved", message.NewMessage(watermill.NewUUID(), []byte(body)))
		})},
		measure.Variant{Name: "Execute", Measure: once(ours)},
	)
}
