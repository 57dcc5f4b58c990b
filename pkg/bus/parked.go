package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/loa-vn/loa/pkg/bus/order"
)

// Parked is a message set aside for an operator.
type Parked struct {
	Consumer string
	Message
	// Error is why its handler failed; empty for a message that waits behind another of its key.
	Error    string
	Attempts int
	ParkedAt time.Time
	// Replay says that it was asked for and not done yet.
	Replay bool
}

// JSON is the payload as JSON, for people.
func (p Parked) JSON() (string, error) {
	if err := p.decode(); err != nil {
		return "", err
	}
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(p.Payload)
	return string(text), err
}

const parkedColumns = `consumer, source, epoch, position, partition, previous, key, id, type, recorded_at, happened_at,
	traceparent, tracestate, actor, agency, correlation, data, error, attempts, parked_at, replay`

func scanParked(row pgx.CollectableRow) (p Parked, err error) {
	err = row.Scan(&p.Consumer, &p.Source, &p.Epoch, &p.Position, &p.Partition, &p.Previous, &p.Key, &p.ID, &p.Type, &p.RecordedAt, &p.HappenedAt,
		&p.Traceparent, &p.Tracestate, &p.Actor, &p.Agency, &p.Correlation, &p.data, &p.Error, &p.Attempts, &p.ParkedAt, &p.Replay)
	return p, err
}

// ListParked gives the parked messages of a database in the order of their logs; an empty consumer means all.
func ListParked(ctx context.Context, pool *pgxpool.Pool, consumer string) ([]Parked, error) {
	rows, err := pool.Query(ctx, `SELECT `+parkedColumns+` FROM bus.parked WHERE $1 = '' OR consumer = $1
		ORDER BY consumer, source, epoch, position`, consumer)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanParked)
}

// ErrNotParked says that no message of that name is parked.
var ErrNotParked = errors.New("bus: no such parked message")

// ShowParked gives one parked message by its event's id; ErrNotParked when it is not there.
func ShowParked(ctx context.Context, pool *pgxpool.Pool, consumer, id string) (Parked, error) {
	rows, err := pool.Query(ctx, `SELECT `+parkedColumns+` FROM bus.parked WHERE consumer = $1 AND id = $2`, consumer, id)
	if err != nil {
		return Parked{}, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanParked)
	if errors.Is(err, pgx.ErrNoRows) {
		return Parked{}, ErrNotParked
	}
	return p, err
}

// Replay asks the running consumer to handle a key's parked messages again, in order, until one fails; an empty key means all keys of
// the consumer. It tells how many messages are asked for. The consumer does it within seconds.
func Replay(ctx context.Context, pool *pgxpool.Pool, consumer, key string) (int, error) {
	tag, err := pool.Exec(ctx, `UPDATE bus.parked SET replay = true WHERE consumer = $1 AND ($2 = '' OR key = $2)`, consumer, key)
	return int(tag.RowsAffected()), err
}

// park sets a poisoned message aside and moves the mark over it, in one transaction.
func (c *consumption) park(ctx context.Context, p place, m Message, allowed order.Entry, why failed) error {
	return c.retrying(ctx, p, func(ctx context.Context) error {
		return c.inTransaction(ctx, p, func(tx pgx.Tx, at locked) error {
			news, err := fresh(at.mark, []Message{m}, allowed)
			if err != nil || len(news) == 0 {
				return err
			}
			if err := c.insertParked(ctx, tx, m, plain(why), why.attempts); err != nil {
				return err
			}
			// An operator's alert waits for this message and these attributes, beside consumer: they do not change.
			c.logger.ErrorContext(ctx, "message parked", "source", m.Source, "position", m.Position, "event", m.ID, "type", m.Type, "key", m.Key,
				"attempts", why.attempts, "error", why.error)
			return c.move(ctx, tx, p, news)
		})
	})
}

// setAside gives the messages that the handler is to have, and parks those among them that stand behind a parked one of their key.
func (c *consumption) setAside(ctx context.Context, tx pgx.Tx, at locked, p place, news []Message) ([]Message, error) {
	wanted := slices.Clone(news) // decoded in place by whoever gets them
	wanted = slices.DeleteFunc(wanted, func(m Message) bool { return !c.wants(&m) })
	if len(wanted) == 0 || !at.parked {
		return wanted, nil
	}
	keys := make([]string, 0, len(wanted))
	for _, m := range wanted {
		keys = append(keys, m.Key)
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT key FROM bus.parked WHERE consumer = $1 AND source = $2 AND key = ANY ($3)`,
		c.consumer.Name, p.source, keys)
	if err != nil {
		return nil, err
	}
	blocked, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(blocked) == 0 {
		return wanted, err
	}
	behind := map[string]bool{}
	for _, k := range blocked {
		behind[k] = true
	}
	free := wanted[:0]
	for _, m := range wanted {
		if !behind[m.Key] {
			free = append(free, m)
			continue
		}
		if err := c.insertParked(ctx, tx, m, "", 0); err != nil {
			return nil, err
		}
		c.logger.WarnContext(ctx, "message parked behind another", "source", m.Source, "position", m.Position, "event", m.ID, "type", m.Type, "key", m.Key)
	}
	return free, nil
}

// plain is an error's text without what a text column refuses: NUL, and what is not UTF-8. A panic's message may hold both.
func plain(err error) string {
	return strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "\uFFFD"), "\x00", "")
}

func (c *consumption) insertParked(ctx context.Context, tx pgx.Tx, m Message, why string, attempts int) error {
	_, err := tx.Exec(ctx, `INSERT INTO bus.parked (consumer, source, epoch, position, partition, previous, key, id, type, recorded_at, happened_at,
		traceparent, tracestate, actor, agency, correlation, data, error, attempts)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)`,
		c.consumer.Name, m.Source, m.Epoch, m.Position, m.Partition, m.Previous, m.Key, m.ID, m.Type, m.RecordedAt, m.HappenedAt,
		m.Traceparent, m.Tracestate, m.Actor, m.Agency, m.Correlation, m.data, why, attempts)
	if err != nil {
		return fmt.Errorf("bus: parking %s: %w", m.ID, err)
	}
	c.measure.parked.Add(ctx, 1, metric.WithAttributes(attribute.String("consumer", c.consumer.Name),
		attribute.String("source", m.Source), attribute.String("type", m.Type)))
	return nil
}
