package content

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// ImportPublishedCsv records all lines of a file as one event, or none. Each line becomes an item of its own right after, here or, when
// this process ends meanwhile, in the one that follows the log.
func (s *server) ImportPublishedCsv(ctx context.Context, r *contentv1.ImportPublishedCsvRequest) (*contentv1.ImportPublishedCsvResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ImportPublishedCsv", auth.Resource{Type: "Contents"}); err != nil {
		return nil, err
	}
	file, digest, err := readHistory(r.GetCsv())
	if err != nil {
		return nil, err
	}
	rows, err := s.historyRows(ctx, file, digest)
	if err != nil {
		return nil, err
	}
	response := &contentv1.ImportPublishedCsvResponse{}
	for _, row := range rows {
		response.Rows = append(response.Rows, &contentv1.ImportedRow{
			Row: int32(row.Row), Content: row.Content, Title: row.Text.Title, PlanItem: row.Text.PlanItem, Agency: row.Agency,
			PublishedAt: moment(row.PublishedAt), Hash: row.Hash,
		})
	}
	if r.GetDryRun() {
		for _, row := range response.Rows {
			row.Content = ""
		}
		return response, nil
	}
	response.Import, err = s.importRows(ctx, r, rows, digest)
	return response, err
}

// historyRows checks every line as ImportPublished checks one, and names every wrong place of all of them.
func (s *server) historyRows(ctx context.Context, file []historyLine, digest []byte) ([]item.HistoryRow, error) {
	var rows []item.HistoryRow
	var wrong []errs.Field
	for _, line := range file {
		c, agency, err := s.history(ctx, line.content)
		fields := line.wrong
		if e := invalid(err); e != nil {
			fields = append(fields, e...)
		} else if err != nil {
			return nil, err
		}
		if len(fields) > 0 {
			wrong = append(wrong, placed(fields, line.row)...)
			if len(wrong) >= mostPlaces {
				break
			}
			continue
		}
		hash, err := c.Text.Hash()
		if err != nil {
			return nil, err
		}
		rows = append(rows, item.HistoryRow{
			Row: line.row, Agency: agency, Text: c.Text, HTML: c.HTML, Hash: hash, PublishedAt: timeOf(line.content.GetPublishedAt()).UTC(),
			Content: id.Format(item.Prefix, id.Derive(time.Time{}, "content history", hex.EncodeToString(digest), fmt.Sprint(line.row))),
		})
	}
	return rows, errs.Invalid(wrong)
}

// importRows runs the one command, and then the commands that follow from its event.
func (s *server) importRows(ctx context.Context, r *contentv1.ImportPublishedCsvRequest, rows []item.HistoryRow, digest []byte) (string, error) {
	command, err := rpc.Command(ctx, "ImportPublishedCsv", r)
	if err != nil {
		return "", err
	}
	name := id.Format(item.HistoryPrefix, id.Derive(time.Time{}, "content history", hex.EncodeToString(digest)))
	result, err := s.histories.Execute(ctx, name, command, func(h *item.History, _ int64) ([]any, error) { return h.Import(rows) })
	if err != nil {
		return "", err
	}
	events, err := s.expandImport(ctx, name, result.State.Rows, command.Actor, command.Agency, command.Correlation)
	if err != nil {
		return "", errs.New(errorsv1.Reason_READ_MODEL_BEHIND).Because(err) // it is recorded; the follower makes the rest
	}
	position := result.Position
	for _, e := range events {
		position = max(position, e.Position)
	}
	return name, s.host.Answered(ctx, position, events)
}

// expandAtOnce is how many lines become items at the same time: the log writes what comes together in one round.
const expandAtOnce = 16

// expandImport makes an item of every line of an import. A line that is one already is passed over.
func (s *server) expandImport(ctx context.Context, name string, rows []item.HistoryRow, actor, agency, correlation string) ([]es.Event, error) {
	recorded := make([][]es.Event, len(rows))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(expandAtOnce)
	for n, row := range rows {
		group.Go(func() error {
			command := es.Command{
				Key: id.Derive(time.Time{}, "content", "history", row.Content), HappenedAt: row.PublishedAt, Actor: actor, Agency: agency,
				Correlation: correlation, Causation: name,
			}
			result, err := s.items.Execute(ctx, row.Content, command, func(i *item.Item, _ int64) ([]any, error) {
				if i.Exists() {
					return nil, nil
				}
				return i.Import(row.Agency, "", row.PublishedAt, row.Composed())
			})
			recorded[n] = result.Recorded
			return err
		})
	}
	err := group.Wait()
	var events []es.Event
	for _, r := range recorded {
		events = append(events, r...)
	}
	return events, err
}

// expandedEvery is how many events without an import are looked through again, at most, by the next process.
const expandedEvery = 1_000

// expand follows the log and makes the items of imports whose process ended before it had.
func (s *server) expand(ctx context.Context) error {
	var after int64
	err := s.host.Pool.QueryRow(ctx, `SELECT position FROM content.expanded`).Scan(&after)
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("reading how far imports are expanded: %w", err)
	}
	kept := after
	return s.host.Log.Follow(ctx, "content imports", after, 1_000, func(ctx context.Context, events []es.Event) error {
		expanded := false
		for _, e := range events {
			if d, ok := e.Data.(item.HistoryImported); ok {
				if _, err := s.expandImport(ctx, e.Aggregate, d.Rows, e.Actor, e.Agency, e.Correlation); err != nil {
					return fmt.Errorf("expanding %s: %w", e.Aggregate, err)
				}
				expanded = true
			}
		}
		last := events[len(events)-1].Position
		if !expanded && last-kept < expandedEvery {
			return nil
		}
		kept = last
		_, err := s.host.Pool.Exec(ctx, `UPDATE content.expanded SET position = $1`, last)
		return err
	})
}
