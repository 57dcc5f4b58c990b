package reporting

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// withStore gives a bench a store for documents, and the press that fills it.
func (b *bench) withStore(t *testing.T) press {
	t.Helper()
	store, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Host.Blobs = store
	return press{
		printer: printer{desk: b.desk, directory: b.Host.Directory, home: b.Host.Config.BaseURL()}, blobs: store, logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// approvedReport is March's, with a pictogram in a title, approved.
func (b *bench) approvedReport(t *testing.T) string {
	t.Helper()
	article := b.published("publication_1", vn.Day(2022, 3, 1).Add(13*time.Hour+20*time.Minute))
	article.Payload.(*distributionv1.PublicationPublished).Content.Title = "=Cải cách 📣 hành chính"
	b.deliver(article, b.message(wrapped(aResult("result_1", "item_2", "confirmed", 3))), b.message(wrapped(aResult("result_2", "item_2", "recorded", 2))))
	id, r := b.compiled()
	if _, err := b.submit(t.Context(), id, "cv.stttt", "Phòng TTBCXB", b.command()); err != nil {
		t.Fatal(err)
	}
	b.deliver(b.message(approved(id, r.State.Sheet.Hash)))
	return id
}

func issuedDossier(b *bench, id string) *approvalsv1.DossierIssued {
	r, _, err := b.reports.Load(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return &approvalsv1.DossierIssued{
		Dossier: "dossier_1", DocumentType: "report", Document: id, Hash: r.Sheet.Hash, Number: "15/BC-STTTT", Date: "2022-03-16", Issuer: "H24.02",
		Decisions: []*approvalsv1.Decision{
			{Level: 1, Person: "tp.stttt", PersonName: "Nguyễn Văn Hùng", Position: "Trưởng phòng"},
			{Level: 2, Person: "pgd.stttt", PersonName: "Trần Thị Minh Nguyệt", Position: "Phó Giám đốc", PersonExample: true},
		},
	}
}

// until asks again until the answer is yes.
func until(t *testing.T, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not come about in time")
		}
	}
}

// runPress runs the press as a process does, until the test ends or it is stopped.
func runPress(t *testing.T, p press) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// document downloads a report in a format.
func (b *bench) document(who, id, format string) (body []byte, mediaType, name string, err error) {
	b.Helper()
	stream, err := b.client.GetReportDocument(b.As(who), &reportingv1.GetReportDocumentRequest{Report: id, Format: format})
	if err != nil {
		return nil, "", "", err
	}
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", "", err
		}
		if mediaType == "" {
			mediaType = piece.GetContentType()
		}
		body = append(body, piece.GetData()...)
	}
	head, err := stream.Header()
	return body, mediaType, rpc.FileName(head), err
}

// A number makes the documents: rendered, stored and named, once, however often the message comes and whatever process ends in between;
// what is downloaded is what was stored.
func TestANumberIssuesTheReport(t *testing.T) {
	b := newBench(t)
	p := b.withStore(t)
	id := b.approvedReport(t)
	number := b.message(issuedDossier(b, id))
	other := issuedDossier(b, id)
	other.Hash = "another"
	b.deliver(b.message(other), number, number)
	// A process renders and ends before it says so.
	e := b.numbered(t)
	r, _, err := b.reports.Load(t.Context(), id)
	if err != nil || r.State != report.Approved || r.Number != "15/BC-STTTT" || r.Signing.Person != "pgd.stttt" {
		t.Fatalf("%+v, %v", r, err)
	}
	made, err := p.paper(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.put(t.Context(), func(w io.Writer) error { return formats()[0].write(w, made) }); err != nil {
		t.Fatal(err)
	}
	stops := []func(){runPress(t, p), runPress(t, p)}
	until(t, func() bool {
		r, _, err := b.reports.Load(t.Context(), id)
		return err == nil && r.State == report.Issued
	})
	for _, stop := range stops {
		stop()
	}
	if err := p.issue(t.Context(), e); err != nil {
		t.Error(err)
	}
	got, err := b.client.GetReport(b.As("cv.khac"), &reportingv1.GetReportRequest{Report: id})
	if err != nil || got.GetState() != "issued" || got.GetNumber() != "15/BC-STTTT" || got.GetDate() != "2022-03-16" || len(got.GetDocuments()) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	b.deliver(b.message(&distributionv1.PublicationWithdrawn{Publication: "publication_1"})) // changes nothing of what was issued
	for _, d := range got.GetDocuments() {
		body, mediaType, name, err := b.document("cv.khac", id, d.GetFormat())
		sum := sha256.Sum256(body)
		if err != nil || hex.EncodeToString(sum[:]) != d.GetSha256() || int64(len(body)) != d.GetSize() || mediaType != d.GetMediaType() ||
			name != "bao-cao-2022-m03-38-kh-ubnd."+d.GetFormat() {
			t.Errorf("%s: %v, %d bytes, %s, %s", d.GetFormat(), err, len(body), mediaType, name)
		}
	}
	b.publishedOnce(t, id)
	from, err := readmodel.RenderFrom(t.Context(), b.pool)
	if err != nil || from < e.Position {
		t.Errorf("a new press begins after %d, %v", from, err)
	}
	list, err := b.client.ListReports(b.As("cv.khac"), &reportingv1.ListReportsRequest{Plan: plan38})
	if err != nil || len(list.GetReports()) != 1 || list.GetReports()[0].GetState() != "issued" || list.GetReports()[0].GetNumber() != "15/BC-STTTT" {
		t.Errorf("%v, %v", list, err)
	}
}

// numbered is the event that gave a report its number.
func (b *bench) numbered(t *testing.T) (found es.Event) {
	t.Helper()
	events, err := b.log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if _, ok := e.Data.(report.ReportNumbered); ok {
			found = e
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d numbers", n)
	}
	return found
}

// publishedOnce holds that others are told once that a report is issued, with its documents.
func (b *bench) publishedOnce(t *testing.T, id string) {
	t.Helper()
	events, err := b.log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range events {
		m, err := publish(e)
		if err != nil {
			t.Fatal(err)
		}
		if issued, ok := m.(*reportingv1.ReportIssued); ok {
			told++
			r := issued.GetReport()
			if r.GetId() != id || r.GetState() != "issued" || len(r.GetDocuments()) != 4 || len(r.GetDecisions()) != 2 || r.GetPath() == "" || r.GetNumber() == "" {
				t.Errorf("%v", r)
			}
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

// The papers say what the figures say: number, sections, the annex of every item with its hash, the page to check them at; as a draft
// before they have a number.
func TestWhatThePapersSay(t *testing.T) {
	b := newBench(t)
	p := b.withStore(t)
	id := b.approvedReport(t)
	body, mediaType, name, err := b.document("cv.stttt", id, "")
	if err != nil || mediaType != "application/pdf" || name != "du-thao-bao-cao-2022-m03-38-kh-ubnd.pdf" {
		t.Fatalf("%v %s %s", err, mediaType, name)
	}
	again, _, _, err := b.document("cv.stttt", id, "pdf")
	if err != nil || !bytes.HasPrefix(body, []byte("%PDF-")) || !bytes.Equal(body, again) {
		t.Errorf("%v: the same draft is not the same bytes", err)
	}
	word, _, _, err := b.document("cv.stttt", id, "docx")
	if err != nil {
		t.Fatal(err)
	}
	draft := wordText(t, word)
	if !strings.Contains(draft, "DỰ THẢO") || strings.Contains(draft, "15/BC-STTTT") {
		t.Errorf("%s", draft)
	}
	b.deliver(b.message(issuedDossier(b, id)))
	stop := runPress(t, p)
	until(t, func() bool {
		r, _, err := b.reports.Load(t.Context(), id)
		return err == nil && r.State == report.Issued
	})
	stop()
	if body, _, _, err = b.document("cv.stttt", id, "docx"); err != nil {
		t.Fatal(err)
	}
	r, _, err := b.reports.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	text := wordText(t, body)
	for _, want := range []string{
		"UBND THÀNH PHỐ HẢI PHÒNG", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "Số: 15/BC-STTTT", "Hải Phòng, ngày 16 tháng 3 năm 2022", "BÁO CÁO",
		"CÔNG TÁC CHỈ ĐẠO", "KẾT QUẢ THEO KÊNH", "KẾT QUẢ THEO CHỦ ĐỀ", "PHẢN ÁNH, KIẾN NGHỊ", "ĐÁNH GIÁ", "KHÓ KHĂN", "ĐỀ XUẤT", "NHIỆM VỤ KỲ TIẾP THEO",
		"chưa có số liệu", "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Trần Thị Minh Nguyệt", "PHỤ LỤC I", "PHỤ LỤC II", "01/03/2022",
		"chưa được xác nhận", "VĂN BẢN MẪU",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	packed := strings.Join(strings.Fields(text), "")
	for _, want := range []string{"https://loa.example/xac-thuc/" + r.Sheet.Hash, "h-publication_1", "https://loa.example/tin/tin-publication_1", "https://baohaiphong.vn/result_1"} {
		if !strings.Contains(packed, want) {
			t.Errorf("the report does not show %s", want)
		}
	}
	b.checkSheets(t, id)
	for format, reason := range map[string]errs.Reason{"odt": errorsv1.Reason_INVALID} {
		if _, _, _, err := b.document("cv.stttt", id, format); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, _, _, err := b.document("ai.do", id, "pdf"); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
}

// checkSheets holds the figures as CSV and XLSX: a title that begins with = is no formula, and what is missing is no nought.
func (b *bench) checkSheets(t *testing.T, id string) {
	t.Helper()
	csv, _, _, err := b.document("cv.stttt", id, "csv")
	if err != nil || !strings.Contains(string(csv), "Lớp tập huấn") || !strings.Contains(string(csv), "chưa có số liệu") {
		t.Errorf("%v\n%s", err, csv)
	}
	for _, format := range []string{"xlsx", "docx"} {
		body, _, _, err := b.document("cv.stttt", id, format)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		var all strings.Builder
		for _, f := range parts.File {
			part, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(part)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		for _, want := range []string{"Lớp tập huấn", "h-publication_1", "hành chính"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
		if strings.Contains(all.String(), "<f>") {
			t.Errorf("%s has a formula", format)
		}
	}
}

// wordText is the text of a Word file, its paragraphs' marks taken away.
func wordText(t *testing.T, body []byte) string {
	t.Helper()
	parts, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range parts.File {
		if !strings.HasPrefix(f.Name, "word/") || !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		words := xml.NewDecoder(part)
		for {
			token, err := words.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch token := token.(type) {
			case xml.CharData:
				text.Write(token)
			case xml.EndElement:
				if token.Name.Local == "p" {
					text.WriteString("\n")
				}
			}
		}
	}
	return text.String()
}

// Should the facts ever give another annex than was approved, no document is made of it.
func TestADocumentOfOtherFactsIsNotMade(t *testing.T) {
	b := newBench(t)
	p := b.withStore(t)
	id := b.approvedReport(t)
	if _, err := b.pool.Exec(t.Context(), "UPDATE reporting.fact SET title = 'x' WHERE id = 'publication_1'"); err != nil {
		t.Fatal(err)
	}
	b.deliver(b.message(issuedDossier(b, id)))
	if err := p.issue(t.Context(), b.numbered(t)); !errors.Is(err, errAnnexMoved) {
		t.Errorf("%v", err)
	}
	if r, _, err := b.reports.Load(t.Context(), id); err != nil || r.State != report.Approved {
		t.Errorf("%+v, %v", r, err)
	}
}

// The annex of a long report becomes a document row by row.
func TestManyEntriesInADocument(t *testing.T) {
	b := newBench(t)
	p := b.withStore(t)
	var want []string
	for n := range 150 {
		b.deliver(b.published(fmt.Sprintf("publication_%03d", n), vn.Day(2022, 3, 1)))
		want = append(want, fmt.Sprintf("Tin publication_%03d", n))
	}
	_, r := b.compiled()
	made, err := p.paper(t.Context(), r.State)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range made.Entries {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Title)
	}
	if !slices.Equal(got, want) || len(made.Annex.Rows) != 0 {
		t.Errorf("%d entries, %d rows in the document", len(got), len(made.Annex.Rows))
	}
}
