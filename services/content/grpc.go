package content

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/readmodel"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

type server struct {
	contentv1.UnimplementedContentServiceServer
	host      *app.Host
	items     *es.Repo[item.Item, *item.Item]
	histories *es.Repo[item.History, *item.History]
	replica   replica.Replica
}

func (s *server) CreateContent(ctx context.Context, r *contentv1.CreateContentRequest) (*contentv1.Content, error) {
	under, err := s.replica.PlanItem(ctx, r.GetContent().GetPlanItem())
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "CreateContent", planItemResource(under)); err != nil {
		return nil, err
	}
	if under.Gone {
		return nil, errs.Invalid([]errs.Field{errs.At("planItem", errorsv1.Reason_UNKNOWN_PLAN_ITEM, "value", under.ID)})
	}
	now, err := s.urgentBy(ctx, r.GetContent())
	if err != nil {
		return nil, err
	}
	text := drafted(r.GetContent(), under)
	author := auth.From(ctx).Person
	return s.execute(ctx, "CreateContent", "", r, func(i *item.Item, _ int64) ([]any, error) {
		c, err := compose(text, under, item.CheckUrgent(time.Time{}, text.UrgentUntil, now)...)
		if err != nil {
			return nil, err
		}
		return i.Draft(author.ID, author.Agency, author.Unit, c)
	})
}

// urgentBy is the log's clock where what an author sends is urgent until some time, and the zero time where there is none to check.
func (s *server) urgentBy(ctx context.Context, c *contentv1.Content) (time.Time, error) {
	if c.GetUrgentUntil() == nil {
		return time.Time{}, nil
	}
	return s.host.Log.Now(ctx)
}

func (s *server) GetContent(ctx context.Context, r *contentv1.GetContentRequest) (*contentv1.Content, error) {
	i, err := s.readable(ctx, r.GetContent(), "GetContent")
	if err != nil {
		return nil, err
	}
	return s.message(ctx, i)
}

func (s *server) ListContents(ctx context.Context, r *contentv1.ListContentsRequest) (*contentv1.ListContentsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListContents", auth.Resource{Type: "Contents"}); err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	filter := readmodel.Filter{Plan: r.GetPlan(), State: r.GetState()}
	if filter.Reader, err = s.reader(ctx); err != nil {
		return nil, err
	}
	items, err := readmodel.List(ctx, s.host.Pool, filter, page.After, page.Size+1)
	if err != nil {
		return nil, err
	}
	items, next := listing.Cut(page, items, placeOf)
	return s.listed(ctx, items, next)
}

func (s *server) UpdateContent(ctx context.Context, r *contentv1.UpdateContentRequest) (*contentv1.Content, error) {
	was, err := s.readable(ctx, r.GetContent().GetId(), "UpdateContent")
	if err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	under, err := s.replica.PlanItem(ctx, was.Text.PlanItem)
	if err != nil {
		return nil, err
	}
	now, err := s.urgentBy(ctx, r.GetContent())
	if err != nil {
		return nil, err
	}
	return s.execute(ctx, "UpdateContent", was.ID, r, revision(auth.From(ctx).Person.ID, match, under, now, r))
}

// revision is the edit of whatever the item is when the command runs, as long as it is the version that the author saw. Now is the log's
// clock.
func revision(author, match string, under replica.PlanItem, now time.Time, r *contentv1.UpdateContentRequest) func(*item.Item, int64) ([]any, error) {
	return func(i *item.Item, version int64) ([]any, error) {
		if match != etag(version) {
			return nil, errs.New(errorsv1.Reason_ETAG_STALE)
		}
		text, wrong := patch(i.Editing(), r.GetContent(), r.GetUpdateMask().GetPaths())
		c, err := compose(text, under, append(wrong, item.CheckUrgent(i.Text.UrgentUntil, text.UrgentUntil, now)...)...)
		if err != nil {
			return nil, err
		}
		return i.Revise(author, c)
	}
}

func (s *server) ListRevisions(ctx context.Context, r *contentv1.ListRevisionsRequest) (*contentv1.ListRevisionsResponse, error) {
	i, err := s.readable(ctx, r.GetContent(), "ListRevisions")
	if err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	after, wrong := revisionAfter(r.GetPageToken(), page, wrong)
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	stream, err := id.Parse(item.Prefix, i.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.host.Log.ReadStream(ctx, stream, 0)
	revisions, next := listing.Cut(page, revisionsOf(events, after), placeOfRevision)
	return &contentv1.ListRevisionsResponse{Revisions: revisions, NextPageToken: next}, err
}

func (s *server) SubmitContent(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
	was, err := s.readable(ctx, r.GetContent(), "SubmitContent")
	if err != nil {
		return nil, err
	}
	return s.execute(ctx, "SubmitContent", was.ID, r, func(i *item.Item, _ int64) ([]any, error) {
		found, err := s.found(ctx, i)
		if err != nil {
			return nil, err
		}
		return i.Submit(found)
	})
}

func (s *server) ImportPublished(ctx context.Context, r *contentv1.ImportPublishedRequest) (*contentv1.Content, error) {
	if err := s.host.Policies.Authorize(ctx, "ImportPublished", auth.Resource{Type: "Contents"}); err != nil {
		return nil, err
	}
	c, agency, err := s.history(ctx, r.GetContent())
	if err != nil {
		return nil, err
	}
	decide := func(i *item.Item, _ int64) ([]any, error) {
		return i.Import(agency, "", timeOf(r.GetContent().GetPublishedAt()), c)
	}
	if r.GetDryRun() {
		return tried(decide)
	}
	return s.execute(ctx, "ImportPublished", "", r, decide)
}

// history checks what is to be imported and says which agency it is of: the one named, else the lead of its plan item.
func (s *server) history(ctx context.Context, r *contentv1.Content) (c item.Composed, agency string, err error) {
	under, err := s.replica.PlanItem(ctx, r.GetPlanItem())
	if err != nil {
		return c, "", err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return c, "", err
	}
	text := item.Normalise(drafted(r, under))
	wrong := append(item.CheckPublishedAt(timeOf(r.GetPublishedAt()), now), item.CheckComplete(text)...)
	if !text.UrgentUntil.IsZero() {
		wrong = append(wrong, errs.At("urgentUntil", errorsv1.Reason_BAD_FORMAT, "field", "urgentUntil", "value", text.UrgentUntil.Format(time.RFC3339),
			"expected", "bỏ trống, vì tin đã đăng trước Loa không còn khẩn (nothing: what was published before Loa is urgent no more)"))
	}
	if agency = r.GetAgency(); agency == "" {
		agency = under.Lead
	} else {
		_, found, err := s.host.Directory.Agency(ctx, agency, time.Time{})
		if err != nil {
			return c, "", err
		}
		if !found {
			wrong = append(wrong, errs.At("agency", errorsv1.Reason_UNKNOWN_AGENCY, "value", agency))
		}
	}
	c, err = compose(text, under, wrong...)
	return c, agency, err
}

// tried answers as the command would, and records nothing.
func tried(decide func(*item.Item, int64) ([]any, error)) (*contentv1.Content, error) {
	i := &item.Item{}
	events, err := decide(i, 0)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		i.Apply(es.Event{Data: e})
	}
	c := messageOf(i, "")
	c.Etag = ""
	return c, nil
}

// execute runs a command and answers with the item. A new item's identifier comes from the command's key, so that a repeat finds it.
func (s *server) execute(ctx context.Context, method, content string, r proto.Message, decide func(*item.Item, int64) ([]any, error)) (*contentv1.Content, error) {
	command, err := rpc.Command(ctx, method, r)
	if err != nil {
		return nil, err
	}
	made := content == ""
	if made {
		content = id.Format(item.Prefix, id.Derive(time.Time{}, "content", command.Key.String()))
	}
	result, err := s.items.Execute(ctx, content, command, decide)
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, result.Position, result.Recorded); err != nil {
		return nil, err
	}
	if made {
		if err := rpc.SetLocation(ctx, "/v1/contents/"+content); err != nil {
			return nil, err
		}
	}
	return s.message(ctx, result.State)
}

func (s *server) message(ctx context.Context, i *item.Item) (*contentv1.Content, error) {
	var dossiers, publications map[string]string
	var err error
	if i.Version > 1 { // its first event is never its submission, and without one it has no dossier
		if dossiers, err = s.replica.Dossiers(ctx, i.ID); err != nil {
			return nil, err
		}
	}
	c := messageOf(i, dossiers[i.ID])
	if unnamed(c) {
		if publications, err = s.replica.Publications(ctx, i.ID); err != nil {
			return nil, err
		}
	}
	return withPublication(c, publications), rpc.SetETag(ctx, etag(i.Version))
}

// unnamed says that an item was imported as published and does not know as what.
func unnamed(c *contentv1.Content) bool { return c.GetPublication() == "" && c.GetImported() }

// withPublication names the publication of what was imported, which does not know it by itself.
func withPublication(c *contentv1.Content, publications map[string]string) *contentv1.Content {
	if unnamed(c) {
		c.Publication = publications[c.GetId()]
	}
	return c
}

func (s *server) listed(ctx context.Context, items []*item.Item, next string) (*contentv1.ListContentsResponse, error) {
	response := &contentv1.ListContentsResponse{NextPageToken: next}
	ids := make([]string, 0, len(items))
	for _, i := range items {
		ids = append(ids, i.ID)
	}
	dossiers, err := s.replica.Dossiers(ctx, ids...)
	if err != nil {
		return nil, err
	}
	publications, err := s.replica.Publications(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		response.Contents = append(response.Contents, withPublication(messageOf(i, dossiers[i.ID]), publications))
	}
	return response, nil
}
