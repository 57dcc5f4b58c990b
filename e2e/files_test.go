package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// filesAndRevisions: a file goes up in pieces and comes back whole, is part of what is compared, restored and previewed, and what would
// keep the item from being published is named with its place.
func filesAndRevisions(t *testing.T, j *journey.Journey) {
	client := j.Client.On(t)
	c := j.On(t).Draft("Kế hoạch kèm tệp", "files")
	path := "/v1/contents/" + c.GetId()
	upload := func(name, file string, fields ...string) system.Request {
		r := system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + "/attachments", Key: "files/" + name}
		contentType, body := journey.Form(name, file, fields...)
		r.ContentType, r.Body = contentType, body
		return r
	}
	file := "%PDF-1.7\n" + strings.Repeat("Kế hoạch 38. ", 100_000)
	r := upload("kế hoạch.pdf", file, "title", "Kế hoạch 38/KH-UBND", "date", "2022-02-23")
	for range 2 { // the same request again is the same upload
		client.Must(r, c)
		if f := c.GetAttachments(); len(f) != 1 || f[0].GetSize() != int64(len(file)) || f[0].GetMediaType() != "application/pdf" || c.GetRevision() != 2 {
			t.Fatalf("attached: %v", c)
		}
	}
	for name, refused := range map[string]struct {
		file, reason string
		status       int
	}{
		"trang.html": {"<!DOCTYPE html><script>alert(1)</script>", "FILE_ACTIVE", 422}, "a.pdf": {"MZ\x90", "FILE_ACTIVE", 422}, "b.zip": {"PK\x05\x06", "FILE_TYPE", 415},
		"c.exe": {"%PDF-1.7", "FILE_DISGUISED", 422}, "d.txt": {"UBND\nTỐI MẬT\n", "SECRECY_MARK", 422}, "e.txt": {"", "FILE_EMPTY", 422},
	} {
		client.Refused(upload(name, refused.file), refused.status, refused.reason)
	}
	elsewhere := upload("x.pdf", file)
	elsewhere.As = "cv.snv"
	client.Refused(elsewhere, http.StatusNotFound, "NOT_FOUND")
	got := client.Do(system.Request{As: "tp.stttt", Method: http.MethodGet, Path: path + "/attachments/" + c.GetAttachments()[0].GetSha256()})
	if got.Status != http.StatusOK || string(got.Body) != file || got.Header.Get("Content-Type") != "application/pdf" ||
		!strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d, %d bytes, %v", got.Status, len(got.Body), got.Header)
	}

	client.Must(system.Request{
		As: "cv.stttt", Method: http.MethodPatch, Path: path, IfMatch: c.GetEtag(), Key: "files/body",
		Body: map[string]any{"bodyFormat": "html", "body": "<h2>Mục</h2><p class=x>Xem <a href='kế hoạch.pdf'>kế hoạch</a> và <a href='/tin/khong-co'>tin</a>.</p>", "translations": []any{
			map[string]any{"language": "en", "title": "A plan", "summary": "S", "body": "<p>B</p>"},
		}},
	}, c)
	if c.GetBody() != "<h2>Mục</h2><p>Xem <a href=\"k%E1%BA%BF%20ho%E1%BA%A1ch.pdf\">kế hoạch</a> và <a href=\"/tin/khong-co\">tin</a>.</p>" || len(c.GetTranslations()) != 1 {
		t.Errorf("the body is kept as %s", c.GetBody())
	}
	var checks contentv1.ListChecksResponse
	client.Must(system.Request{As: "tp.stttt", Method: http.MethodGet, Path: path + "/checks"}, &checks)
	if b := checks.GetBlockers(); len(b) != 1 || b[0].GetReason() != "LINK_BROKEN" || !strings.Contains(b[0].GetDetail(), "/tin/khong-co") {
		t.Errorf("found %v", &checks)
	}
	var difference contentv1.Comparison
	client.Must(system.Request{As: "tp.stttt", Method: http.MethodGet, Path: path + "/revisions:compare?from=1&to=2"}, &difference)
	if a := difference.GetAttachments(); len(a) != 1 || a[0].GetChange() != "inserted" || len(difference.GetTexts()) != 0 {
		t.Errorf("compared: %v", &difference)
	}
	var link contentv1.PreviewLink
	client.Must(system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + ":preview", Body: map[string]int{"expiresIn": 600}, Key: "files/preview"}, &link)
	if !strings.HasPrefix(link.GetPath(), "/xem-truoc/") || link.GetRevision() != 3 {
		t.Errorf("the link is %v", &link)
	}
	restore := system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + ":restore", Body: map[string]int{"revision": 1}, IfMatch: `"1"`, Key: "files/restore"}
	client.Refused(restore, http.StatusPreconditionFailed, "ETAG_STALE")
	restore.IfMatch, restore.Key = c.GetEtag(), "files/restore again"
	client.Must(restore, c)
	if len(c.GetAttachments()) != 0 || c.GetRevision() != 4 || c.GetBodyFormat() != "markdown" {
		t.Errorf("restored: %v", c)
	}
}

// historyOfMany: one file brings many in, or none, and each stands on the portal's side as its own publication.
func historyOfMany(t *testing.T, j *journey.Journey) {
	client := j.Client.On(t)
	item := j.Article.GetPlanItem()
	r := system.Request{As: "luu.tru", Method: http.MethodPost, Path: "/v1/contents:importPublishedCsv", ContentType: "text/csv", Key: "history/wrong"}
	head := "plan_item,title,summary,body,published_at,example\n"
	r.Body = head + item + ",Một,s,b,2022-06-15,true\n" + item + ",Hai,s,<b>x</b>,hôm qua,true\n"
	if p := client.Refused(r, http.StatusUnprocessableEntity, "INVALID"); len(p.Errors) != 3 || p.Errors[0].Row != 3 || p.Errors[0].Field != "csv" {
		t.Errorf("refused: %+v", p)
	}
	r.Key, r.Body = "history", head+item+",Lịch sử một,s,b,2022-06-15,true\n"+item+",Lịch sử hai,s,b,2022-06-16T09:00,true\n"
	officer := r
	officer.As = "cv.stttt"
	client.Refused(officer, http.StatusForbidden, "FORBIDDEN")
	dry := r
	dry.Path, dry.Key = r.Path+"?dryRun=true", r.Key+"/dry"
	var done contentv1.ImportPublishedCsvResponse
	client.Must(dry, &done)
	if len(done.GetRows()) != 2 || done.GetImport() != "" || done.GetRows()[0].GetTitle() != "Lịch sử một" {
		t.Fatalf("the dry run: %v", &done)
	}
	client.Must(r, &done)
	if len(done.GetRows()) != 2 {
		t.Fatalf("imported: %v", &done)
	}
	for _, row := range done.GetRows() {
		c := &contentv1.Content{}
		client.Must(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/contents/" + row.GetContent()}, c)
		if !c.GetImported() || c.GetState() != "published" || c.GetTitle() != row.GetTitle() {
			t.Errorf("line %d: %v", row.GetRow(), c)
		}
		p := &distributionv1.ListPublicationsResponse{}
		client.Until("cv.stttt", "/v1/publications?content="+row.GetContent(), p, func() bool {
			return len(p.GetPublications()) == 1 && p.GetPublications()[0].GetImported()
		})
		page := j.System.UntilPage(t, p.GetPublications()[0].GetPath(), func(system.Page) bool { return true })
		if text := system.Text(system.First(page.Root, "main")); !strings.Contains(text, row.GetPublishedAt().AsTime().In(vn.Location()).Format("02/01/2006")) || !strings.Contains(text, "như tư liệu") {
			t.Errorf("line %d stands on its page as %s", row.GetRow(), text)
		}
	}
}
