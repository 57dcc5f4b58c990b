package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// paper is a document on its way: a content, or a plan, a report or a withdrawal as far as its approval is concerned. Of these, content has
// the id and the hash alone.
type paper struct {
	*line
	// key begins the keys of everything that is done to it; item is the code of the plan's item that a content is under.
	key, item   string
	content     *contentv1.Content
	publication *distributionv1.Publication
}

func (p *paper) draft(title string) func(context.Context) error {
	return func(ctx context.Context) error {
		item := p.items[p.item]
		p.content = &contentv1.Content{}
		return p.json(ctx, "content", "cv.stttt", http.MethodPost, "/v1/contents", &contentv1.Content{
			Plan: p.current.GetId(), PlanItem: item.GetId(), Title: title, Summary: "Danh sách thủ tục mới và nơi tiếp nhận hồ sơ.",
			Body: "Thủ tục mới được công bố tại **Bộ phận Một cửa**.", Theme: item.GetTheme(), Audiences: item.GetAudiences(),
			Channels: []string{"portal"}, Language: "vi", Example: true, SourceLine: "Sở Thông tin và Truyền thông",
		}, p.key+"/draft", p.content)
	}
}

// revise changes what the mask names under the ETag that the author saw.
func (p *paper) revise(mask string, to *contentv1.Content) func(context.Context) error {
	return func(ctx context.Context) error {
		body, err := protojson.Marshal(to)
		if err != nil {
			return err
		}
		return p.write(ctx, "content", request{
			as: "cv.stttt", method: http.MethodPatch, path: "/v1/contents/" + p.content.GetId() + "?updateMask=" + mask, body: body,
			ifMatch: p.content.GetEtag(), key: p.key + "/" + mask,
		}, p.content)
	}
}

func (p *paper) submit(key string) func(context.Context) error {
	return func(ctx context.Context) error {
		return p.json(ctx, "content", "cv.stttt", http.MethodPost, "/v1/contents/"+p.content.GetId()+":submit", &contentv1.SubmitContentRequest{}, p.key+"/"+key, p.content)
	}
}

// up is a content's way up, once it is written.
func (p *paper) up(key string) []step {
	return slices.Concat([]step{{p.key + ": submission", p.submit(key)}}, p.levels(key, "tp.stttt", "pgd.stttt"), []step{{p.key + ": approved", p.is("approved")}})
}

// levels are the approvals of people, one after the other.
func (p *paper) levels(key string, people ...string) (list []step) {
	for _, person := range people {
		list = append(list, step{p.key + ": approval of " + person, p.approve(person, key)})
	}
	return list
}

// is waits until the content is in a state.
func (p *paper) is(state string) func(context.Context) error {
	return func(ctx context.Context) error {
		return p.read(ctx, "cv.stttt", "/v1/contents/"+p.content.GetId(), p.content, func() bool { return p.content.GetState() == state })
	}
}

// dossier waits until the paper's dossier, with the hash that was submitted, waits for a person, or for a number.
func (p *paper) dossier(ctx context.Context, as, waiting string) (*approvalsv1.Dossier, error) {
	page := &approvalsv1.ListDossiersResponse{}
	err := p.read(ctx, as, "/v1/dossiers?waitingFor="+waiting+"&document="+p.content.GetId(), page, func() bool {
		return len(page.GetDossiers()) == 1 && (p.content.GetHash() == "" || page.GetDossiers()[0].GetHash() == p.content.GetHash())
	})
	if err != nil {
		return nil, err
	}
	return page.GetDossiers()[0], nil
}

func (p *paper) sendBack(comment string) func(context.Context) error {
	return func(ctx context.Context) error {
		d, err := p.dossier(ctx, "tp.stttt", "me")
		if err != nil {
			return err
		}
		body := &approvalsv1.ReturnRequest{Hash: d.GetHash(), Comment: comment}
		if err := p.json(ctx, "approvals", "tp.stttt", http.MethodPost, "/v1/dossiers/"+d.GetId()+":return", body, p.key+"/return", d); err != nil {
			return err
		}
		return p.is("returned")(ctx)
	}
}

func (p *paper) approve(as, key string) func(context.Context) error {
	return func(ctx context.Context) error {
		d, err := p.dossier(ctx, as, "me")
		if err != nil {
			return err
		}
		body := &approvalsv1.ApproveRequest{Hash: d.GetHash()}
		return p.json(ctx, "approvals", as, http.MethodPost, "/v1/dossiers/"+d.GetId()+":approve", body, p.key+"/"+key+"/approve/"+as, d)
	}
}

// number has a clerk give the approved document the next number of the register, of a day.
func (p *paper) number(as, date, want string) func(context.Context) error {
	return func(ctx context.Context) error {
		d, err := p.dossier(ctx, as, "number")
		if err != nil {
			return err
		}
		if err := p.json(ctx, "approvals", as, http.MethodPost, "/v1/dossiers/"+d.GetId()+":issue", &approvalsv1.IssueRequest{Date: date}, p.key+"/issue", d); err != nil {
			return err
		}
		if d.GetNumber() != want || d.GetIssueDate() != date || d.GetState() != "issued" {
			return fmt.Errorf("%s is issued as %v, wanted %s", p.key, d, want)
		}
		p.numbers[p.content.GetId()] = want
		return nil
	}
}

func (p *paper) publish(ctx context.Context) error { return p.publishAt(ctx, time.Time{}, "publish") }

func (p *paper) publishAt(ctx context.Context, at time.Time, key string) error {
	body := &distributionv1.PublishContentRequest{}
	if !at.IsZero() {
		body.PublishAt = timestamppb.New(at)
	}
	p.publication = &distributionv1.Publication{}
	return p.json(ctx, "distribution", "bt.cong", http.MethodPost, "/v1/contents/"+p.content.GetId()+":publish", body, p.key+"/"+key, p.publication)
}

// publishAtTime sets a time a little ahead, before which nobody may see the page. When Loa was away for so long that it has passed, the
// editor is told so and sets another.
func (p *paper) publishAtTime(ctx context.Context) error {
	for n := 1; ; n++ {
		at := time.Now().Add(3 * time.Second).Truncate(time.Millisecond)
		err := p.publishAt(ctx, at, fmt.Sprintf("publish/%d", n))
		if err == nil {
			p.embargoed(at, p.publication.GetPath())
			return nil
		}
		refused, ok := errors.AsType[refusal](err)
		if !ok || !bytes.Contains(refused.answer.body, []byte(`"EMBARGO_PAST"`)) || time.Now().Before(at) {
			return err
		}
	}
}

// public waits until the content is published, its channel has said so, and readers have it; then it has one publication.
func (p *paper) public(ctx context.Context) error {
	page := &distributionv1.ListPublicationsResponse{}
	err := p.read(ctx, "bt.cong", "/v1/publications?content="+p.content.GetId(), page, func() bool {
		return len(page.GetPublications()) == 1 && page.GetPublications()[0].GetState() == "published" && page.GetPublications()[0].GetVerified()
	})
	if err != nil {
		return err
	}
	p.publication = page.GetPublications()[0]
	if err := p.is("published")(ctx); err != nil {
		return err
	}
	path := p.publication.GetPath()
	p.shown(path, path+"/in")
	if len(p.content.GetAttachments()) > 0 {
		p.shown(p.filePath())
	}
	for _, portal := range p.portals {
		if err := p.page(ctx, portal, path, p.content.GetTitle()); err != nil {
			return err
		}
	}
	return nil
}
