package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/loa-vn/loa/e2e/journey"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// changing is what becomes of two published items with files: one is corrected, the other is withdrawn.
func (l *line) changing() []step {
	withdrawal := &paper{line: l, key: "withdrawal"}
	return slices.Concat([]step{
		{"notice: draft", l.notice.draft("Lịch tiếp nhận hồ sơ tháng này")},
		{"notice: file", l.notice.attach("lịch tiếp nhận.pdf", "%PDF-1.7\nLịch tiếp nhận hồ sơ")},
	}, l.notice.up("submit"), []step{
		{"notice: publication", l.notice.publish},
		{"notice: public", l.notice.public},
		{"notice: delivery", l.delivered("2", 1, "overdue")},
		{"void: draft", l.void.draft("Tạm dừng tiếp nhận hồ sơ")},
		{"void: file", l.void.attach("thông báo.pdf", "%PDF-1.7\nThông báo tạm dừng")},
	}, l.void.up("submit"), []step{
		{"void: publication", l.void.publish},
		{"void: public", l.void.public},
		{"void: delivery", l.delivered("2", 2, "overdue")},
		{"correction: words", l.notice.revise("title,body", &contentv1.Content{
			Title: "Lịch tiếp nhận hồ sơ quý này", Body: "Thủ tục mới được công bố tại **Trung tâm Hành chính công**.",
		})},
		{"correction: reason", l.notice.revise("correction", &contentv1.Content{Correction: &contentv1.ContentCorrection{Kind: "content", Reason: wrongPlace}})},
	}, l.notice.up("correction"), []step{
		{"correction", l.notice.correct},
		{"correction: public", l.notice.corrected},
		{"withdrawal: request", l.void.withdraw(withdrawal)},
	}, withdrawal.levels("route", "tp.stttt", "pgd.stttt"), []step{
		{"withdrawal: carried out", l.void.withdrawn},
		{"withdrawal: delivery", l.delivered("2", 1, "overdue")},
	})
}

const (
	wrongPlace  = "Ghi nhầm nơi tiếp nhận."
	notAgreedOn = "Thông báo chưa được Sở thống nhất với quận."
)

// attach gives a content a file.
func (p *paper) attach(name, bytes string) func(context.Context) error {
	return func(ctx context.Context) error {
		contentType, body := journey.Form(name, bytes, "title", name)
		err := p.write(ctx, "content", request{
			as: "cv.stttt", method: http.MethodPost, path: "/v1/contents/" + p.content.GetId() + "/attachments", contentType: contentType, body: body, key: p.key + "/file",
		}, p.content)
		if err == nil && (len(p.content.GetAttachments()) != 1 || p.content.GetAttachments()[0].GetSha256() != digest([]byte(bytes))) {
			err = fmt.Errorf("attached is %v", p.content.GetAttachments())
		}
		return err
	}
}

// correct publishes the correction that was approved, at once.
func (p *paper) correct(ctx context.Context) error {
	path := "/v1/publications/" + p.publication.GetId() + ":correct"
	return p.json(ctx, "distribution", "bt.cong", http.MethodPost, path, &distributionv1.CorrectPublicationRequest{}, p.key+"/correct", p.publication)
}

// corrected waits until the correction has its receipt; from then on nobody sees the old text at its own address.
func (p *paper) corrected(ctx context.Context) error {
	if err := p.receipt(ctx, func() bool { return p.publication.GetNumber() == 1 }); err != nil {
		return err
	}
	p.moved(p.publication)
	return p.is("published")(ctx)
}

// receipt waits until every process of the portal does what the publication says, and says so.
func (p *paper) receipt(ctx context.Context, of func() bool) error {
	return p.read(ctx, "bt.cong", "/v1/publications/"+p.publication.GetId(), p.publication, func() bool { return of() && p.publication.GetVerified() })
}

func (p *paper) withdraw(by *paper) func(context.Context) error {
	return func(ctx context.Context) error {
		request := &distributionv1.WithdrawPublicationRequest{Reason: notAgreedOn, Replacement: p.now.publication.GetId()}
		err := p.json(ctx, "distribution", "cv.stttt", http.MethodPost, "/v1/publications/"+p.publication.GetId()+":withdraw", request, p.key+"/withdraw", p.publication)
		by.content = &contentv1.Content{Id: p.publication.GetWithdrawal().GetId()}
		return err
	}
}

// withdrawn waits until the withdrawal has its receipt; from then on nobody sees the page, its print view, its file or an old text.
func (p *paper) withdrawn(ctx context.Context) error {
	if err := p.receipt(ctx, func() bool { return p.publication.GetState() == "withdrawn" }); err != nil {
		return err
	}
	path := p.publication.GetPath()
	p.gone(path, path+"/in", path+"/ban/0", p.filePath())
	return p.is("withdrawn")(ctx)
}

// filePath is where the portal serves the file.
func (p *paper) filePath() string {
	f := p.content.GetAttachments()[0]
	return "/tep/" + f.GetSha256() + "/" + f.GetName()
}
