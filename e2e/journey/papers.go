package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Form is a multipart body with one file and fields as name, value pairs.
func Form(name, file string, fields ...string) (contentType string, body []byte) {
	var b strings.Builder
	for i := 0; i+1 < len(fields); i += 2 {
		b.WriteString("--loa\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n" + fields[i+1] + "\r\n")
	}
	b.WriteString("--loa\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" + file + "\r\n--loa--\r\n")
	return "multipart/form-data; boundary=loa", []byte(b.String())
}

// magic is how the bytes of each format begin.
func magic() map[string]string {
	return map[string]string{"pdf": "%PDF-1.7", "docx": "PK\x03\x04", "xlsx": "PK\x03\x04", "csv": "\ufeff"}
}

// papers: the report that has its number is stored in every format, comes back as it was stored, and the portal says of each, by its hash,
// that it is the city's.
func (j *Journey) papers() {
	t := j.t
	issued := &reportingv1.Report{}
	j.Client.Until("cv.snv", "/v1/reports/"+j.March.GetId(), issued, func() bool { return issued.GetState() == "issued" })
	if issued.GetNumber() != "15/BC-STTTT" || issued.GetDate() != "2022-03-15" || len(issued.GetDocuments()) != len(magic()) || issued.GetHash() != j.March.GetHash() {
		t.Fatalf("the report is issued as %v", issued)
	}
	for _, d := range issued.GetDocuments() {
		a := j.download("/v1/reports/"+issued.GetId()+"/document?format="+d.GetFormat(), d.GetFormat())
		sum := sha256.Sum256(a.Body)
		if hex.EncodeToString(sum[:]) != d.GetSha256() || int64(len(a.Body)) != d.GetSize() || a.Header.Get("Content-Type") != d.GetMediaType() {
			t.Fatalf("%s comes back as %d bytes of %s, and is to be %v", d.GetFormat(), len(a.Body), a.Header.Get("Content-Type"), d)
		}
		holds(t, "what the file is called", a.Header.Get("Content-Disposition"), "bao-cao-2022-m03-38-kh-ubnd."+d.GetFormat())
		j.genuine(d.GetSha256(), "Văn bản báo cáo ("+strings.ToUpper(d.GetFormat())+")", "15/BC-STTTT", issued.GetPath())
	}
	j.Client.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/reports/" + issued.GetId() + "/document?format=odt"}, http.StatusUnprocessableEntity, "INVALID")
	j.genuine(issued.GetHash(), "Số liệu của báo cáo kết quả", "15/BC-STTTT", issued.GetPath())
	now := j.Publications[j.Now.GetId()]
	j.genuine(now.GetHash(), "Tin, bài đăng trên cổng", "Đang đăng, là bản mới nhất", now.GetPath())

	j.reportOpinion()
	draft := j.download("/v1/reports/"+j.Ended.GetId()+"/document", "pdf")
	holds(t, "what a draft is called", draft.Header.Get("Content-Disposition"), "du-thao")
	unknown := j.System.Page(t, "/xac-thuc/"+strings.Repeat("0", 64))
	check(t, "status of an unknown hash", unknown.Status, http.StatusNotFound)
	holds(t, "what is said of an unknown hash", system.Text(unknown.Root), "Không tìm thấy: hãy cẩn trọng")
	for _, format := range []string{"pdf", "docx", "xlsx"} {
		j.download("/v1/plans/"+j.Drafted.GetId()+"/document?format="+format, format)
	}
	j.genuine(j.Drafted.GetHash(), "Kế hoạch", "91/KH-UBND", "/ke-hoach/")
}

// download gets a document whose bytes begin as its format does.
func (j *Journey) download(path, format string) system.Answer {
	j.t.Helper()
	a := j.Client.Must(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: path}, nil)
	if !strings.HasPrefix(string(a.Body), magic()[format]) {
		j.t.Fatalf("%s begins with %q", path, a.Body[:min(8, len(a.Body))])
	}
	return a
}

// genuine waits until the portal says of a hash what it is of, and leads there.
func (j *Journey) genuine(hash string, says ...string) {
	j.t.Helper()
	page := j.System.UntilPage(j.t, "/xac-thuc/"+hash, func(system.Page) bool { return true })
	text := system.Text(system.First(page.Root, "main"))
	path := says[len(says)-1]
	holds(j.t, "what is said of "+hash, text, append(says[:len(says)-1:len(says)-1], "Đúng là của thành phố", hash)...)
	check(j.t, "the page leads to "+path, strings.Contains(string(page.Body), `href="`+path), true)
}

// reportOpinion: an agency that the plan does not name is asked for its opinion on a report, and then reads it.
func (j *Journey) reportOpinion() {
	t, id := j.t, j.Ended.GetId()
	r := &reportingv1.Report{}
	j.post("cv.stttt", "/v1/reports/"+id+":submit", struct{}{}, "opinion/submit", r)
	d := j.Dossier("tp.stttt", id)
	read := system.Request{As: "cv.hongbang", Method: http.MethodGet, Path: "/v1/reports/" + id}
	j.Client.Refused(read, http.StatusNotFound, "NOT_FOUND")
	j.post("cv.stttt", "/v1/dossiers/"+d.GetId()+":consult", &approvalsv1.ConsultRequest{
		Question: "Số liệu của quận đã đúng chưa?", Targets: []*approvalsv1.ConsultTarget{{Agency: "H24.31"}},
	}, "opinion/consult", &approvalsv1.Dossier{})
	j.Client.Until("cv.hongbang", read.Path, r, func() bool { return r.GetState() == "in_approval" })
	check(t, "what the asked read", r.GetHash(), d.GetHash())
	read.Path += "/evidence"
	j.Client.Must(read, nil)
	submit := system.Request{As: "cv.hongbang", Method: http.MethodPost, Path: "/v1/reports/" + id + ":submit", Body: struct{}{}, Key: "journey/opinion/stranger"}
	j.Client.Refused(submit, http.StatusForbidden, "FORBIDDEN")
}
