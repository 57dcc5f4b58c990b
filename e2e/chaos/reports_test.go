package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// report is a report of a month of Plan 38, on its way to paper.
type report struct {
	*paper
	period string
	report *reportingv1.Report
	// files are its documents as they were when it was issued, by format.
	files map[string]file
}

func newReport(l *line, period string) *report {
	return &report{paper: &paper{line: l, key: "report/" + period}, period: period, files: map[string]file{}}
}

// file is what was downloaded.
type file struct{ mediaType, digest string }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// fetch downloads a document.
func (p *people) fetch(ctx context.Context, as, path string) (file, error) {
	a, err := p.send(ctx, request{as: as, method: http.MethodGet, path: path}, nil)
	return file{a.header.Get("Content-Type"), digest(a.body)}, err
}

// reporting is the report of March 2022 as far as it is public.
func (l *line) reporting() []step { return l.march.public("the article", 1) }

// issuing gives that report its number and its documents, and then the report of April, which counts what was done outside Loa.
func (l *line) issuing() []step {
	return slices.Concat(
		l.march.issue("2022-03-15", "15/BC-STTTT"),
		l.april.public("no article", 0),
		l.april.issue("2022-04-15", "16/BC-STTTT"),
	)
}

// public are the steps until the report is on the portal.
func (r *report) public(counts string, published int64) []step {
	return slices.Concat([]step{
		{r.key + ": counts " + counts, r.compile(published)},
		{r.key + ": submission", r.submit},
	}, r.levels("route", "tp.stttt", "pgd.stttt"), []step{{r.key + ": public", r.isPublic}})
}

// issue are the steps until its documents are stored.
func (r *report) issue(date, number string) []step {
	return []step{
		{r.key + ": number", r.number("vt.stttt", date, number)},
		{r.key + ": issued", r.issued},
		{r.key + ": documents", r.download},
	}
}

func (r *report) compile(published int64) func(context.Context) error {
	return func(ctx context.Context) error {
		r.report = &reportingv1.Report{}
		body := &reportingv1.CompileReportRequest{Plan: r.plan38.GetId(), Period: r.period}
		if err := r.json(ctx, "reporting", "cv.stttt", http.MethodPost, "/v1/reports:compile", body, r.key, r.report); err != nil {
			return err
		}
		if n := r.report.GetFigures().GetPublished(); n != published {
			return fmt.Errorf("the report of %s counts %d publications", r.period, n)
		}
		r.content = &contentv1.Content{Id: r.report.GetId(), Hash: r.report.GetHash()}
		return nil
	}
}

func (r *report) submit(ctx context.Context) error {
	return r.json(ctx, "reporting", "cv.stttt", http.MethodPost, "/v1/reports/"+r.report.GetId()+":submit", &reportingv1.SubmitReportRequest{}, r.key+"/submit", r.report)
}

// until waits until the report is in a state.
func (r *report) until(ctx context.Context, state string) error {
	return r.read(ctx, "cv.stttt", "/v1/reports/"+r.report.GetId(), r.report, func() bool { return r.report.GetState() == state })
}

func (r *report) isPublic(ctx context.Context) error {
	if err := r.until(ctx, "approved"); err != nil {
		return err
	}
	return r.page(ctx, r.portals[0], r.report.GetPath(), r.report.GetHash())
}

func (r *report) issued(ctx context.Context) error {
	err := r.until(ctx, "issued")
	if err == nil && len(r.report.GetDocuments()) != 4 {
		err = fmt.Errorf("the documents of %s are %v", r.period, r.report.GetDocuments())
	}
	return err
}

// download gets every document that the issued report names.
func (r *report) download(ctx context.Context) (err error) {
	for _, d := range r.report.GetDocuments() {
		if r.files[d.GetFormat()], err = r.fetch(ctx, "cv.stttt", "/v1/reports/"+r.report.GetId()+"/document?format="+d.GetFormat()); err != nil {
			return err
		}
	}
	return nil
}
