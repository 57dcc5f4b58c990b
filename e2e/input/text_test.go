package input

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/e2e/probe"
)

func active(row int, what string) place {
	return place{
		"body", row, "", "ACTIVE_CONTENT",
		"Nội dung có mã chạy hoặc HTML không được phép (" + what + ") ở dòng " + itoa(row) + ". Hãy bỏ đi.",
		"The text holds script or HTML that is not allowed (" + what + ") in line " + itoa(row) + ". Remove it.",
	}
}

// texts hold nothing that runs in a reader's browser, whichever way they come in.
func texts(t *testing.T, s *stand) {
	made := s.draft(t, "Không có mã chạy")
	for _, c := range []struct {
		name, body string
		places     []place
	}{
		{"script", "Dòng một.\n\n<script>alert(1)</script>\n", []place{active(3, "<script>")}},
		{"inline HTML", "Dòng một\ncó <img src=x onerror=alert(1)> trong dòng hai.", []place{active(2, "<img src=x onerror=alert(1)>")}},
		{"javascript link", "Dòng một.\n\nDòng ba có [liên kết](javascript:alert(1)).", []place{active(3, "javascript:")}},
		{"hidden javascript link", "[x](java&#115;cript&colon;alert(1))", []place{active(1, "javascript:")}},
		{"data image", "![x](data:text/html;base64,PHNjcmlwdD4=)", []place{active(1, "data:")}},
		{"two places", "<iframe src=\"x\"></iframe>\n\nGiữa.\n\n<vbscript:x>", []place{active(1, `<iframe src="x">`), active(5, "vbscript:")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := s.text("Có mã chạy")
			text["body"] = c.body
			s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, text)}, invalid(c.places...))
			s.refused(t, probe.Call{
				As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + made.ID, Body: encode(t, map[string]string{"body": c.body}),
				Header: map[string]string{"If-Match": made.Etag},
			}, invalid(c.places...))
		})
	}
	t.Run("words the plan does not have", func(t *testing.T) {
		text := s.text("Ngoài kế hoạch")
		text["theme"], text["audiences"], text["channels"] = "chu-la", []string{"nguoi-dan", "ai-do"}, []string{"zalo"}
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, text)}, invalid(
			place{field: "theme", reason: "UNKNOWN_THEME", vi: "Kế hoạch không có chủ đề “chu-la”.", en: "The plan has no theme “chu-la”."},
			place{field: "audiences[1]", reason: "UNKNOWN_AUDIENCE", vi: "Kế hoạch không có đối tượng “ai-do”.", en: "The plan has no audience “ai-do”."},
			place{field: "channels[0]", reason: "UNKNOWN_CHANNEL", vi: "Kế hoạch không có kênh “zalo”.", en: "The plan has no channel “zalo”."},
		))
	})
	t.Run("an item that no plan has", func(t *testing.T) {
		text := s.text("Không có mục")
		text["planItem"] = "item_00000000000000000000000000"
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, text)}, invalid(place{
			field: "planItem", reason: "UNKNOWN_PLAN_ITEM", vi: "Không có mục kế hoạch “item_00000000000000000000000000”.",
			en: "There is no plan item “item_00000000000000000000000000”.",
		}))
	})
}

// unicodeForms are one text: what comes decomposed is kept composed, and is no change of it.
func unicodeForms(t *testing.T, s *stand) {
	const composed = "Ủy ban nhân dân quận Hồng Bàng: hòa giải ở cơ sở"
	decomposed := norm.NFD.String(composed)
	if decomposed == composed || norm.NFC.String(composed) != composed {
		t.Fatal("the test's own text is not what it says")
	}
	one := s.draft(t, composed)
	two := s.draft(t, decomposed)
	var kept item
	s.Get(t, "cv.stttt", "/v1/contents/"+two.ID, &kept)
	if two.Title != composed || kept.Title != composed {
		t.Errorf("a decomposed title is answered as %+q and kept as %+q", two.Title, kept.Title)
	}
	if one.Hash != two.Hash || one.Hash == "" {
		t.Errorf("the hashes are %s and %s", one.Hash, two.Hash)
	}
	t.Run("an edit that only decomposes changes nothing", func(t *testing.T) {
		written := s.Written(t)
		answer := s.Send(t, probe.Call{
			As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + one.ID, Body: encode(t, map[string]string{"title": decomposed}),
			Header: map[string]string{"If-Match": one.Etag},
		})
		var after item
		decode(t, answer.Body, &after)
		if answer.Status != http.StatusOK || after.Etag != one.Etag || after.Hash != one.Hash || after.Revision != one.Revision {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
		if now := s.Written(t); now["content"] != written["content"] {
			t.Errorf("it wrote %d events", now["content"]-written["content"])
		}
	})
	t.Run("a decomposed file is the file that is in", func(t *testing.T) {
		var agency struct{ Name string }
		s.Get(t, "quan.tri", "/v1/agencies/H24.31", &agency)
		file := norm.NFD.String(agencyColumns + "\nH24.31,district,UBND," + agency.Name + ",H24,,,\n")
		written := s.Written(t)
		answer := s.Send(t, probe.Call{As: "quan.tri", Method: http.MethodPost, Path: "/v1/agencies:import", Type: "text/csv", Body: file})
		var imported struct{ Rows, Changed int }
		decode(t, answer.Body, &imported)
		if answer.Status != http.StatusOK || imported.Rows != 1 || imported.Changed != 0 || s.Written(t)["planning"] != written["planning"] {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
		again := s.Send(t, probe.Call{As: "luu.tru", Method: http.MethodPost, Path: "/v1/plans:import", Type: "application/yaml", Body: norm.NFD.String(planFile())})
		var plan struct{ ID string }
		decode(t, again.Body, &plan)
		if again.Status != http.StatusOK || plan.ID != s.future || s.Written(t)["planning"] != written["planning"] {
			t.Errorf("%d %s", again.Status, again.Body)
		}
	})
}

func marked(field, mark string) place {
	return place{
		field: field, reason: "SECRECY_MARK",
		vi: "Văn bản mang dấu độ mật “" + mark + "”. Tài liệu mật không được đưa vào hệ thống này.",
		en: "The text carries the secrecy mark “" + mark + "”. Classified documents must not enter this system.",
	}
}

// secrecy: a text with a mark does not come in, wherever it stands and however it is written.
func secrecy(t *testing.T, s *stand) {
	made, waiting := s.submitted(t, "Không mật")
	attachment := func(part, value string) map[string]any {
		a := map[string]any{"title": "Tài liệu kèm"}
		a[part] = value
		return map[string]any{"attachment": a}
	}
	for _, c := range []struct {
		name   string
		fields map[string]any
		places []place
	}{
		{"mật in the title", map[string]any{"title": "MẬT"}, []place{marked("title", "mật")}},
		{"tối mật in the title", map[string]any{"title": "Độ mật: Tối mật"}, []place{marked("title", "tối mật")}},
		{"tuyệt mật in the summary", map[string]any{"summary": "TUYỆT MẬT"}, []place{marked("summary", "tuyệt mật")}},
		{"mật in the body", map[string]any{"body": "Dòng một.\n\nMẬT\n\nDòng ba."}, []place{marked("body", "mật")}},
		{"tối mật in the body, decomposed", map[string]any{"body": norm.NFD.String("Dòng một.\n\nTỐI MẬT\n")}, []place{marked("body", "tối mật")}},
		{"tuyệt mật in the body, emphasised", map[string]any{"body": "**TUYỆT MẬT**\n\nDòng."}, []place{marked("body", "tuyệt mật")}},
		{"mật hidden by a zero-width space", map[string]any{"body": "M\u200bẬT\n\nDòng."}, []place{marked("body", "mật")}},
		{"mật in the attachment's title", attachment("title", "mật"), []place{marked("attachment.title", "mật")}},
		{"tối mật in the attachment's abstract", attachment("abstract", "Tối mật"), []place{marked("attachment.abstract", "tối mật")}},
		{"tuyệt mật in the attachment's form", attachment("form", "Tuyệt mật"), []place{marked("attachment.form", "tuyệt mật")}},
		{"everywhere", map[string]any{"title": "MẬT", "summary": "TỐI MẬT", "body": "TUYỆT MẬT"}, []place{
			marked("title", "mật"), marked("summary", "tối mật"), marked("body", "tuyệt mật"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := s.text("Bình thường")
			maps.Copy(text, c.fields)
			s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents", Body: encode(t, text)}, invalid(c.places...))
			s.refused(t, probe.Call{
				As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + made.ID, Body: encode(t, c.fields), Header: map[string]string{"If-Match": made.Etag},
			}, invalid(c.places...))
		})
	}
	t.Run("in the comment of a return", func(t *testing.T) {
		s.refused(t, probe.Call{
			As: "tp.stttt", Method: http.MethodPost, Path: "/v1/dossiers/" + waiting.ID + ":return",
			Body: encode(t, map[string]any{"hash": made.Hash, "comment": "TUYỆT MẬT"}),
		}, invalid(marked("comment", "tuyệt mật")))
	})
	t.Run("words that are no mark", func(t *testing.T) {
		text := s.text("Bảo mật thông tin và mật khẩu của dịch vụ công")
		text["body"] = "Mật khẩu được giữ bí mật. Mật ong, mật độ dân số."
		var made item
		s.Post(t, "cv.stttt", "/v1/contents", text, &made)
	})
}

// routes are checked as a whole.
func routes(t *testing.T, s *stand) {
	var route struct{ Etag string }
	s.Get(t, "quan.tri", "/v1/routes/content", &route)
	put := func(documentType, body string) probe.Call {
		return probe.Call{
			As: "quan.tri", Method: http.MethodPut, Path: "/v1/routes/" + url.PathEscape(documentType), Body: body, Header: map[string]string{"If-Match": route.Etag},
		}
	}
	s.refused(t, put("content", `{"levels":[{"name":"","roles":["giám đốc"],"scope":"H24.99"}]}`), invalid(
		place{field: "levels[0].name", reason: "REQUIRED", vi: "Thiếu “levels[0].name”.", en: "“levels[0].name” is missing."},
		badFormat("levels[0].roles", "giám đốc", "leader, deputy, head, deputy_head, head_of_office, officer, clerk, portal_editor, records_importer, auditor, administrator"),
		place{field: "levels[0].scope", reason: "UNKNOWN_AGENCY", vi: "Không có cơ quan nào mang mã “H24.99”.", en: "No agency has the code “H24.99”."},
	))
	s.refused(t, put("content", `{"levels":[]}`), invalid(place{field: "levels", reason: "REQUIRED", vi: "Thiếu “levels”.", en: "“levels” is missing."}))
	good := put("content", `{"levels":[{"name":"Cấp","roles":["head"],"scope":"unit"}]}`)
	good.Header = map[string]string{"If-Match": `"99"`}
	s.refused(t, good, refusal{
		status: http.StatusPreconditionFailed, reason: "ETAG_STALE",
		vi: "Mục này đã được người khác sửa sau bản bạn đang xem. Hãy tải bản mới rồi sửa lại.",
		en: "This was edited after the version you see. Load the new version and edit again.",
	})
}
