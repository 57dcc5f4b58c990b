package journey

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/loa-vn/loa/e2e/system"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// fileLimit is the most bytes of a file, as docs/content.md says.
const fileLimit = 50 << 20

// officeFile is an office file with the parts that are given.
func (j *Journey) officeFile(parts ...string) string {
	j.t.Helper()
	return string(j.zipped(append([]string{
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Kế hoạch</w:t></w:r></w:p></w:body></w:document>`,
	}, parts...)...))
}

// uploads: a file is what its bytes say, keeps of its name what is safe, is refused where it runs or is too large, and is served to be
// saved.
func (j *Journey) uploads() {
	t := j.t
	c := j.Draft("Bài có nhiều tệp", "uploads")
	path := "/v1/contents/" + c.GetId()
	upload := func(name, file, key string) system.Request {
		contentType, body := Form(name, file)
		return system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + "/attachments", ContentType: contentType, Body: body, Key: "journey/uploads/" + key}
	}
	for key, refused := range map[string]struct {
		name, file, reason string
		status             int
	}{
		"macro":    {"a.docx", j.officeFile("word/vbaProject.bin", "x"), "FILE_ACTIVE", http.StatusUnprocessableEntity},
		"svg":      {"a.png", `<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`, "FILE_ACTIVE", http.StatusUnprocessableEntity},
		"shell":    {"a.txt", "#!/bin/sh\nrm -rf /\n", "FILE_ACTIVE", http.StatusUnprocessableEntity},
		"secret":   {"a.docx", j.officeFile("word/header1.xml", `<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:hdr>`), "SECRECY_MARK", http.StatusUnprocessableEntity},
		"old":      {"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 512), "FILE_TYPE", http.StatusUnsupportedMediaType},
		"disguise": {"hoá-đơn.pdf.exe", "%PDF-1.7\n", "FILE_DISGUISED", http.StatusUnprocessableEntity},
		"no name":  {"../", "%PDF-1.7\n", "FILE_NAME", http.StatusUnprocessableEntity},
	} {
		j.Client.Refused(upload(refused.name, refused.file, key), refused.status, refused.reason)
	}
	for key, named := range map[string]struct{ sent, kept string }{
		"path":      {`..\..\etc/passwd/ke-hoach.pdf`, "ke-hoach.pdf"},
		"direction": {"bao-cao\u202efdp.pdf", "bao-caofdp.pdf"},
		"device":    {"con.pdf", "tep-con.pdf"},
		"plain":     {"ke\u0302\u0301 hoa\u0323ch", "kế hoạch.pdf"},
	} {
		after := &contentv1.Content{}
		j.Client.Must(upload(named.sent, "%PDF-1.7\n"+key, "name/"+key), after)
		kept := after.GetAttachments()[len(after.GetAttachments())-1].GetName()
		check(t, "name of what was called "+named.sent, kept, named.kept)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), fileLimit/16+1)
	copy(large, "%PDF-1.7\n")
	contentType, form := Form("lon.pdf", string(large))
	j.Client.Refused(system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + "/attachments", ContentType: contentType, Body: form, Key: "journey/uploads/large"},
		http.StatusRequestEntityTooLarge, "TOO_LARGE")
	contentType, form = Form("vua-du.pdf", string(large[:fileLimit]))
	full := &contentv1.Content{}
	j.Client.Must(system.Request{As: "cv.stttt", Method: http.MethodPost, Path: path + "/attachments", ContentType: contentType, Body: form, Key: "journey/uploads/full"}, full)
	check(t, "bytes of the file that is as large as may be", full.GetAttachments()[4].GetSize(), fileLimit)

	// What was taken out of the item again is served to nobody.
	gone, stays := full.GetAttachments()[4], full.GetAttachments()[0]
	after := &contentv1.Content{}
	remove := system.Request{As: "cv.stttt", Method: http.MethodDelete, Path: path + "/attachments/" + gone.GetSha256(), Key: "journey/uploads/remove"}
	j.Client.Refused(remove, http.StatusPreconditionRequired, "ETAG_REQUIRED")
	remove.IfMatch = full.GetEtag()
	j.Client.Must(remove, after)
	served := "/tep/" + stays.GetSha256() + "/" + stays.GetName()
	check(t, "status of a file before the item is public", j.System.Page(t, served).Status, http.StatusNotFound)
	j.Submit(c.GetId(), "uploads/submit")
	j.approve("tp.stttt", c.GetId(), "uploads/approve")
	j.Client.Patiently(Publish(c.GetId(), time.Time{}, "uploads/publish"), &distributionv1.Publication{})
	j.published(c.GetId())
	file := j.System.UntilPage(t, served, func(system.Page) bool { return true })
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox",
	} {
		holds(t, name+" of the file", file.Header.Get(name), want)
	}
	check(t, "status of a file that the item has no more", j.System.Page(t, "/tep/"+gone.GetSha256()+"/"+gone.GetName()).Status, http.StatusNotFound)
}

// toldToBrowsers: pages keep out what does not belong to them, are sent once, compressed where that is understood, and tell programs what
// they are.
func (j *Journey) toldToBrowsers() {
	t := j.t
	path := j.Publications[j.Now.GetId()].GetPath()
	for _, place := range []string{"/", path, "/en" + path, "/tim-kiem?q=thu+tuc", "/xac-thuc/" + j.Now.GetHash(), j.March.GetPath()} {
		page := j.System.Page(t, place)
		check(t, "status of "+place, page.Status, http.StatusOK)
		policy := page.Header.Get("Content-Security-Policy")
		holds(t, "the policy of "+place, policy, "default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || page.Header.Get("Set-Cookie") != "" || page.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Fatalf("%s comes with %v", place, page.Header)
		}
		for _, n := range append(system.All(page.Root, "script"), system.All(page.Root, "iframe")...) {
			if kind := system.Attribute(n, "type"); kind != "application/ld+json" && system.Attribute(n, "src") == "" {
				t.Fatalf("%s holds something that runs: %v", place, n.Attr)
			}
		}
	}
	get := func(header http.Header) (status int, answered http.Header) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, j.System.Portal+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := (&http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableCompression: true}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, response.Header
	}
	_, compressed := get(http.Header{"Accept-Encoding": {"gzip"}})
	check(t, "encoding of the page", compressed.Get("Content-Encoding"), "gzip")
	again, _ := get(http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {compressed.Get("ETag")}})
	check(t, "status of a page that has not changed", again, http.StatusNotModified)

	page := j.System.Page(t, path)
	told := map[string]string{}
	for _, meta := range system.All(page.Root, "meta") {
		told[system.Attribute(meta, "property")] = system.Attribute(meta, "content")
	}
	check(t, "the page's title for other sites", told["og:title"], j.Now.GetTitle())
	check(t, "the page's address for other sites", told["og:url"], j.System.Portal+path)
	var data struct {
		Type string `json:"@type"`
	}
	for _, script := range system.All(page.Root, "script") {
		if system.Attribute(script, "type") == "application/ld+json" && script.FirstChild != nil {
			if err := json.Unmarshal([]byte(script.FirstChild.Data), &data); err != nil {
				t.Fatal(err)
			}
		}
	}
	check(t, "what the page is by schema.org", data.Type, "NewsArticle")
}
