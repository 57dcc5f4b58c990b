package planning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/result"
	"github.com/loa-vn/loa/services/planning/internal/resultfile"
)

func (s *resultServer) ImportResults(ctx context.Context, req *planningv1.ImportResultsRequest) (*planningv1.ImportResultsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ImportResults", aPlan(req.GetPlan())); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(req.GetCsv())
	importID := result.ImportID(req.GetPlan(), hex.EncodeToString(sum[:]))
	file, _, err := s.imports.Load(ctx, importID)
	if err != nil {
		return nil, err
	}
	rows, err := s.readFile(ctx, req, importID)
	if err != nil {
		return nil, err
	}
	answer := &planningv1.ImportResultsResponse{Import: importID, Rows: int32(len(rows)), DryRun: req.GetDryRun()}
	if file.Plan == "" {
		answer.Changed = answer.Rows
		if err := s.clashes(ctx, rows); err != nil {
			return nil, err
		}
	}
	if req.GetDryRun() {
		for _, row := range rows {
			r := row.Result
			r.State, r.Imported = result.Confirmed, true
			answer.Understood = append(answer.Understood, &planningv1.ImportedRow{Row: int32(row.Line), Result: resultProto(r)})
		}
		return answer, nil
	}
	recorded, err := s.importFile(ctx, req, importID, rows)
	// A repeat is told what the first answer said.
	if answer.Changed = 0; recorded {
		answer.Changed = answer.Rows
	}
	return answer, err
}

// importFile records the file by one command, and then makes its rows results. Should this process end in between, the follower does it.
// It says whether this command was the one that brought the file in.
func (s *resultServer) importFile(ctx context.Context, req *planningv1.ImportResultsRequest, importID string, rows []resultfile.Row) (bool, error) {
	cmd, err := rpc.Command(ctx, "ImportResults", req)
	if err != nil {
		return false, err
	}
	results := make([]result.Result, 0, len(rows))
	for _, row := range rows {
		results = append(results, row.Result)
	}
	person := auth.From(ctx).Person.ID
	done, err := s.imports.Execute(ctx, importID, cmd, func(i *result.Import, _ int64) ([]any, error) {
		return i.ImportResults(req.GetPlan(), results, person), nil
	})
	if err != nil {
		return false, err
	}
	position, recorded := done.Position, done.Recorded
	for _, e := range done.Recorded {
		p, more, err := s.expand(ctx, e)
		if err != nil {
			return false, err
		}
		position, recorded = max(position, p), append(recorded, more...)
	}
	return done.Events > 0, s.host.Answered(ctx, position, recorded)
}

// readFile reads the file and holds it against the plan.
func (s *resultServer) readFile(ctx context.Context, req *planningv1.ImportResultsRequest, importID string) ([]resultfile.Row, error) {
	p, _, err := s.plans.Load(ctx, req.GetPlan())
	if err != nil {
		return nil, err
	}
	if !p.Exists() {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", req.GetPlan())
	}
	d, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return nil, err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, err
	}
	var broken error
	rows, err := resultfile.Read(req.GetCsv(), resultfile.Plan{
		ID: req.GetPlan(), Now: now, Example: req.GetExample(),
		Agency: func(code string) bool { return d.HasAgency(directory.Code(code)) },
		Item: func(item string) (result.Under, bool) {
			u, ok, err := underOf(req.GetPlan(), p, item)
			if err != nil {
				broken = err
			}
			return u, ok
		},
	})
	if err != nil || broken != nil {
		return nil, errorOf(broken, err)
	}
	for n := range rows {
		rows[n].Result.ID = result.RowID(importID, rows[n].Result.HappenedAt, n)
	}
	return rows, s.ownPages(ctx, rows)
}

// errorOf is the first of them that is one.
func errorOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// ownPages refuses rows whose evidence is a page of this portal under the same item.
func (s *resultServer) ownPages(ctx context.Context, rows []resultfile.Row) error {
	var wrong []errs.Field
	for _, row := range rows {
		for _, e := range row.Result.Evidence {
			own, err := s.ownPage(ctx, e.Link, row.Result.Item)
			if err != nil {
				return err
			}
			if own {
				f := errs.At("csv", errorsv1.Reason_EVIDENCE_IS_PUBLICATION, "link", e.Link)
				f.Row, f.Column = row.Line, "evidence_link"
				wrong = append(wrong, f)
			}
		}
	}
	return errs.Invalid(wrong)
}

// clashes refuses rows whose evidence belongs to a result that is there already, or to an earlier row.
func (s *resultServer) clashes(ctx context.Context, rows []resultfile.Row) error {
	var items []string
	of := map[string][]int{}
	for n, row := range rows {
		if of[row.Result.Item] == nil {
			items = append(items, row.Result.Item)
		}
		of[row.Result.Item] = append(of[row.Result.Item], n)
	}
	var wrong []errs.Field
	for _, item := range items {
		ledger, _, err := s.ledgers.Load(ctx, result.LedgerID(item))
		if err != nil {
			return err
		}
		results := make([]result.Result, 0, len(of[item]))
		for _, n := range of[item] {
			results = append(results, rows[n].Result)
		}
		for k, other := range ledger.Clashes(results) {
			row := rows[of[item][k]]
			link := row.Result.Note
			if len(row.Result.Evidence) > 0 {
				link = row.Result.Evidence[0].Link
			}
			f := errs.At("csv", errorsv1.Reason_EVIDENCE_USED, "evidence", link, "result", other)
			f.Row, f.Column = row.Line, "evidence_link"
			wrong = append(wrong, f)
		}
	}
	return errs.Invalid(byRow(wrong))
}

// expand makes the rows of a file results, item by item, under keys of the file: done again it changes nothing.
func (s *resultServer) expand(ctx context.Context, e es.Event) (position int64, recorded []es.Event, err error) {
	file, ok := e.Data.(result.ResultsImported)
	if !ok {
		return 0, nil, nil
	}
	for _, item := range file.Items() {
		done, err := s.ledgers.Execute(ctx, result.LedgerID(item), expansion(e, item), func(l *result.Results, _ int64) ([]any, error) {
			return l.Receive(e.Aggregate, file.Of(item)), nil
		})
		if err != nil {
			return position, recorded, err
		}
		position, recorded = max(position, done.Position), append(recorded, done.Recorded...)
	}
	return position, recorded, nil
}
