package facts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/services/portal/internal/find"
)

// Owed is something that search has not read since it changed.
type Owed struct {
	Kind, ID string
	Seq      int64
}

// OwedToSearch is what search has to read, what changed first in front.
func OwedToSearch(ctx context.Context, tx pgx.Tx, limit int) ([]Owed, error) {
	var list []Owed
	for _, kind := range []string{KindPublication, KindPlan, KindReport} {
		// What another process is at is left to it.
		rows, err := tx.Query(ctx, `SELECT '`+kind+`', id, seq FROM portal.`+kind+` WHERE indexed_seq < seq ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED`, limit-len(list))
		if err != nil {
			return nil, err
		}
		some, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Owed])
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// Index lets search find a document; nil takes it out.
func Index(ctx context.Context, tx pgx.Tx, o Owed, at time.Time, d *find.Document) error {
	var err error
	if d == nil {
		_, err = tx.Exec(ctx, `DELETE FROM portal.search WHERE id = $1`, o.ID)
	} else {
		_, err = tx.Exec(ctx, `
			INSERT INTO portal.search (id, kind, published_at, words) VALUES ($1, $2, $3, array_to_tsvector($4))
			ON CONFLICT (id) DO UPDATE SET published_at = excluded.published_at, words = excluded.words`, o.ID, o.Kind, at, d.Lexemes())
	}
	if err != nil {
		return fmt.Errorf("search of %s: %w", o.ID, err)
	}
	_, err = tx.Exec(ctx, `UPDATE portal.`+o.Kind+` SET indexed_seq = $2 WHERE id = $1`, o.ID, o.Seq)
	return err
}

// Pool gives the database to the loop that indexes.
func (f *Facts) Pool() Beginner { return f.pool }

// Beginner begins transactions.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Ask is a search.
type Ask struct {
	Query  find.Query
	Filter find.Filter
	// From and To limit when it was published, half-open; zero is open.
	From, To time.Time
	// Newest puts the newest first, whatever fits best.
	Newest        bool
	Offset, Limit int
}

// Hit is something found.
type Hit struct{ Kind, ID string }

// CountLimit is how many hits are counted and can be leafed through.
const CountLimit = 1000

// Search finds what was asked for, the best first, and says how many there are, at most CountLimit + 1.
//
// What is nearly everywhere is looked for in the newest months first, so that a search looks at some thousands of documents whatever it
// asks for: of a common word nobody reads more than the newest.
func (f *Facts) Search(ctx context.Context, a Ask) (hits []Hit, count int, err error) {
	tiers, all := a.Query.Tiers(a.Filter)
	if len(tiers) == 0 {
		return nil, 0, nil
	}
	if a.Newest {
		tiers = []string{all}
	}
	w, err := f.recent(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	err = pgx.BeginTxFunc(ctx, f.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// A question must not hold a connection for long, whatever it is. And the index always answers: for words that are nearly
		// everywhere the planner would rather read all rows, since it does not know that their words lie apart from them.
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = '2s'; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_seqscan = off`,
			pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		s := searching{tx: tx, ask: a}
		if !a.From.IsZero() && !a.To.IsZero() {
			s.months = find.Months(a.From, a.To.Add(-1))
		}
		if count, err = s.count(ctx, all, w); err != nil || count == 0 {
			return err
		}
		stages := []string{""}
		if count > CountLimit && s.months == "" && w.newer != "" {
			stages = []string{w.newest, find.And(w.newer, find.Not(w.newest)), find.Not(w.newer)}
		}
		want := min(a.Offset+a.Limit, CountLimit)
		for _, tier := range tiers {
			for _, stage := range stages {
				some, err := s.find(ctx, find.And(tier, stage), want-len(hits))
				if err != nil {
					return err
				}
				if hits = append(hits, some...); len(hits) >= want {
					return nil
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	return hits[min(a.Offset, len(hits)):], count, nil
}

// searching is one search in its transaction.
type searching struct {
	tx     pgx.Tx
	ask    Ask
	months string // that the asked days lie in; empty when they are not limited so
}

func (s searching) find(ctx context.Context, query string, limit int) ([]Hit, error) {
	rows, err := s.tx.Query(ctx, `
		SELECT kind, id FROM portal.search
		WHERE words @@ $1::tsquery AND ($2::timestamptz IS NULL OR published_at >= $2) AND ($3::timestamptz IS NULL OR published_at < $3)
		ORDER BY published_at DESC, id DESC LIMIT $4`, find.And(query, s.months), moment(s.ask.From), moment(s.ask.To), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Hit])
}

// count counts to CountLimit + 1, first among the newer documents, since what is common is common there.
func (s searching) count(ctx context.Context, query string, w *recent) (n int, err error) {
	stages := []string{w.newer, ""}
	if w.newer == "" || s.months != "" {
		stages = stages[1:]
	}
	for _, stage := range stages {
		err = s.tx.QueryRow(ctx, `
			SELECT count(*) FROM (SELECT FROM portal.search
				WHERE words @@ $1::tsquery AND ($2::timestamptz IS NULL OR published_at >= $2) AND ($3::timestamptz IS NULL OR published_at < $3)
				LIMIT $4) AS found`, find.And(query, s.months, stage), moment(s.ask.From), moment(s.ask.To), CountLimit+1).Scan(&n)
		if err != nil || n > CountLimit {
			break
		}
	}
	return n, err
}

// recent are the months that the newest documents were published in.
type recent struct {
	// newest asks for the months of the newest thousand or two, newer for those of the newest ten thousand; both are empty while there
	// are not many more than that.
	newest, newer string
	read          time.Time
}

// How many documents are looked at first, and how long it is remembered which months they are of.
const (
	newestDocuments = 2_000
	newerDocuments  = 10_000
	recentFor       = time.Minute
)

func (f *Facts) recent(ctx context.Context) (*recent, error) {
	if r := f.months.Load(); r != nil && time.Since(r.read) < recentFor {
		return r, nil
	}
	rows, err := f.pool.Query(ctx, `
		(SELECT published_at FROM portal.search ORDER BY published_at DESC LIMIT 1) UNION ALL
		(SELECT published_at FROM portal.search ORDER BY published_at DESC OFFSET $1 LIMIT 1) UNION ALL
		(SELECT published_at FROM portal.search ORDER BY published_at DESC OFFSET $2 LIMIT 1)`, newestDocuments, newerDocuments)
	if err != nil {
		return nil, err
	}
	at, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, err
	}
	r := &recent{read: time.Now()}
	if len(at) == 3 {
		slices.SortFunc(at, func(a, b time.Time) int { return b.Compare(a) })
		// One of an order without the other would be no order.
		if r.newest, r.newer = find.Months(at[1], at[0]), find.Months(at[2], at[0]); r.newest == "" || r.newer == "" {
			r.newest, r.newer = "", ""
		}
	}
	f.months.Store(r)
	return r, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
