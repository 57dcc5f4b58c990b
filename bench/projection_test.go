package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/content"
)

// latest is a read model of one row an item: its latest revision.
func latest() es.Projection {
	return es.Projection{
		Name:   "latest",
		Schema: "CREATE TABLE latest (content text PRIMARY KEY, hash text NOT NULL, author text NOT NULL, revision int NOT NULL)",
		Apply: func(ctx context.Context, tx pgx.Tx, events []es.Event) error {
			n := len(events)
			contents, hashes, authors, revisions := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]int32, 0, n)
			for _, e := range events {
				r := e.Data.(revised)
				contents, hashes, authors, revisions = append(contents, e.Aggregate), append(hashes, r.Hash), append(authors, r.Author), append(revisions, r.Revision)
			}
			_, err := tx.Exec(ctx, `INSERT INTO latest SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[])
				ON CONFLICT (content) DO UPDATE SET hash = excluded.hash, author = excluded.author, revision = excluded.revision`,
				contents, hashes, authors, revisions)
			return err
		},
	}
}

// BenchmarkProjection is how fast a read model catches up with a log, beside watermill-sql's subscriber at its defaults with the same
// messages and the same effect, in the transaction that it reads in.
func BenchmarkProjection(b *testing.B) {
	pool := database(b, engines.Durable(b), latest())
	fillRevised(b, pool, *backlog)
	log := open(b, pool, catalogue())
	theirs := fillWatermill(b, pool, *backlog)
	run().Interleave(b, "events", 2,
		measure.Variant{Name: "raw SELECT", Measure: func(b *testing.B) measure.Figures { return scan(b, pool, *backlog) }},
		measure.Variant{Name: "watermill-sql subscriber", Measure: theirs},
		measure.Variant{Name: "projection", Measure: func(b *testing.B) measure.Figures {
			execute(b, pool, "UPDATE es.checkpoint SET position = 0, epoch = 0")
			execute(b, pool, "TRUNCATE "+live(b, pool, "latest")+".latest")
			start := time.Now()
			stop := background(b, func(ctx context.Context) error { return log.Run(ctx, latest()) })
			until(b, "the projection has caught up", func() bool { return number(b, pool, "SELECT position FROM es.checkpoint") == int64(*backlog) })
			took := time.Since(start)
			stop()
			if n := number(b, pool, "SELECT count(*) FROM "+live(b, pool, "latest")+".latest"); n != int64(*backlog) {
				b.Fatalf("%d rows of %d", n, *backlog)
			}
			return measure.Figures{Rate: float64(*backlog) / took.Seconds(), Count: *backlog}
		}},
	)
}

// live is the schema of a projection's live generation.
func live(b *testing.B, pool *pgxpool.Pool, projection string) string {
	b.Helper()
	return fmt.Sprintf("rm_%s_%d", projection, number(b, pool, "SELECT live FROM es.projection WHERE name = $1", projection))
}

const topic = "content"

// fillWatermill publishes n messages to watermill-sql's table, a hundred at a time, and gives the variant that reads them: how many it
// handles in the time of a round, from the first on.
func fillWatermill(b *testing.B, pool *pgxpool.Pool, n int) func(b *testing.B) measure.Figures {
	b.Helper()
	db := watermillsql.BeginnerFromPgx(pool)
	publisher, err := watermillsql.NewPublisher(db, watermillsql.PublisherConfig{
		SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{}, AutoInitializeSchema: true,
	}, watermill.NopLogger{})
	if err != nil {
		b.Fatal(err)
	}
	const atOnce = 100
	for done := 0; done < n; done += atOnce {
		var messages []*message.Message
		for i := done; i < min(done+atOnce, n); i++ {
			messages = append(messages, message.NewMessage(watermill.NewUUID(),
				fmt.Appendf(nil, `{"content":"content_%026d","hash":"%064x","author":"cv.stttt","revision":%d}`, i, i, i%9+1)))
		}
		if err := publisher.Publish(topic, messages...); err != nil {
			b.Fatal(err)
		}
	}
	execute(b, pool, "CREATE TABLE watermill_latest (content text PRIMARY KEY, hash text NOT NULL, author text NOT NULL, revision int NOT NULL)")
	execute(b, pool, "VACUUM ANALYZE")
	return func(b *testing.B) measure.Figures {
		execute(b, pool, "TRUNCATE watermill_latest")
		subscriber, err := watermillsql.NewSubscriber(db, watermillsql.SubscriberConfig{
			ConsumerGroup: watermill.NewShortUUID(), SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{},
			OffsetsAdapter: watermillsql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
		}, watermill.NopLogger{})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(b.Context(), *roundFor)
		defer cancel()
		start, handled := time.Now(), 0
		messages, err := subscriber.Subscribe(ctx, topic)
		if err != nil {
			b.Fatal(err)
		}
		for m := range messages {
			tx, ok := watermillsql.TxFromContext(m.Context())
			if !ok {
				b.Fatal("the subscriber gives no transaction")
			}
			if _, err := tx.ExecContext(m.Context(), `INSERT INTO watermill_latest SELECT * FROM json_to_record($1) AS x(content text, hash text, author text, revision int)
				ON CONFLICT (content) DO UPDATE SET hash = excluded.hash, author = excluded.author, revision = excluded.revision`, string(m.Payload)); err != nil {
				m.Nack()
				break // its transaction ended with the time
			}
			m.Ack()
			handled++
		}
		took := time.Since(start)
		cancel()
		if err := subscriber.Close(); err != nil {
			b.Fatal(err)
		}
		if handled == 0 {
			b.Fatal("the subscriber handled nothing")
		}
		return measure.Figures{Rate: float64(handled) / took.Seconds(), Count: handled}
	}
}

// BenchmarkRebuild replays the largest read model that Loa has, content's list of items, from a log of items imported from before Loa,
// one row each, beside one INSERT … SELECT of the rows into a table with the same indexes.
func BenchmarkRebuild(b *testing.B) {
	module := content.Module()
	p := module.Projections[0]
	pool := database(b, engines.Durable(b), p)
	body := strings.Repeat("Nội dung tuyên truyền thí dụ. ", 20)
	fill(b, pool, *backlog, "content.item_imported.v1", func(n int, _ string) string {
		return fmt.Sprintf(`{"agency":"H38.17","text":{"plan":"plan_01jaaaaaaaaaaaaaaaaaaaaaaa","planItem":"item_01jaaaaaaaaaaaaaaaaaaaaaaa","title":"Tin thí dụ số %d",`+
			`"summary":"Tóm tắt thí dụ của một tin đã đăng trước khi có Loa","body":"%s","language":"vi","theme":"canh-bao","audiences":["nguoi-dan"],"channels":["portal"],`+
			`"attachment":{}},"html":"<p>%s</p>","hash":"%064x","publishedAt":"2025-06-%02dT02:00:00Z"}`, n, body, body, n, n%28+1)
	})
	if err := es.Replay(b.Context(), pool, module.Catalogue, p); err != nil {
		b.Fatal(err)
	}
	run().Interleave(b, "rows", 1,
		measure.Variant{Name: "INSERT … SELECT", Measure: func(b *testing.B) measure.Figures {
			execute(b, pool, "CREATE TABLE copy (LIKE "+live(b, pool, p.Name)+".content INCLUDING ALL)")
			start := time.Now()
			execute(b, pool, "INSERT INTO copy SELECT * FROM "+live(b, pool, p.Name)+".content")
			took := time.Since(start)
			execute(b, pool, "DROP TABLE copy")
			return measure.Figures{Rate: float64(*backlog) / took.Seconds(), Count: *backlog}
		}},
		measure.Variant{Name: "replay", Measure: func(b *testing.B) measure.Figures {
			start := time.Now()
			if err := es.Replay(b.Context(), pool, module.Catalogue, p); err != nil {
				b.Fatal(err)
			}
			took := time.Since(start)
			if n := number(b, pool, "SELECT count(*) FROM "+live(b, pool, p.Name)+".content"); n != int64(*backlog) {
				b.Fatalf("%d rows of %d", n, *backlog)
			}
			return measure.Figures{Rate: float64(*backlog) / took.Seconds(), Count: *backlog}
		}},
	)
}
