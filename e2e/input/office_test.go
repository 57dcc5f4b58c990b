package input

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
)

func required(field string) place {
	return place{field: field, reason: "REQUIRED", vi: "Thiếu “" + field + "”.", en: "“" + field + "” is missing."}
}

func unknownAgency(field, code string) place {
	return place{field: field, reason: "UNKNOWN_AGENCY", vi: "Không có cơ quan nào mang mã “" + code + "”.", en: "No agency has the code “" + code + "”."}
}

// badRequest is one request that is refused.
type badRequest struct {
	name string
	call probe.Call
	want refusal
}

func (s *stand) refuseAll(t *testing.T, all []badRequest) {
	t.Helper()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			if c.call.As == "" {
				c.call.As = "cv.stttt"
			}
			if c.call.Method == "" {
				c.call.Method = http.MethodPost
			}
			s.refused(t, c.call, c.want)
		})
	}
}

const form = "multipart/form-data; boundary=loa-boundary"

func upload(name, content string) string {
	return strings.Join([]string{
		"--loa-boundary", `Content-Disposition: form-data; name="file"; filename="` + name + `"`, "Content-Type: image/png", "", content, "--loa-boundary--", "",
	}, "\r\n")
}

// drafting: plans and what was done under them outside Loa.
func drafting(t *testing.T, s *stand) {
	results := "/v1/plans/" + s.plan + "/items/" + s.item + "/results"
	outOfRange := place{field: "quantity", reason: "OUT_OF_RANGE", vi: "“quantity” là 0, phải nằm trong khoảng 1–1000000000.", en: "“quantity” is 0; it has to be 1–1000000000."}
	digest := strings.Repeat("0", 64)
	s.refuseAll(t, []badRequest{
		{
			"a plan without a title, of nobody's",
			probe.Call{Path: "/v1/plans", Body: `{"issuer":"H24.99"}`},
			invalid(unknownAgency("issuer", "H24.99"), required("title")),
		},
		{
			"an issued plan",
			probe.Call{Method: http.MethodPatch, Path: "/v1/plans/" + s.plan, Body: `{"title":"Tên khác"}`, Header: map[string]string{"If-Match": `"0"`}},
			conflict("PLAN_ISSUED", "Kế hoạch 15/KH-UBND đã ban hành nên chỉ sửa được bằng một bản sửa đổi. Hãy gọi :amend, rồi sửa và trình bản đó (tham số amendment).",
				"Plan 15/KH-UBND is issued and changes only by an amendment. Call :amend, then edit and submit that (parameter amendment)."),
		},
		{"an amendment without a reason", probe.Call{Path: "/v1/plans/" + s.plan + ":amend", Body: "{}"}, invalid(required("reason"))},
		{"a result of nothing", probe.Call{Path: results, Body: "{}"}, invalid(outOfRange, required("unit"), required("happenedAt"), required("evidence"))},
		{
			"a result of what is to come, by a channel that the plan has not, with a file that nobody sent",
			probe.Call{Path: results, Body: `{"quantity":"1","unit":"bài","happenedAt":"2099-01-01T00:00:00Z","channel":"zalo","evidence":[{"kind":"file","sha256":"` + digest + `"}]}`},
			invalid(
				place{
					field: "evidence[0].sha256", reason: "EVIDENCE_NOT_STORED", vi: "Kho chưa có tệp " + digest + ". Hãy tải tệp lên trước rồi ghi kết quả.",
					en: "The file " + digest + " is not in the store. Upload it first, then record the result.",
				},
				place{
					field: "happenedAt", reason: "RESULT_IN_FUTURE", vi: "Thời điểm 2099-01-01T07:00:00+07:00 chưa tới; chỉ ghi được việc đã diễn ra.",
					en: "2099-01-01T07:00:00+07:00 has not come yet; only what has happened can be recorded.",
				},
				place{field: "channel", reason: "UNKNOWN_CHANNEL", vi: "Kế hoạch không có kênh “zalo”.", en: "The plan has no channel “zalo”."},
			),
		},
		{
			"a line of no figure",
			probe.Call{Method: http.MethodGet, Path: "/v1/plans/" + s.plan + "/progress/events?line=tong"},
			invalid(place{
				field: "line", reason: "UNKNOWN_LINE", vi: "“tong” không phải dòng số liệu; hãy viết như total, item:3, agency:H24.02, theme:…, audience:…, channel:….",
				en: "“tong” is no line of the figures; write total, item:3, agency:H24.02, theme:…, audience:…, channel:….",
			}),
		},
	})
}

// office: calendars, delegations, registers and what is done beside a dossier's levels.
func office(t *testing.T, s *stand) {
	made, waiting := s.submitted(t, "Chờ ý kiến")
	now := time.Now()
	past := now.Add(-time.Hour).UTC().Format(time.RFC3339)
	day := func(field, reason, vi, en string) place { return place{field: field, reason: reason, vi: vi, en: en} }
	s.refuseAll(t, []badRequest{
		{
			"days that are none",
			probe.Call{As: "quan.tri", Method: http.MethodPut, Path: "/v1/calendars/2027", Body: `{"holidays":[{"date":"2027-02-30"}],"workingDays":[{"date":"2026-01-03","name":"Làm bù","recalled":true},{"date":"2027-03-02","name":"Làm bù","recalled":true}]}`},
			invalid(
				day("holidays[0].date", "BAD_DATE", "“2027-02-30” không phải ngày có thật; hãy viết YYYY-MM-DD.", "“2027-02-30” is not a real date; write YYYY-MM-DD."),
				required("holidays[0].name"), required("holidays[0].source"),
				day("workingDays[0].date", "CALENDAR_YEAR", "Ngày 2026-01-03 không thuộc năm 2027.", "The day 2026-01-03 is not in 2027."),
				day("workingDays[1].date", "CALENDAR_DAY_KIND", "Ngày 2027-03-02 vừa là ngày nghỉ vừa là ngày làm việc, hoặc ngày làm bù không rơi vào cuối tuần.",
					"The day 2027-03-02 is both off and worked, or a day worked in exchange is no weekend."),
			),
		},
		{
			"a delegation to oneself that has ended",
			probe.Call{As: "gd.stttt", Path: "/v1/delegations", Body: `{"delegate":"gd.stttt","to":"` + past + `"}`},
			invalid(
				day("delegate", "DELEGATION_SELF", "Không ủy quyền cho chính mình được.", "Nobody delegates to themselves."),
				day("to", "DELEGATION_TIME", "Thời hạn ủy quyền phải có kết thúc sau bắt đầu và chưa qua.", "A delegation has to end after it begins, and in the future."),
			),
		},
		{
			"a register of no time and no type",
			probe.Call{As: "vt.stttt", Path: "/v1/registers", Body: `{"issuer":"H24.02","year":1899}`},
			invalid(badFormat("year", "1899", "2000–"+strconv.Itoa(now.Year()+1)), required("types")),
		},
		{
			"opinions of nobody",
			probe.Call{Path: "/v1/dossiers/" + waiting.ID + ":consult", Body: `{"targets":[{"agency":"H24.99"}]}`},
			invalid(required("question"), unknownAgency("targets[0].agency", "H24.99")),
		},
		{
			"a bypass without a reason",
			probe.Call{As: "pgd.stttt", Path: "/v1/dossiers/" + waiting.ID + ":bypass", Body: `{"hash":"` + made.Hash + `"}`},
			refusal{
				status: http.StatusUnprocessableEntity, reason: "BYPASS_REASON_REQUIRED", vi: "Duyệt khẩn cần ghi lý do vì sao không chờ được.",
				en: "A bypass needs the reason why it cannot wait.",
			},
		},
		{
			"a bypass by who may not",
			probe.Call{As: "tp.stttt", Path: "/v1/dossiers/" + waiting.ID + ":bypass", Body: `{"hash":"` + made.Hash + `","reason":"Gấp."}`},
			forbidden("BYPASS_POSITION", "Duyệt khẩn chỉ dành cho lãnh đạo của cơ quan có văn bản hoặc người duyệt cấp cuối (“Lãnh đạo cơ quan”).",
				"Only the leadership of the document's agency or who acts at the last level (“Lãnh đạo cơ quan”) may bypass."),
		},
		{
			"a number before the approval",
			probe.Call{As: "vt.stttt", Path: "/v1/dossiers/" + waiting.ID + ":issue", Body: "{}"},
			conflict("DOSSIER_STATE", "Hồ sơ đang ở trạng thái “in_approval”; việc này chỉ làm được khi: approved.", "The dossier is “in_approval”; this is possible only when: approved."),
		},
	})
}

// afterwards: what may be done about an item besides writing and publishing it.
func afterwards(t *testing.T, s *stand) {
	made := s.draft(t, "Đính chính quá sớm")
	var page struct{ Publications []struct{ ID string } }
	s.Get(t, "bt.cong", "/v1/publications?state=published&pageSize=1", &page)
	public := "/v1/publications/" + page.Publications[0].ID
	content := "/v1/contents/" + made.ID
	match := map[string]string{"If-Match": made.Etag}
	const allowed = "pdf, docx, xlsx, pptx, odt, ods, png, jpg, gif, webp, mp3, mp4, txt, csv"
	s.refuseAll(t, []badRequest{
		{
			"a correction of what was never public",
			probe.Call{Method: http.MethodPatch, Path: content, Body: `{"correction":{"kind":"content","reason":"Sai số liệu."}}`, Header: match},
			invalid(place{
				field: "correction", reason: "CORRECTION_EARLY", vi: "Mục tin chưa từng công khai nên không có gì để đính chính. Hãy bỏ phần “correction”.",
				en: "The item was never public, so there is nothing to correct. Leave out “correction”.",
			}),
		},
		{"a revision that is not there", probe.Call{Path: content + ":restore", Body: `{"revision":99}`, Header: match}, notFound(made.ID + "/revisions/99")},
		{ // what is wrong with the bytes is told before the name is known, which comes at the end of a form
			"an archive under a picture's name",
			probe.Call{Path: content + "/attachments", Type: form, Body: upload("anh.png", "PK\x03\x04\x14\x00\x00\x00\x00\x00")},
			refusal{
				status: http.StatusUnsupportedMediaType, reason: "FILE_TYPE", vi: "Tệp “file” không thuộc loại được nhận. Hãy gửi một trong các loại: " + allowed + ".",
				en: "The file “file” is not of a type that is accepted. Send one of: " + allowed + ".",
			},
		},
		{
			"a page that runs under a picture's name",
			probe.Call{Path: content + "/attachments", Type: form, Body: upload("anh.png", "<!doctype html><script>alert(1)</script>")},
			refusal{
				status: http.StatusUnprocessableEntity, reason: "FILE_ACTIVE",
				vi: "Tệp “file” chứa mã chạy được (HTML) nên không được nhận. Hãy lưu lại không có phần đó, hoặc gửi bản PDF.",
				en: "The file “file” holds something that runs (HTML) and is not accepted. Save it without that, or send a PDF.",
			},
		},
		{"a withdrawal without a reason", probe.Call{As: "bt.cong", Path: public + ":withdraw", Body: "{}"}, invalid(required("reason"))},
		{
			"a correction that nobody approved",
			probe.Call{As: "bt.cong", Path: public + ":correct", Body: "{}"},
			conflict("NOTHING_TO_CORRECT", "Chưa có bản đính chính nào của tin này được duyệt. Hãy sửa mục tin, ghi lý do đính chính và trình duyệt trước.",
				"No correction of this is approved. Edit the item, give the correction’s reason and have it approved first."),
		},
		{
			"another time for a version that is not named",
			probe.Call{As: "bt.cong", Path: public + ":reschedule", Body: `{"neverExpires":true}`},
			refusal{
				status: http.StatusPreconditionRequired, reason: "ETAG_REQUIRED", vi: "Sửa mục này cần tiêu đề If-Match mang ETag của bản bạn đang xem.",
				en: "Editing this needs the header If-Match with the ETag of the version you see.",
			},
		},
		{
			"history of nothing",
			probe.Call{As: "luu.tru", Path: "/v1/contents:importPublishedCsv", Type: "text/csv", Body: "plan_item,title,summary,body,published_at\n"},
			invalid(place{field: "csv", reason: "HISTORY_EMPTY", vi: "Tệp không có dòng nào sau dòng tiêu đề.", en: "The file has no line after its header."}),
		},
	})
}
