package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// previews is content as the portal sees it: it knows one link.
type previews struct {
	contentv1.ContentServiceClient
	mutex sync.Mutex
	token string
	shows *contentv1.Preview
	fails error
}

func (p *previews) GetPreview(_ context.Context, in *contentv1.GetPreviewRequest, _ ...grpc.CallOption) (*contentv1.Preview, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case p.fails != nil:
		return nil, p.fails
	case in.GetToken() != p.token:
		return nil, errs.New(errorsv1.Reason_PREVIEW_GONE)
	}
	return p.shows, nil
}

func decided(name, position string) []*approvalsv1.Decision {
	return []*approvalsv1.Decision{
		{Outcome: "returned", PersonName: "Người trả lại", Position: "Trưởng phòng"},
		{Outcome: "approved", PersonName: name, Position: position, PersonExample: true},
		{Outcome: "approved", PersonName: "Ý kiến đã hủy", Voided: true},
	}
}

// corrected is a correction of an item, with another body at a slug.
func corrected(e *distributionv1.PublicationPublished, number int32, slug, body string) *distributionv1.PublicationCorrected {
	c := proto.CloneOf(e.GetContent())
	c.Hash = fmt.Sprintf("%064x", int(number)+16)
	return &distributionv1.PublicationCorrected{
		Publication: e.GetPublication(), Content: c, BodyHtml: body, Slug: slug, PublishedAt: e.GetPublishedAt(),
		CorrectedAt: timestamppb.New(march.Add(time.Duration(number) * time.Hour)), Kind: "content", Reason: "Viết sai chữ", Number: number,
		PreviousHash: e.GetContent().GetHash(), Decisions: decided("Trần Thị Minh Nguyệt", "Phó Giám đốc"),
	}
}

// A channel is called what the item's plan calls it, on the page of a corrected item and of a withdrawn one, and in English marked as Vietnamese.
func TestChannelsByThePlansWords(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := published("publication_1", "tin", "Kế hoạch cải cách hành chính", march, false)
	reached := func(act string, number int32) {
		for _, channel := range []string{"portal", "loudspeaker"} {
			w.consume(&distributionv1.ReceiptRecorded{Publication: "publication_1", Channel: channel, Place: "/tin/tin", Act: act, Number: number})
		}
	}
	w.consume(plan38())
	w.consume(e, corrected(e, 1, "tin", "<p>Mở đầu.</p>"))
	reached("corrected", 1)
	eventually(t, func() bool {
		text := words(t, get(s, "/tin/tin").Body, "main")
		return strings.Contains(text, "đã đến: Cổng Thông tin điện tử thành phố (") && strings.Contains(text, "), Đài truyền thanh cơ sở (")
	})
	w.consume(&distributionv1.PublicationWithdrawn{Publication: "publication_1", Content: e.GetContent().GetId(), Reason: "Đã hủy.", WithdrawnAt: timestamppb.New(march)})
	reached("withdrawn", 0)
	for _, path := range []string{"/tin/tin", "/en/tin/tin"} {
		eventually(t, func() bool {
			return strings.Contains(words(t, get(s, path).Body, "main"), "), Đài truyền thanh cơ sở (")
		})
	}
	if body := get(s, "/en/tin/tin").Body.String(); !strings.Contains(body, `<span lang="vi">Đài truyền thanh cơ sở</span>`) {
		t.Error("a Vietnamese name is not marked on an English page")
	}
}

// A correction is told before the text: old words, new words, time, kind, reason, channels; changed words are marked in place; both
// versions are readable, the old one marked and out of search engines; the old address leads to the new one for ever.
func TestCorrectedPage(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := published("publication_1", "tin-cu", "Kế hoạch cải cách hành chính", march, false)
	e.BodyHtml = "<p>Mở đầu.</p><p>Cơ quan các cấp và Nhân ân về ý nghĩa.</p>"
	e.Content.Hash = fmt.Sprintf("%064x", 16)
	c := corrected(e, 1, "tin-moi", "<p>Mở đầu.</p><p>Cơ quan các cấp và Nhân dân về ý nghĩa.</p>")
	w.consume(e)
	eventually(t, func() bool { return get(s, "/tin/tin-cu").Code == http.StatusOK })
	w.consume(c)
	w.consume(c) // the bus may bring it again
	eventually(t, func() bool { return get(s, "/tin/tin-moi").Code == http.StatusOK })
	w.consume(&distributionv1.ReceiptRecorded{Publication: "publication_1", Channel: "portal", Place: "/tin/tin-moi", Act: "corrected", Number: 1})
	eventually(t, func() bool {
		return strings.Contains(words(t, get(s, "/tin/tin-moi").Body, "main"), "đã đến: cổng (")
	})
	page := get(s, "/tin/tin-moi")
	body := page.Body.String()
	if text := words(t, strings.NewReader(body), "main"); !strings.Contains(text, "Đã đính chính lúc 14:20 ngày 01/03/2022") ||
		!strings.Contains(text, "Đoạn 2: “ Nhân ân ” nay là “ Nhân dân ”") || !strings.Contains(text, "Viết sai chữ") ||
		!strings.Contains(text, "Trần Thị Minh Nguyệt, Phó Giám đốc") || strings.Contains(text, "Ý kiến đã hủy") || strings.Contains(text, "Người trả lại") {
		t.Errorf("the page says %q", text)
	}
	if !strings.Contains(body, "và <ins>Nhân dân</ins> về ý nghĩa") || strings.Contains(body, "noindex") {
		t.Error("the changed words are not marked in place, or the page is kept out of search engines")
	}
	for path, to := range map[string]string{
		"/tin/tin-cu": "/tin/tin-moi", "/en/tin/tin-cu": "/en/tin/tin-moi", "/tin/tin-cu/in": "/tin/tin-moi/in", "/en/tin/tin-cu/ban/0": "/en/tin/tin-moi/ban/0",
	} {
		if answer := get(s, path); answer.Code != http.StatusMovedPermanently || answer.Header().Get("Location") != to {
			t.Errorf("%s: %d to %s", path, answer.Code, answer.Header().Get("Location"))
		}
	}
	old := get(s, "/tin/tin-moi/ban/0")
	if text := words(t, bytes.NewReader(old.Body.Bytes()), "main"); !strings.Contains(text, "Nhân ân về") || !strings.Contains(text, "Đây là bản cũ") {
		t.Errorf("the version before says %q", text)
	}
	if old.Header().Get("X-Robots-Tag") != "noindex" || !strings.Contains(old.Body.String(), `content="noindex"`) {
		t.Error("the version before is not kept out of search engines")
	}
	if answer := get(s, "/tin/tin-moi/ban/1"); answer.Code != http.StatusFound || answer.Header().Get("Location") != "/tin/tin-moi" {
		t.Errorf("the version that stands: %d", answer.Code)
	}
	for _, path := range []string{"/tin/tin-moi/ban/2", "/tin/tin-moi/ban/00", "/tin/tin-moi/ban/-1", "/tin/tin-moi/ban/x"} {
		if code := get(s, path).Code; code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if text := words(t, get(s, "/tin/tin-moi/in").Body, "main"); !strings.Contains(text, "Bài đã được đính chính lúc 14:20") {
		t.Errorf("the print view says %q", text)
	}
	if text := words(t, get(s, "/").Body, "main"); !strings.Contains(text, "Đã đính chính") {
		t.Error("home does not mark it")
	}
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/tin-moi corrected 1") > 0 })
	if n := w.receipts.count("publication_1 portal /tin/tin-moi corrected 1"); n != 1 {
		t.Errorf("%d receipts of the correction", n)
	}
	// A second correction leads through both addresses to a third.
	w.consume(corrected(e, 2, "tin-ba", "<p>Mở đầu khác.</p>"))
	eventually(t, func() bool { return get(s, "/tin/tin-cu").Header().Get("Location") == "/tin/tin-ba" })
	if to := get(s, "/tin/tin-moi").Header().Get("Location"); to != "/tin/tin-ba" {
		t.Errorf("the second address leads to %q", to)
	}
	if text := words(t, get(s, "/tin/tin-ba/ban/1").Body, "main"); !strings.Contains(text, "Nhân dân") {
		t.Error("the second version is not readable")
	}
}

// A withdrawn text is nowhere any more: 410 with the reason for people and programs, in print, at old addresses and of old versions;
// search finds its title only; its files are gone; no row holds it.
func TestWithdrawnTextIsNowhere(t *testing.T) {
	w := newWorld(t)
	store, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = store
	file, err := store.Put(t.Context(), strings.NewReader("tệp"), 100)
	if err != nil {
		t.Fatal(err)
	}
	s := w.process()
	e := published("publication_1", "tin-cu", "Danh mục thủ tục thí điểm", march, false)
	e.BodyHtml, e.Content.Summary = "<p>Matkhau trong bài.</p>", "Matkhau trong tóm tắt"
	e.Content.Attachments = []*contentv1.Attachment{{Sha256: file.SHA256, Name: "matkhau.pdf", MediaType: "application/pdf", Size: file.Size}}
	e.Content.Translations = []*contentv1.Translation{{Language: "zh", Title: "Matkhau", BodyHtml: "<p>Matkhau</p>"}}
	c := corrected(e, 1, "tin-moi", "<p>Matkhau đã sửa.</p>")
	other := published("publication_2", "bai-thay", "Danh mục đúng", march.Add(time.Hour), false)
	w.consume(e, c, other)
	attachment := "/tep/" + file.SHA256 + "/matkhau.pdf"
	eventually(t, func() bool {
		titles, _ := found(t, s, asked("matkhau"))
		return len(titles) == 1 && get(s, attachment).Code == http.StatusOK && get(s, "/zh/tin/tin-moi").Code == http.StatusOK
	})
	eventually(t, func() bool { return w.owed() == 0 })
	gone := withdrawn(e, "Danh mục chưa được phê duyệt")
	gone.Slug, gone.Replacement, gone.ReplacementPath, gone.Decisions = "tin-moi", "publication_2", "/tin/bai-thay", decided("Lê Văn An", "Giám đốc")
	w.consume(gone)
	w.consume(gone, c, e) // the bus may bring them again
	eventually(t, func() bool { return w.owed() == 0 })
	if n := w.receipts.count("publication_1 portal /tin/tin-moi withdrawn 0"); n != 1 {
		t.Errorf("%d receipts of the withdrawal", n)
	}
	for _, path := range []string{"/tin/tin-moi", "/en/tin/tin-moi", "/tin/tin-moi/in", "/tin/tin-moi/ban/0", "/en/tin/tin-moi/ban/0"} {
		answer := get(s, path)
		text := words(t, bytes.NewReader(answer.Body.Bytes()), "main")
		if answer.Code != http.StatusGone || answer.Header().Get("X-Robots-Tag") != "noindex" || !strings.Contains(text, "Danh mục chưa được phê duyệt") ||
			!strings.Contains(text, "Danh mục đúng") || !strings.Contains(text, "Lê Văn An") || strings.Contains(answer.Body.String(), "atkhau") {
			t.Errorf("%s: %d %q", path, answer.Code, text)
		}
		problem := get(s, path, "Accept", "application/json")
		var said struct {
			Status              int
			Reason, Replacement string
			Detail              string
		}
		if err := json.Unmarshal(problem.Body.Bytes(), &said); err != nil || problem.Code != http.StatusGone || said.Status != http.StatusGone ||
			problem.Header().Get("Content-Type") != "application/problem+json" || said.Reason != "PAGE_WITHDRAWN" ||
			!strings.Contains(said.Detail, "Danh mục chưa được phê duyệt") || !strings.HasSuffix(said.Replacement, "/tin/bai-thay") {
			t.Errorf("%s to a program: %d %s (%v)", path, problem.Code, problem.Body, err)
		}
	}
	if answer := get(s, "/tin/tin-cu"); answer.Code != http.StatusMovedPermanently || answer.Header().Get("Location") != "/tin/tin-moi" {
		t.Errorf("its first address: %d", answer.Code)
	}
	for path, code := range map[string]int{attachment: http.StatusGone, "/zh/tin/tin-moi": http.StatusNotFound} {
		if got := get(s, path).Code; got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
	eventually(t, func() bool { titles, _ := found(t, s, asked("danh muc thi diem")); return len(titles) == 1 })
	if titles, _ := found(t, s, asked("matkhau")); len(titles) != 0 {
		t.Errorf("search finds %q", titles)
	}
	for _, path := range []string{"/", "/tin", "/feed.atom", "/feed.json", "/sitemap.xml", "/tin/bai-thay", "/tim-kiem?" + asked("danh muc thi diem")} {
		body := get(s, path).Body.String()
		if strings.Contains(body, "atkhau") || !strings.HasPrefix(path, "/tim-kiem") && strings.Contains(body, "tin-moi") {
			t.Errorf("%s shows it", path)
		}
	}
	for _, table := range []string{"publication", "edition", "correction", "withdrawal", "search"} {
		var holds bool
		err := w.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM portal.`+table+` AS r WHERE r::text ~* 'matkhau' OR r::text LIKE '%'||encode('atkhau', 'hex')||'%')`).Scan(&holds)
		if err != nil || holds {
			t.Errorf("table %s still holds it (%v)", table, err)
		}
	}
	// What takes its place may be withdrawn itself: the page then leads nowhere.
	w.consume(withdrawn(other, "Cũng sai"))
	eventually(t, func() bool { return !strings.Contains(get(s, "/tin/tin-moi").Body.String(), "bai-thay") })
}

// An item whose time is over says so in words of its own, and its text is nowhere either.
func TestExpiredPage(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := published("publication_1", "tin", "Lịch cắt điện", march, false)
	w.consume(e)
	eventually(t, func() bool { titles, _ := found(t, s, asked("cat dien")); return len(titles) == 1 })
	over := &distributionv1.PublicationExpired{Publication: "publication_1", Slug: "tin", ExpiredAt: timestamppb.New(march.Add(time.Hour))}
	w.consume(over)
	w.consume(over)
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusGone })
	body := get(s, "/tin/tin").Body.String()
	if text := words(t, strings.NewReader(body), "main"); !strings.Contains(text, "Bài này đã hết thời gian đăng") || strings.Contains(text, "thu hồi") || strings.Contains(body, "Nội dung của") {
		t.Errorf("the page says %q", text)
	}
	if answer := get(s, "/tin/tin", "Accept", "application/problem+json"); !strings.Contains(answer.Body.String(), "PAGE_EXPIRED") {
		t.Errorf("to a program: %s", answer.Body)
	}
	if answer := get(s, "/tin/tin", "Accept", "text/html,application/json"); !strings.Contains(answer.Body.String(), "<html") {
		t.Error("a browser got JSON")
	}
	eventually(t, func() bool { titles, _ := found(t, s, asked("cat dien")); return len(titles) == 0 })
	eventually(t, func() bool { return w.receipts.count("publication_1 portal /tin/tin expired 0") == 1 })
}

// A consumer that is killed before its transaction commits has done nothing; brought again, everything happens once. A receipt whose
// reply was lost is given again under the same key.
func TestKilledBetweenStepsEverythingHappensOnce(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := published("publication_1", "tin", "Tin", march, false)
	c := corrected(e, 1, "tin-hai", "<p>Khác.</p>")
	messages := []proto.Message{e, c, withdrawn(e, "Sai")}
	for i := range messages {
		tx, err := w.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := bus.Message{Type: string(messages[i].ProtoReflect().Descriptor().FullName()), Position: int64(i), RecordedAt: time.Now(), Payload: messages[i]}
		if err := consume(t.Context(), tx, []bus.Message{m}); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := w.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM portal.edition) + (SELECT count(*) FROM portal.withdrawal)
			+ (SELECT count(*) FROM portal.act)`).Scan(&n); err != nil || i == 0 && n != 0 {
			t.Fatalf("%d rows of what was not committed (%v)", n, err)
		}
		w.receipts.mutex.Lock()
		w.receipts.lost = 1
		w.receipts.mutex.Unlock()
		w.consume(messages[i])
		w.consume(messages[:i+1]...)
		eventually(t, func() bool {
			var told bool
			err := w.pool.QueryRow(t.Context(), `SELECT NOT EXISTS (SELECT FROM portal.act WHERE receipt_at IS NULL)
				AND NOT EXISTS (SELECT FROM portal.publication WHERE receipt_at IS NULL)`).Scan(&told)
			return err == nil && told
		})
	}
	for _, key := range []string{"publication_1 portal /tin/tin", "publication_1 portal /tin/tin-hai corrected 1", "publication_1 portal /tin/tin-hai withdrawn 0"} {
		w.receipts.mutex.Lock()
		keys := slices.Clone(w.receipts.keys[key])
		w.receipts.mutex.Unlock()
		if len(keys) != 2 || keys[0] != keys[1] {
			t.Errorf("%s: under the keys %q", key, keys)
		}
	}
	if code := get(s, "/tin/tin-hai").Code; code != http.StatusGone {
		t.Errorf("in the end: %d", code)
	}
	rows, err := w.pool.Query(t.Context(), "SELECT act || number FROM portal.act ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	if acts, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || !slices.Equal(acts, []string{"corrected1", "withdrawn0"}) {
		t.Errorf("acts %q (%v)", acts, err)
	}
}

// A file is fetched whole or in part while a public version names it, with headers that let a browser run nothing of it.
func TestFilesOfPublicItems(t *testing.T) {
	w := newWorld(t)
	store, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = store
	put := func(text string) blob.Blob {
		b, err := store.Put(t.Context(), strings.NewReader(text), 1000)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	picture, sheet, secret := put("hình ảnh"), put("0123456789"), put("chưa công bố")
	s := w.process()
	e := published("publication_1", "tin", "Tin", march, false)
	e.BodyHtml = `<p>Xem <img src="/tep/` + picture.SHA256 + `/anh.png" alt="Ảnh"></p>`
	e.Content.Attachments = []*contentv1.Attachment{
		{Sha256: picture.SHA256, Name: "anh.png", MediaType: "image/png", Size: picture.Size, Alternative: "Ảnh"},
		{Sha256: sheet.SHA256, Name: "biểu mẫu.pdf", MediaType: "application/pdf", Size: sheet.Size, Line: &contentv1.AttachmentLine{
			Title: "Kế hoạch số 38/KH-UBND", Form: "Kế hoạch", Issuer: "UBND thành phố", Number: "38/KH-UBND", Date: "2022-02-23", Abstract: "Tuyên truyền",
		}},
	}
	w.consume(e)
	path := "/tep/" + sheet.SHA256 + "/" + url.PathEscape("biểu mẫu.pdf")
	eventually(t, func() bool { return get(s, path).Code == http.StatusOK })
	whole := get(s, path)
	h := whole.Header()
	if whole.Body.String() != "0123456789" || h.Get("Content-Type") != "application/pdf" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("ETag") != `"`+sheet.SHA256+`"` {
		t.Errorf("%q %v", whole.Body, h)
	}
	if part := get(s, path, "Range", "bytes=3-5"); part.Code != http.StatusPartialContent || part.Body.String() != "345" {
		t.Errorf("a part: %d %q", part.Code, part.Body)
	}
	if last := get(s, path, "Range", "bytes=-2"); last.Body.String() != "89" {
		t.Errorf("the end: %q", last.Body)
	}
	if code := get(s, path, "Range", "bytes=20-").Code; code != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("beyond the end: %d", code)
	}
	if code := get(s, path, "If-None-Match", h.Get("ETag")).Code; code != http.StatusNotModified {
		t.Errorf("known: %d", code)
	}
	head := httptest.NewRecorder()
	s.ServeHTTP(head, httptest.NewRequest(http.MethodHead, path, http.NoBody))
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "10" {
		t.Errorf("HEAD: %d, %d bytes, %s", head.Code, head.Body.Len(), head.Header().Get("Content-Length"))
	}
	if d := get(s, "/tep/"+picture.SHA256+"/anh.png").Header().Get("Content-Disposition"); !strings.HasPrefix(d, "inline") {
		t.Errorf("a picture is sent as %q", d)
	}
	for _, bad := range []string{"/tep/" + secret.SHA256 + "/a.pdf", "/tep/" + sheet.SHA256 + "/khac.pdf", "/tep/../x", "/tep/" + sheet.SHA256} {
		if code := get(s, bad).Code; code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, code)
		}
	}
	text := words(t, get(s, "/tin/tin").Body, "main")
	if !strings.Contains(text, "Trích yếu Tuyên truyền Tệp PDF, 10 B") || strings.Contains(text, "anh.png") || strings.Count(text, "Tài liệu đính kèm") != 1 {
		t.Errorf("the page says %q", text)
	}
}

// Whoever has a hash learns what it is of and what became of it, or is warned.
func TestAuthenticityPage(t *testing.T) {
	w := newWorld(t)
	store, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = store
	document, err := store.Put(t.Context(), strings.NewReader("%PDF"), 100)
	if err != nil {
		t.Fatal(err)
	}
	s := w.process()
	hash := func(n int) string { return fmt.Sprintf("%064x", n) }
	e := published("publication_1", "tin", "Kế hoạch cải cách", march, false)
	e.Content.Hash, e.Decisions = hash(16), decided("Nguyễn Văn Hùng", "Trưởng phòng")
	plan := plan38()
	plan.Plan.Hash = hash(5)
	figures := &reportingv1.Report{
		Id: "report_1", Plan: "plan_1", Agency: "H24.02", Period: "2022-M03", Title: "Báo cáo tháng 3", Path: "/bao-cao/2022/H24.02/thang-3-nam-2022",
		Hash: hash(7), ApprovedAt: timestamppb.New(march), Number: "15/BC-STTTT", Date: "2022-03-16", Figures: &reportingv1.Figures{},
		Documents: []*reportingv1.StoredDocument{{Format: "pdf", MediaType: "application/pdf", Sha256: document.SHA256, Size: document.Size}},
	}
	w.consume(e, plan, &reportingv1.ReportIssued{Report: figures})
	eventually(t, func() bool { return get(s, "/tin/tin").Code == http.StatusOK })
	says := func(hash string, code int, want ...string) {
		t.Helper()
		answer := get(s, "/xac-thuc/"+hash)
		text := words(t, answer.Body, "main")
		for _, part := range want {
			if answer.Code != code || !strings.Contains(text, part) {
				t.Errorf("%s: %d, not %q: %q", hash, answer.Code, part, text)
			}
		}
	}
	says(hash(16), http.StatusOK, "Đúng là của thành phố", "Kế hoạch cải cách", "Nguyễn Văn Hùng, Trưởng phòng", "13:20, 01/03/2022", "là bản mới nhất")
	says(hash(7), http.StatusOK, "Số liệu của báo cáo kết quả", "15/BC-STTTT", "16/03/2022")
	says(document.SHA256, http.StatusOK, "Văn bản báo cáo (PDF)", "15/BC-STTTT")
	says(hash(5), http.StatusOK, "38/KH-UBND", "23/02/2022", "là bản mới nhất")
	says(hash(99), http.StatusNotFound, "Không tìm thấy: hãy cẩn trọng")
	says("abc", http.StatusNotFound, "Đây không phải mã băm")
	if text := words(t, get(s, "/en/xac-thuc/"+hash(16)).Body, "main"); !strings.Contains(text, "This comes from the city") {
		t.Errorf("in English: %q", text)
	}
	for _, typed := range []string{strings.ToUpper(hash(16)), " https://loa.example/xac-thuc/" + hash(16), "Mã băm: " + hash(16)[:32] + " " + hash(16)[32:]} {
		answer := get(s, "/xac-thuc?ma="+url.QueryEscape(typed))
		if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/xac-thuc/"+hash(16) {
			t.Errorf("%q: %d to %q", typed, answer.Code, answer.Header().Get("Location"))
		}
	}
	if text := words(t, get(s, "/xac-thuc").Body, "main"); !strings.Contains(text, "Kiểm chứng một thông báo") {
		t.Errorf("the form says %q", text)
	}
	w.consume(corrected(e, 1, "tin", "<p>Khác.</p>"))
	says(hash(16), http.StatusOK, "Đã được đính chính: có bản mới hơn", "Nguyễn Văn Hùng")
	says(hash(17), http.StatusOK, "là bản mới nhất", "Trần Thị Minh Nguyệt")
	w.consume(withdrawn(e, "Sai"))
	says(hash(16), http.StatusOK, "Đúng là của thành phố Hiện nay: Đã bị thu hồi")
	says(hash(17), http.StatusOK, "Đã bị thu hồi", "Kế hoạch cải cách")
	amended := plan38()
	amended.Plan.Hash = hash(6)
	w.consume(amended)
	says(hash(5), http.StatusOK, "Đã được điều chỉnh")

	path := "/bao-cao/2022/H24.02/thang-3-nam-2022"
	eventually(t, func() bool { return get(s, path).Code == http.StatusOK })
	downloads := links(t, s, path, "main")
	want := "/tep/" + document.SHA256 + "/thang-3-nam-2022.pdf"
	if !slices.Contains(downloads, want) || get(s, want).Body.String() != "%PDF" {
		t.Errorf("downloads of the report: %q", downloads)
	}
}

// A preview is for whoever has its link: marked, kept nowhere, its files under the same link; ended, it says so.
func TestPreview(t *testing.T) {
	w := newWorld(t)
	store, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = store
	picture, err := store.Put(t.Context(), strings.NewReader("ảnh"), 100)
	if err != nil {
		t.Fatal(err)
	}
	w.previews.token = "to.ken-1"
	w.previews.shows = &contentv1.Preview{
		Content: &contentv1.Content{
			Id: "content_1", Title: "Chưa công bố", Agency: "H24.02", Language: "vi",
			Attachments:  []*contentv1.Attachment{{Sha256: picture.SHA256, Name: "anh.png", MediaType: "image/png", Size: picture.Size}},
			Translations: []*contentv1.Translation{{Language: "en", Title: "Not public", BodyHtml: "<p>Not yet.</p>"}},
		},
		BodyHtml: `<p>Nội dung <img src="/tep/` + picture.SHA256 + `/anh.png" alt="a"></p>`, ExpiresAt: timestamppb.New(march),
	}
	s := w.process()
	answer := get(s, "/xem-truoc/to.ken-1")
	h, body := answer.Header(), answer.Body.String()
	if answer.Code != http.StatusOK || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Robots-Tag") != "noindex" || h.Get("ETag") != "" {
		t.Errorf("%d %v", answer.Code, h)
	}
	if text := words(t, strings.NewReader(body), "main"); !strings.Contains(text, "BẢN XEM TRƯỚC") || !strings.Contains(text, "Chưa công bố") {
		t.Errorf("it says %q", text)
	}
	if strings.Contains(body, `rel="canonical"`) || !strings.Contains(body, `content="noindex"`) {
		t.Error("search engines are told of it")
	}
	image := "/xem-truoc/to.ken-1/tep/" + picture.SHA256 + "/anh.png"
	if !strings.Contains(body, `src="`+image+`"`) {
		t.Error("its picture is not under its link")
	}
	if a := get(s, image); a.Code != http.StatusOK || a.Body.String() != "ảnh" || a.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("its picture: %d %v", a.Code, a.Header())
	}
	if code := get(s, "/tep/"+picture.SHA256+"/anh.png").Code; code != http.StatusNotFound {
		t.Errorf("its picture for everybody: %d", code)
	}
	if text := words(t, get(s, "/en/xem-truoc/to.ken-1").Body, "main"); !strings.Contains(text, "PREVIEW") || !strings.Contains(text, "Not yet.") {
		t.Errorf("in English: %q", text)
	}
	for _, path := range []string{"/xem-truoc/khac", "/xem-truoc/khac/tep/" + picture.SHA256 + "/anh.png"} {
		if a := get(s, path); a.Code != http.StatusGone || a.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %d", path, a.Code)
		}
	}
	if code := get(s, "/xem-truoc/to.ken-1/tep/"+strings.Repeat("0", 64)+"/a.png").Code; code != http.StatusNotFound {
		t.Errorf("a file that it does not name: %d", code)
	}
	w.previews.mutex.Lock()
	w.previews.fails = errs.New(errorsv1.Reason_UNAVAILABLE)
	w.previews.mutex.Unlock()
	if a := get(s, "/xem-truoc/to.ken-1"); a.Code != http.StatusServiceUnavailable || a.Header().Get("Retry-After") == "" {
		t.Errorf("while content is away: %d", a.Code)
	}
	if robots := get(s, "/robots.txt").Body.String(); !strings.Contains(robots, "Disallow: /xem-truoc/") {
		t.Errorf("robots: %q", robots)
	}
}
