package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// register opens the register of an issuer, from a number on.
func (l *line) register(as, issuer string, year, first int32, abbreviation string, documents ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		r := &approvalsv1.OpenRegisterRequest{Issuer: issuer, Year: year, First: first}
		for _, d := range documents {
			r.Types = append(r.Types, &approvalsv1.RegisterType{DocumentType: d, Abbreviation: abbreviation})
		}
		return l.json(ctx, "approvals", as, http.MethodPost, "/v1/registers", r, "register/"+issuer, &approvalsv1.Register{})
	}
}

// drafted is a plan written in Loa. It walks the long route, gets its number, and is amended, which walks the route too.
type drafted struct {
	*line
	first, amendment *paper
	plan             *planningv1.Plan
	items            []*planningv1.PlanItem
	document         file
}

// planning is the life of the plan that is drafted in Loa.
func (l *line) planning() []step {
	d := l.drafted
	long := []string{"tp.stttt", "pgd.stttt", "chanh.vp", "pho.chu.tich"}
	return slices.Concat([]step{
		{"plan: draft", d.draft},
		{"plan: item of the department", d.item("H24.02")},
		{"plan: item of the district", d.item("H24.31")},
		{"plan: title", d.retitle},
		{"plan: submission", d.submit(d.first)},
	}, d.first.levels("route", long...), []step{
		{"plan: number", d.first.number("vt.ubnd", l.date(0), "91/KH-UBND")},
		{"plan: issued", d.is("issued")},
		{"plan: document", d.download},
		{"amendment", d.amend},
		{"amendment: a later deadline", d.postpone},
		{"amendment: submission", d.submit(d.amendment)},
	}, d.amendment.levels("route", long...), []step{
		{"amendment: number", d.amendment.number("vt.ubnd", l.date(0), "92/KH-UBND")},
		{"amendment: in force", d.is("amended")},
	})
}

func (d *drafted) draft(ctx context.Context) error {
	d.plan = &planningv1.Plan{}
	return d.json(ctx, "planning", "cv.stttt", http.MethodPost, "/v1/plans", &planningv1.Plan{
		Issuer: "H24", Title: "Kế hoạch truyền thông dịch vụ công", From: d.date(0), To: d.date(300), Example: true,
		Purposes:  []string{"Người dân biết và dùng dịch vụ công trực tuyến."},
		Themes:    []*planningv1.Theme{{Code: "truc-tuyen", Name: "Dịch vụ công trực tuyến"}},
		Audiences: []*planningv1.Audience{{Code: "nguoi-dan", Name: "Người dân"}},
		Channels:  []*planningv1.Channel{{Code: "portal", Name: "Cổng Thông tin điện tử thành phố"}},
	}, "plan/draft", d.plan)
}

func (d *drafted) item(lead string) func(context.Context) error {
	return func(ctx context.Context) error {
		code := strconv.Itoa(len(d.items) + 1)
		item := &planningv1.PlanItem{}
		err := d.json(ctx, "planning", "cv.stttt", http.MethodPost, "/v1/plans/"+d.plan.GetId()+"/items", &planningv1.PlanItem{
			Code: code, Title: "Tin về dịch vụ công trực tuyến, phần " + code, Theme: "truc-tuyen", Audiences: []string{"nguoi-dan"},
			Channels: []string{"portal"}, Lead: lead, Deadline: d.date(100), Target: &planningv1.Target{Quantity: 1, Unit: "tin, bài", CountsPublications: true},
		}, "plan/item/"+code, item)
		d.items = append(d.items, item)
		return err
	}
}

// retitle edits the draft under the ETag that its author sees now: every item has changed it.
func (d *drafted) retitle(ctx context.Context) error {
	if err := d.read(ctx, "cv.stttt", "/v1/plans/"+d.plan.GetId(), d.plan, func() bool { return true }); err != nil {
		return err
	}
	return d.patch(ctx, "", "?updateMask=title", d.plan.GetEtag(), &planningv1.Plan{Title: "Kế hoạch truyền thông dịch vụ công trực tuyến"}, "plan/title", d.plan)
}

func (d *drafted) patch(ctx context.Context, item, query, etag string, to proto.Message, key string, into proto.Message) error {
	body, err := protojson.Marshal(to)
	if err != nil {
		return err
	}
	return d.write(ctx, "planning", request{
		as: "cv2.stttt", method: http.MethodPatch, path: "/v1/plans/" + d.plan.GetId() + item + query, body: body, ifMatch: etag, key: key,
	}, into)
}

// submit sends the plan, or its amendment, up the route.
func (d *drafted) submit(p *paper) func(context.Context) error {
	return func(ctx context.Context) error {
		if p == d.first {
			p.content = &contentv1.Content{Id: d.plan.GetId()}
		}
		request := &planningv1.SubmitPlanRequest{}
		if p == d.amendment {
			request.Amendment = p.content.GetId()
		}
		return d.json(ctx, "planning", "cv.stttt", http.MethodPost, "/v1/plans/"+d.plan.GetId()+":submit", request, p.key+"/submit", &planningv1.Plan{})
	}
}

// is waits until the plan is in a state, as an agency that carries it out sees it.
func (d *drafted) is(state string) func(context.Context) error {
	return func(ctx context.Context) error {
		return d.read(ctx, "cv.hongbang", "/v1/plans/"+d.plan.GetId(), d.plan, func() bool { return d.plan.GetState() == state })
	}
}

func (d *drafted) download(ctx context.Context) (err error) {
	d.document, err = d.fetch(ctx, "cv.hongbang", "/v1/plans/"+d.plan.GetId()+"/document?format=pdf")
	return err
}

func (d *drafted) amend(ctx context.Context) error {
	begun := &planningv1.Plan{}
	err := d.json(ctx, "planning", "cv2.stttt", http.MethodPost, "/v1/plans/"+d.plan.GetId()+":amend", &planningv1.AmendPlanRequest{Reason: "Thêm thời gian."}, "amendment/begin", begun)
	if err == nil && len(begun.GetAmendments()) != 1 {
		err = fmt.Errorf("the amendments are %v", begun.GetAmendments())
	}
	if err == nil {
		d.amendment.content = &contentv1.Content{Id: begun.GetAmendments()[0].GetId()}
	}
	return err
}

// postpone moves the first item's deadline, in the amendment.
func (d *drafted) postpone(ctx context.Context) error {
	i := d.items[0]
	query := "?updateMask=deadline&amendment=" + d.amendment.content.GetId()
	return d.patch(ctx, "/items/"+i.GetId(), query, i.GetEtag(), &planningv1.PlanItem{Deadline: d.date(200)}, "amendment/item", &planningv1.PlanItem{})
}
