package input

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/probe"
)

func itoa(n int) string { return strconv.Itoa(n) }

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

func encode(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// unreadable is 400 UNREADABLE.
func unreadable(what string, places ...place) refusal {
	return refusal{
		status: http.StatusBadRequest, reason: "UNREADABLE", places: places,
		vi: "Không đọc được yêu cầu: " + what + ".", en: "The request cannot be read: " + what + ".",
	}
}

func unknownField(name string) refusal {
	return refusal{
		status: http.StatusBadRequest, reason: "UNKNOWN_FIELD",
		vi: "Trường “" + name + "” không có trong yêu cầu này. Hãy bỏ nó đi hoặc sửa tên.",
		en: "The field “" + name + "” does not exist in this request. Remove it or correct its name.",
	}
}

func badFormat(field, value, expected string) place {
	return place{
		field: field, reason: "BAD_FORMAT", vi: "“" + value + "” không đúng dạng của “" + field + "”: " + expected + ".",
		en: "“" + value + "” is not a valid “" + field + "”: " + expected + ".",
	}
}

func notFound(what string) refusal {
	return refusal{status: http.StatusNotFound, reason: "NOT_FOUND", vi: "Không tìm thấy " + what + ".", en: what + " was not found."}
}

func unsupported(sent, expected string) refusal {
	return refusal{
		status: http.StatusUnsupportedMediaType, reason: "UNSUPPORTED_MEDIA_TYPE",
		vi: "Kiểu nội dung “" + sent + "” không dùng được ở đây; hãy gửi " + expected + ".",
		en: "The content type “" + sent + "” is not accepted here; send " + expected + ".",
	}
}

func jsonBodies(t *testing.T, s *stand) {
	big := strings.Repeat("a", 1<<20)
	tooLarge := refusal{
		status: http.StatusRequestEntityTooLarge, reason: "TOO_LARGE",
		vi: "Nội dung gửi lên vượt giới hạn 1 MiB.", en: "The body is over the limit of 1 MiB.",
	}
	for _, c := range []struct {
		name string
		call probe.Call
		want refusal
	}{
		{"unknown field", probe.Call{Body: `{"planItem":"` + s.item + `","titel":"Tiêu đề"}`}, unknownField("titel")},
		{"unknown field inside", probe.Call{Body: `{"planItem":"` + s.item + `","attachment":{"title":"a","link":"b"}}`}, unknownField("attachment.link")},
		{"malformed", probe.Call{Body: "{\n  \"title\": \"Tiêu đề\",\n}"}, unreadable("JSON 3:1")},
		{"cut short", probe.Call{Body: `{"title":"Tiêu`}, unreadable("JSON 1:10")},
		{"more than one value", probe.Call{Body: `{"title":"a"}{"title":"b"}`}, unreadable("JSON 1:15")},
		{"a field twice", probe.Call{Body: `{"title":"a","title":"b"}`}, unreadable("JSON 1:21")},
		{"wrong type", probe.Call{Body: `{"title":5}`}, unreadable("title", badFormat("title", "5", "string"))},
		{"wrong type inside", probe.Call{Body: `{"audiences":["nguoi-dan",true]}`}, unreadable("audiences[1]", badFormat("audiences[1]", "true", "string"))},
		{"not UTF-8", probe.Call{Body: "{\"title\":\"Ti\xeau\"}"}, unreadable("UTF-8")},
		{"wrong content type", probe.Call{Type: "text/plain", Body: `{"title":"a"}`}, unsupported("text/plain", "application/json")},
		{"another encoding", probe.Call{Type: "application/json; charset=windows-1258", Body: `{"title":"a"}`}, unsupported("application/json; charset=windows-1258", "application/json")},
		{"body over 1 MiB", probe.Call{Body: `{"planItem":"` + s.item + `","title":"a","body":"` + big + `"}`}, tooLarge},
		{"CSV sent as JSON", probe.Call{As: "quan.tri", Path: "/v1/agencies:import", Body: `{"csv":""}`}, unsupported("application/json", "text/csv")},
		{"CSV over 1 MiB", probe.Call{As: "quan.tri", Path: "/v1/agencies:import", Type: "text/csv", Body: agencyColumns + "\n" + goodAgency + "\n" + big}, tooLarge},
		{"unknown parameter", probe.Call{Method: http.MethodGet, Path: "/v1/contents?pagesize=5"}, unknownField("pagesize")},
		{
			"parameter of another type",
			probe.Call{Method: http.MethodGet, Path: "/v1/contents?pageSize=nhiều"},
			unreadable("pageSize", badFormat("pageSize", "nhiều", "integer")),
		},
		{"no such path", probe.Call{Method: http.MethodGet, Path: "/v1/khong-co"}, notFound("GET /v1/khong-co")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.call.As == "" {
				c.call.As = "cv.stttt"
			}
			if c.call.Method == "" {
				c.call.Method = http.MethodPost
			}
			if c.call.Path == "" {
				c.call.Path = "/v1/contents"
			}
			s.refused(t, c.call, c.want)
		})
	}
	t.Run("many missing at once", func(t *testing.T) {
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: `{"title":" ","attachment":{"date":"2022-02-30"}}`}, invalid(
			place{field: "title", reason: "REQUIRED", vi: "Thiếu “title”.", en: "“title” is missing."},
			place{field: "planItem", reason: "REQUIRED", vi: "Thiếu “planItem”.", en: "“planItem” is missing."},
			place{field: "attachment.title", reason: "REQUIRED", vi: "Thiếu “attachment.title”.", en: "“attachment.title” is missing."},
			place{field: "attachment.date", reason: "BAD_DATE", vi: "“2022-02-30” không phải ngày có thật; hãy viết YYYY-MM-DD.", en: "“2022-02-30” is not a real date; write YYYY-MM-DD."},
		))
	})
	t.Run("reasons are described", s.described)
}

// item is a content as the API gives it.
type item struct {
	ID, Title, Summary, Body, State, Hash, Etag, Dossier, ReturnComment string
	Revision                                                            int
	Authors                                                             []string
}

// text is what an officer would write.
func (s *stand) text(title string) map[string]any {
	return map[string]any{"planItem": s.item, "title": title, "summary": "Tóm tắt.", "body": "Nội dung.", "example": true}
}

func (s *stand) draft(t *testing.T, title string) item {
	t.Helper()
	var made item
	s.Post(t, "cv.stttt", "/v1/contents", s.text(title), &made)
	return made
}

// submitted is a new item that waits at its first level, with its dossier.
func (s *stand) submitted(t *testing.T, title string) (item, dossier) {
	t.Helper()
	made := s.draft(t, title)
	s.Post(t, "cv.stttt", "/v1/contents/"+made.ID+":submit", map[string]any{}, &made)
	return made, s.dossierOf(t, made)
}

type dossier struct {
	ID, State, Hash string
	CurrentLevel    int
	Decisions       []struct {
		Person, Outcome string
		Level           int
		Voided          bool
	}
}

// dossierOf waits for the dossier of an item's newest hash, which comes over the bus.
func (s *stand) dossierOf(t *testing.T, i item) dossier {
	t.Helper()
	type page struct{ Dossiers []dossier }
	found := probe.Until(t, s.Probe, "cv.stttt", "/v1/dossiers?document="+i.ID, func(p page) bool {
		return len(p.Dossiers) == 1 && p.Dossiers[0].Hash == i.Hash && p.Dossiers[0].State == "in_approval"
	})
	return found.Dossiers[0]
}

func (s *stand) state(t *testing.T, content, state string) item {
	t.Helper()
	return probe.Until(t, s.Probe, "cv.stttt", "/v1/contents/"+content, func(i item) bool { return i.State == state })
}

// manners are what every write has in common: keys, versions, who asks.
func manners(t *testing.T, s *stand) {
	create := func(title, key string) probe.Call {
		return probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, s.text(title)), Header: map[string]string{"Idempotency-Key": key}}
	}
	t.Run("nobody", func(t *testing.T) {
		call := create("Không được ghi", "không ai")
		call.As = ""
		s.refused(t, call, refusal{
			status: http.StatusUnauthorized, reason: "UNAUTHENTICATED",
			vi: "Chưa đăng nhập hoặc phiên đã hết hạn. Hãy đăng nhập lại.", en: "You are not signed in, or your session has ended. Sign in again.",
		})
	})
	t.Run("a role that may not", func(t *testing.T) {
		call := create("Không được ghi", "văn thư")
		call.As = "vt.stttt"
		s.refused(t, call, refusal{
			status: http.StatusForbidden, reason: "FORBIDDEN", vi: "Vai trò của bạn không được phép làm việc này.", en: "Your role does not allow this.",
		})
	})
	t.Run("Idempotency-Key", func(t *testing.T) {
		first := s.Send(t, create("Một lần", "khóa một"))
		if first.Status != http.StatusOK || first.Header.Get("Idempotency-Key") != "khóa một" {
			t.Fatalf("%d %v %s", first.Status, first.Header, first.Body)
		}
		written := s.Written(t)
		if again := s.Send(t, create("Một lần", "khóa một")); encode(t, again.JSON(t)) != encode(t, first.JSON(t)) || again.Header.Get("Loa-Position") == "" {
			t.Errorf("a repeat is answered with %s, the first was %s", again.Body, first.Body)
		}
		if now := s.Written(t); now["content"] != written["content"] {
			t.Errorf("a repeat wrote %d events", now["content"]-written["content"])
		}
		s.refused(t, create("Hai lần", "khóa một"), refusal{
			status: http.StatusUnprocessableEntity, reason: "IDEMPOTENCY_KEY_REUSED",
			vi: "Idempotency-Key này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới.", en: "This Idempotency-Key was used for another request. Use a new key.",
		})
		s.refused(t, create("Khóa dài", strings.Repeat("k", 129)), refusal{
			status: http.StatusBadRequest, reason: "IDEMPOTENCY_KEY_TOO_LONG",
			vi: "Idempotency-Key dài quá 128 byte.", en: "Idempotency-Key is longer than 128 bytes.",
		})
		// A refusal keeps no key: mended, the same key is good.
		s.refused(t, create("", "khóa hai"), invalid(place{field: "title", reason: "REQUIRED", vi: "Thiếu “title”.", en: "“title” is missing."}))
		if mended := s.Send(t, create("Đã sửa", "khóa hai")); mended.Status != http.StatusOK {
			t.Errorf("the mended request under the key of a refused one: %d %s", mended.Status, mended.Body)
		}
	})
	t.Run("If-Match", func(t *testing.T) {
		made := s.draft(t, "Sửa theo bản")
		edit := func(match string) probe.Call {
			c := probe.Call{As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + made.ID, Body: `{"title":"Sửa rồi"}`}
			if match != "" {
				c.Header = map[string]string{"If-Match": match}
			}
			return c
		}
		s.refused(t, edit(""), refusal{
			status: http.StatusPreconditionRequired, reason: "ETAG_REQUIRED",
			vi: "Sửa mục này cần tiêu đề If-Match mang ETag của bản bạn đang xem.", en: "Editing this needs the header If-Match with the ETag of the version you see.",
		})
		other := edit(made.Etag)
		other.As, other.Body = "cv2.stttt", `{"summary":"Người khác sửa trước."}`
		if a := s.Send(t, other); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		s.refused(t, edit(made.Etag), refusal{
			status: http.StatusPreconditionFailed, reason: "ETAG_STALE",
			vi: "Mục này đã được người khác sửa sau bản bạn đang xem. Hãy tải bản mới rồi sửa lại.",
			en: "This was edited after the version you see. Load the new version and edit again.",
		})
		var now item
		s.Get(t, "cv.stttt", "/v1/contents/"+made.ID, &now)
		if now.Title != made.Title || now.Summary != "Người khác sửa trước." {
			t.Errorf("after a stale edit: %+v", now)
		}
	})
	t.Run("Loa-At-Least", func(t *testing.T) {
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/contents", Header: map[string]string{"Loa-At-Least": "???"}}, unreadable("Loa-At-Least"))
	})
}

// drafts of another agency are nobody's to know.
func drafts(t *testing.T, s *stand) {
	made, waiting := s.submitted(t, "Của Sở Thông tin và Truyền thông")
	for _, person := range []string{"cv.snv", "tp.hongbang", "bt.cong"} {
		for _, c := range []struct {
			what string
			call probe.Call
		}{
			{made.ID, probe.Call{Method: http.MethodGet, Path: "/v1/contents/" + made.ID}},
			{made.ID, probe.Call{Method: http.MethodGet, Path: "/v1/contents/" + made.ID + "/revisions"}},
			{made.ID, probe.Call{Method: http.MethodPatch, Path: "/v1/contents/" + made.ID, Body: `{"title":"x"}`, Header: map[string]string{"If-Match": made.Etag}}},
			{made.ID, probe.Call{Method: http.MethodPost, Path: "/v1/contents/" + made.ID + ":submit", Body: "{}"}},
			{waiting.ID, probe.Call{Method: http.MethodGet, Path: "/v1/dossiers/" + waiting.ID}},
			{waiting.ID, probe.Call{Method: http.MethodPost, Path: "/v1/dossiers/" + waiting.ID + ":approve", Body: `{"hash":"` + made.Hash + `"}`}},
		} {
			c.call.As = person
			t.Run(person+" "+c.call.Method+" "+strings.ReplaceAll(c.call.Path, "/", " "), func(t *testing.T) { s.refused(t, c.call, notFound(c.what)) })
		}
		for _, list := range []string{"contents", "dossiers"} {
			answer := s.Send(t, probe.Call{As: person, Method: http.MethodGet, Path: "/v1/" + list + "?pageSize=200"})
			if answer.Status != http.StatusOK || strings.Contains(string(answer.Body), made.ID) {
				t.Errorf("%s of %s: %d %s", list, person, answer.Status, answer.Body)
			}
		}
	}
	// What exists and what does not are told apart by nobody who may not know.
	t.Run("an id that does not exist", func(t *testing.T) {
		id := "content_00000000000000000000000000"
		s.refused(t, probe.Call{As: "cv.snv", Method: http.MethodGet, Path: "/v1/contents/" + id}, notFound(id))
	})
}
