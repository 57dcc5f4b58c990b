package planning

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/upload"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/evidence"
	"github.com/loa-vn/loa/services/planning/internal/pages"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// underOf is the item of a plan, by its identifier or its code, as results are held against it. Of an item that the plan no longer has,
// it is what the plan itself says, and false.
func underOf(planID string, p *plan.Plan, item string) (result.Under, bool, error) {
	d := p.Document
	from, err1 := d.From.Start()
	to, err2 := d.To.Start()
	u := result.Under{
		Plan: planID, Item: item, PlanLead: string(d.Lead), From: from, To: to.AddDate(0, 0, 1), Example: d.Example,
	}
	for _, c := range d.Channels {
		u.Channels = append(u.Channels, c.Code)
	}
	i := slices.IndexFunc(d.Items, func(i plan.Item) bool { return string(i.ID) == item })
	if i < 0 {
		i = slices.IndexFunc(d.Items, func(i plan.Item) bool { return i.Code == item })
	}
	if i < 0 {
		return u, false, errors.Join(err1, err2)
	}
	of := d.Items[i]
	u.Item, u.Code, u.Lead, u.Coordinators = string(of.ID), of.Code, string(of.Lead), texts(of.Coordinators)
	u.Example = u.Example || of.HasExample()
	return u, true, errors.Join(err1, err2)
}

// compose makes a result of what was said, with what the store knows of its files, and refuses what is wrong.
func (s *resultServer) compose(ctx context.Context, r result.Result, under result.Under) (result.Result, error) {
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return r, err
	}
	r, wrong, err := s.look(ctx, result.Normalise(r), under)
	if err != nil {
		return r, err
	}
	r.Example = r.Example || under.Example
	return r, errs.Invalid(append(wrong, result.Check(r, under, now)...))
}

// look holds evidence against what the agency sent and the portal's own pages, and completes what is known of a file: its name, its type
// by content, and its size.
func (s *resultServer) look(ctx context.Context, r result.Result, under result.Under) (result.Result, []errs.Field, error) {
	var wrong []errs.Field
	for i, e := range r.Evidence {
		field := "evidence[" + strconv.Itoa(i) + "]"
		own, err := s.ownPage(ctx, e.Link, under.Item)
		if err != nil {
			return r, nil, err
		}
		if own {
			wrong = append(wrong, errs.At(field+".link", errorsv1.Reason_EVIDENCE_IS_PUBLICATION, "link", e.Link))
		}
		e.MediaType, e.Size = "", 0
		if e.SHA256 != "" {
			file, sent, err := evidence.Of(ctx, s.host.Pool, e.SHA256, r.Agency)
			switch {
			case err != nil:
				return r, nil, err
			case !sent:
				wrong = append(wrong, errs.At(field+".sha256", errorsv1.Reason_EVIDENCE_NOT_STORED, "sha256", e.SHA256))
			case e.Kind == result.Photograph && !upload.IsImage(file.MediaType):
				wrong = append(wrong, errs.At(field+".sha256", errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE, "type", file.MediaType, "expected", "image/*"))
			}
			e.Name, e.MediaType, e.Size = file.Name, file.MediaType, file.Size
		}
		r.Evidence[i] = e
	}
	return r, wrong, nil
}

// ownPage says whether a link leads to a page of this portal that was published under the item, or that is not known to be of another.
func (s *resultServer) ownPage(ctx context.Context, link, item string) (bool, error) {
	if link == "" || s.host.Config == nil {
		return false, nil
	}
	path := pages.Path(s.host.Config.BaseURL(), link)
	if path == "" {
		return false, nil
	}
	items, err := pages.Of(ctx, s.host.Pool, path)
	return len(items) == 0 || slices.Contains(items, item), err
}

// said is a result as its request says it; what a request cannot say stays.
func said(r result.Result, m *planningv1.Result) result.Result {
	r.Quantity, r.Unit, r.Place, r.Channel, r.Note, r.Example = m.GetQuantity(), m.GetUnit(), m.GetPlace(), m.GetChannel(), m.GetNote(), m.GetExample()
	if m.GetHappenedAt().IsValid() {
		r.HappenedAt = m.GetHappenedAt().AsTime()
	}
	r.Evidence = evidenceOf(m.GetEvidence())
	return r
}

// spoken gives a result the words of another.
func spoken(r, of result.Result) result.Result {
	r.Quantity, r.Unit, r.HappenedAt, r.Place, r.Channel = of.Quantity, of.Unit, of.HappenedAt, of.Place, of.Channel
	r.Evidence, r.Note, r.Example = of.Evidence, of.Note, of.Example
	return r
}

func evidenceOf(messages []*planningv1.Evidence) []result.Evidence {
	var out []result.Evidence
	for _, e := range messages {
		out = append(out, result.Evidence{Kind: e.GetKind(), Title: e.GetTitle(), Link: e.GetLink(), SHA256: e.GetSha256(), Name: e.GetName()})
	}
	return out
}

// patched is a result with the named fields replaced; without names, those that the request sets.
func patched(was result.Result, m *planningv1.Result, paths []string) (result.Result, []errs.Field) {
	asked := said(was, m)
	next := was
	var wrong []errs.Field
	set := map[string]func(){
		"quantity":    func() { next.Quantity = asked.Quantity },
		"unit":        func() { next.Unit = asked.Unit },
		"happened_at": func() { next.HappenedAt = asked.HappenedAt },
		"place":       func() { next.Place = asked.Place },
		"channel":     func() { next.Channel = asked.Channel },
		"evidence":    func() { next.Evidence = asked.Evidence },
		"note":        func() { next.Note = asked.Note },
		"example":     func() { next.Example = asked.Example },
	}
	if len(paths) == 0 {
		paths = setFields(m)
	}
	for _, path := range paths {
		change, ok := set[path]
		if !ok {
			wrong = append(wrong, errs.At("updateMask", errorsv1.Reason_UNKNOWN_FIELD, "field", path))
			continue
		}
		change()
	}
	return next, wrong
}

// setFields are the editable fields that a request sets.
func setFields(m *planningv1.Result) []string {
	var paths []string
	for path, is := range map[string]bool{
		"quantity": m.GetQuantity() != 0, "unit": m.GetUnit() != "", "happened_at": m.GetHappenedAt() != nil, "place": m.GetPlace() != "",
		"channel": m.GetChannel() != "", "evidence": len(m.GetEvidence()) > 0, "note": m.GetNote() != "", "example": m.GetExample(),
	} {
		if is {
			paths = append(paths, path)
		}
	}
	return paths
}

func resultProto(r result.Result) *planningv1.Result {
	out := &planningv1.Result{
		Id: r.ID, Plan: r.Plan, PlanItem: r.Item, Agency: r.Agency, Quantity: r.Quantity, Unit: r.Unit, HappenedAt: moment(r.HappenedAt),
		Place: r.Place, Channel: r.Channel, Note: r.Note, State: string(r.State), Reason: r.Reason, RecordedAt: moment(r.RecordedAt),
		DecidedBy: r.DecidedBy, DecidedAt: moment(r.DecidedAt), Imported: r.Imported, Example: r.Example,
	}
	if r.ID != "" {
		out.Etag = resultETag(r)
	}
	if len(r.Authors) > 0 {
		out.RecordedBy = r.Authors[0]
	}
	for _, e := range r.Evidence {
		out.Evidence = append(out.Evidence, &planningv1.Evidence{
			Kind: e.Kind, Title: e.Title, Link: e.Link, Sha256: e.SHA256, Name: e.Name, MediaType: e.MediaType, Size: e.Size,
		})
	}
	return out
}
