package input

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

func unprocessable(reason, vi, en string) refusal {
	return refusal{status: http.StatusUnprocessableEntity, reason: reason, vi: vi, en: en}
}

// planFiles: files of offices that hold no plan, and what an amendment has to be.
func planFiles(t *testing.T, s *stand) {
	word, err := os.ReadFile(filepath.Join(system.Root(t), "examples/plan-38/plan-table.docx"))
	if err != nil {
		t.Fatal(err)
	}
	const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	send := func(file string) probe.Call { return probe.Call{Path: "/v1/plans:import", Type: docx, Body: file} }
	s.refuseAll(t, []badRequest{
		{"half a Word file", send(string(word[:len(word)/2])), unprocessable("FILE_DAMAGED",
			"Không đọc được tệp Word (.docx): không phải tệp nén ZIP (no ZIP archive). Hãy mở tệp bằng Word, lưu lại và gửi lại.",
			"The Word file (.docx) cannot be read: không phải tệp nén ZIP (no ZIP archive). Open it in Word, save it again and send it again.")},
		{"a Word table by who may not draft", probe.Call{As: "vt.stttt", Path: "/v1/plans:import", Type: docx, Body: string(word)}, forbidden("FORBIDDEN",
			"Vai trò của bạn không được phép làm việc này.", "Your role does not allow this.")},
	})
	var begun struct {
		Amendments []struct{ ID string }
	}
	s.Post(t, "cv.stttt", "/v1/plans/"+s.plan+":amend", map[string]string{"reason": "Thử"}, &begun)
	amendment := begun.Amendments[len(begun.Amendments)-1].ID
	s.refuseAll(t, []badRequest{
		{"an amendment that changes nothing", probe.Call{Path: "/v1/plans/" + s.plan + ":submit", Body: `{"amendment":"` + amendment + `"}`}, unprocessable("PLAN_UNCHANGED",
			"Bản sửa đổi chưa thay đổi điều gì của kế hoạch.", "The amendment does not change anything of the plan yet.")},
		{"a second amendment", probe.Call{Path: "/v1/plans/" + s.plan + ":amend", Body: `{"reason":"Nữa"}`}, conflict("PLAN_AMENDMENT_OPEN",
			"Kế hoạch đang có bản sửa đổi "+amendment+" chưa ban hành. Hãy hoàn tất bản đó, hoặc bỏ nó bằng :discard.",
			"The plan has the amendment "+amendment+" that is not issued yet. Finish that one, or drop it by :discard.")},
	})
	s.Post(t, "cv.stttt", "/v1/plans/"+s.plan+":discard", map[string]string{"amendment": amendment}, nil)
}

// numbers of the office's own system, and those that were voided.
func numbers(t *testing.T, s *stand) {
	i, d := s.submitted(t, "Thông báo có số")
	s.approve(t, "tp.stttt", d, i.Hash)
	s.approve(t, "pgd.stttt", d, i.Hash)
	s.state(t, i.ID, "approved")
	other, d2 := s.submitted(t, "Thông báo thứ hai")
	s.approve(t, "tp.stttt", d2, other.Hash)
	s.approve(t, "pgd.stttt", d2, other.Hash)
	types := []map[string]string{{"documentType": "content", "abbreviation": "TB"}}
	s.Post(t, "vt.stttt", "/v1/registers", map[string]any{"issuer": "H24.02", "year": thisYear(), "managed": "elsewhere", "types": types}, nil)
	var ours struct{ ID string }
	s.Post(t, "vt.stttt", "/v1/registers", map[string]any{"issuer": "H24.02", "year": 2022, "first": 7, "types": types}, &ours)
	issue := func(dossier, body string) probe.Call {
		return probe.Call{As: "vt.stttt", Path: "/v1/dossiers/" + dossier + ":issue", Body: body}
	}
	s.refuseAll(t, []badRequest{
		{"no number where the office numbers", issue(d.ID, "{}"), unprocessable("REQUIRED", "Thiếu “number”.", "“number” is missing.")},
		{"a number with a letter", issue(d.ID, `{"number":"38a/TB-STTTT"}`), unprocessable("NUMBER_FORM",
			"“38a/TB-STTTT” không đúng thể thức số, ký hiệu của loại văn bản này; ví dụ: 38/TB-STTTT.",
			"“38a/TB-STTTT” is not a number and symbol of this type of document; for example: 38/TB-STTTT.")},
		{"a number of another agency", issue(d.ID, `{"number":"38/TB-SNV"}`), unprocessable("NUMBER_FORM",
			"“38/TB-SNV” không đúng thể thức số, ký hiệu của loại văn bản này; ví dụ: 38/TB-STTTT.",
			"“38/TB-SNV” is not a number and symbol of this type of document; for example: 38/TB-STTTT.")},
	})
	s.Post(t, "vt.stttt", "/v1/dossiers/"+d.ID+":issue", map[string]string{"number": "38/TB-STTTT"}, nil)
	s.refuseAll(t, []badRequest{
		{"a number that is taken", issue(d2.ID, `{"number":"38/TB-STTTT"}`), conflict("NUMBER_TAKEN", "Số 38 đã có trong sổ.", "The number 38 is already in the register.")},
		{"a number where Loa numbers", issue(d2.ID, `{"date":"2022-03-10","number":"7/TB-STTTT"}`), unprocessable("NUMBER_ALLOCATED",
			"Sổ này do Loa cấp số; hãy bỏ trống “number”.", "Loa gives the numbers of this register; leave “number” empty.")},
	})
	s.Post(t, "vt.stttt", "/v1/dossiers/"+d2.ID+":issue", map[string]string{"date": "2022-03-10"}, nil)
	last, d3 := s.submitted(t, "Thông báo thứ ba")
	s.approve(t, "tp.stttt", d3, last.Hash)
	s.approve(t, "pgd.stttt", d3, last.Hash)
	void := probe.Call{As: "vt.stttt", Path: "/v1/registers/" + ours.ID + "/numbers/7:void", Body: "{}"}
	s.refuseAll(t, []badRequest{
		{"a day before the last number's", issue(d3.ID, `{"date":"2022-03-09"}`), conflict("NUMBER_DATE_EARLY",
			"Ngày 2022-03-09 trước ngày 2022-03-10 của số cấp gần nhất trong sổ; ngày không được lùi theo số. Hãy chọn từ ngày 2022-03-10.",
			"The date 2022-03-09 is before 2022-03-10, the date of the last number of this register; dates never decrease with the number. Choose 2022-03-10 or later.")},
		{"voided without a reason", void, invalid(required("reason"))},
	})
	void.Body = `{"reason":"Cấp nhầm."}`
	s.Post(t, "vt.stttt", void.Path, map[string]string{"reason": "Cấp nhầm"}, nil)
	s.refuseAll(t, []badRequest{{"voided twice", void, conflict("NUMBER_VOIDED", "Số 7 đã bị hủy trước đó.", "The number 7 was voided before.")}})
}

// urgent is what an emergency bypass and opinions refuse.
func urgent(t *testing.T, s *stand) {
	i, d := s.submitted(t, "Duyệt khẩn")
	at := func(as, verb, body string) probe.Call {
		return probe.Call{As: as, Path: "/v1/dossiers/" + d.ID + verb, Body: body}
	}
	s.refuseAll(t, []badRequest{
		{"a review of nothing", at("gd.stttt", ":review", `{"outcome":"upheld"}`), conflict("BYPASS_NONE",
			"Hồ sơ không có lần duyệt khẩn nào chờ hậu kiểm.", "No bypass of this dossier waits for a review.")},
		{"in the place of who has delegated nothing", at("cv2.stttt", ":approve", `{"hash":"`+i.Hash+`","onBehalfOf":"tp.stttt"}`), forbidden("DELEGATION_NONE",
			"Bạn không có ủy quyền của “tp.stttt” còn hiệu lực cho hồ sơ này ở cấp đang chờ.",
			"No delegation by “tp.stttt” lets you decide on this dossier at the level where it waits.")},
	})
	s.Post(t, "pgd.stttt", "/v1/dossiers/"+d.ID+":bypass", map[string]string{"hash": i.Hash, "reason": "Bão."}, nil)
	s.refuseAll(t, []badRequest{
		{"a review by who bypassed", at("pgd.stttt", ":review", `{"outcome":"upheld"}`), forbidden("REVIEW_SELF",
			"Hậu kiểm phải do người khác làm: không phải người đã duyệt khẩn, người ủy quyền hay người soạn.",
			"Somebody else has to review: neither who bypassed nor an author.")},
		{"an objection without a word", at("gd.stttt", ":review", `{"outcome":"objected"}`), unprocessable("REVIEW_COMMENT_REQUIRED",
			"Không đồng ý với lần duyệt khẩn cần ghi lý do.", "To object to a bypass, say why.")},
	})
	s.Post(t, "gd.stttt", "/v1/dossiers/"+d.ID+":review", map[string]string{"outcome": "upheld"}, nil)
}

// times are what an editor may not ask for, and faults that keep an item from being published.
func times(t *testing.T, s *stand) {
	i := s.approved(t, "Hẹn giờ và hết hạn")
	at := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	before := at.Add(-time.Hour)
	call := s.publish(t, i.ID, at)
	call.Body = encode(t, map[string]string{"publishAt": at.UTC().Format(time.RFC3339), "expiresAt": before.UTC().Format(time.RFC3339)})
	probe.Until(t, s.Probe, "cv.stttt", "/v1/contents/"+i.ID, func(item) bool { return s.Send(t, call).Status == http.StatusUnprocessableEntity })
	said := before.In(hanoi()).Format("15:04 02/01/2006")
	s.refused(t, call, unprocessable("EXPIRY_PAST", "Giờ thôi công khai "+said+" phải sau giờ đăng và sau lúc này. Hãy chọn giờ sau.",
		"The end of showing, "+said+", has to be after publishing and after now. Choose a later time."))
	made := s.Send(t, s.publish(t, i.ID, at))
	var publication struct{ ID, Etag string }
	decode(t, made.Body, &publication)
	s.state(t, i.ID, "scheduled")
	s.refuseAll(t, []badRequest{{
		"another time that is none",
		probe.Call{As: "bt.cong", Path: "/v1/publications/" + publication.ID + ":reschedule", Body: "{}", Header: map[string]string{"If-Match": publication.Etag}},
		unprocessable("NOTHING_TO_CHANGE", "Chưa nói cần đổi gì: hãy gửi publishAt, expiresAt hoặc neverExpires.", "Nothing to change was given: send publishAt, expiresAt or neverExpires."),
	}})
	made = s.Send(t, probe.Call{As: "bt.cong", Method: http.MethodPost, Path: "/v1/publications/" + publication.ID + ":cancel", Body: "{}"})
	if made.Status != http.StatusOK {
		t.Fatalf("%d %s", made.Status, made.Body)
	}
	faulty := s.draft(t, "Còn lỗi")
	s.edit(t, "cv.stttt", faulty.ID, map[string]any{"body": "#### Mục\n\nXem [tin](/tin/khong-co)."})
	s.Post(t, "cv.stttt", "/v1/contents/"+faulty.ID+":submit", map[string]any{}, &faulty)
	d := s.dossierOf(t, faulty)
	s.approve(t, "tp.stttt", d, faulty.Hash)
	s.approve(t, "pgd.stttt", d, faulty.Hash)
	s.state(t, faulty.ID, "approved")
	s.refused(t, s.publish(t, faulty.ID, time.Time{}), conflict("CONTENT_BLOCKED", "Mục tin còn 2 lỗi phải sửa trước khi đăng; xem danh sách lỗi của mục tin.",
		"The item has 2 faults to mend before it is published; see the item’s list of them."))
}

// outside is what counts twice, or is judged by who recorded it.
func outside(t *testing.T, s *stand) {
	results := "/v1/plans/" + s.plan + "/items/" + s.item + "/results"
	const link = "https://baohaiphong.vn/bai-bao-thu.html"
	day := time.Now().In(hanoi()).Format(time.DateOnly) + "T00:00:00+07:00"
	body := map[string]any{
		"quantity": 1, "unit": "tin, bài", "happenedAt": day, "evidence": []map[string]string{{"kind": "link", "title": "Bài báo", "link": link}}, "example": true,
	}
	var r struct{ ID string }
	s.Post(t, "cv.stttt", results, body, &r)
	s.refuseAll(t, []badRequest{
		{"the same article twice", probe.Call{As: "tp.stttt", Path: results, Body: encode(t, body)}, invalid(place{
			field: "evidence[0]", reason: "EVIDENCE_USED", vi: "Minh chứng “" + link + "” đã thuộc kết quả " + r.ID + " của mục này. Hãy sửa kết quả đó, hoặc dùng minh chứng khác.",
			en: "The evidence “" + link + "” belongs to the result " + r.ID + " of this item. Edit that one, or use other evidence.",
		})},
		{"confirmed by who recorded it", probe.Call{Path: "/v1/results/" + r.ID + ":confirm", Body: "{}"}, forbidden("RESULT_OWN",
			"Bạn đã ghi hoặc sửa kết quả này nên không được xác nhận hay nêu nghi vấn; hãy để người khác của cơ quan chủ trì kế hoạch làm.",
			"You recorded or edited this result, so you may neither confirm nor question it; somebody else of the agency that leads the plan has to.")},
		{"questioned without a reason", probe.Call{As: "tp.stttt", Path: "/v1/results/" + r.ID + ":question", Body: "{}"}, invalid(required("reason"))},
		{
			"a file of results of which a count is none and the origin is missing",
			probe.Call{
				As: "luu.tru", Path: "/v1/plans/" + s.plan + "/results:import", Type: "text/csv",
				Body: "item,agency,quantity,unit,happened_at,place,channel,evidence_title,evidence_link,note\n" + s.item + ",H24.02,hai," + `"tin, bài"` + "," + day[:10] + ",,,,,\n",
			},
			invalid(
				place{"csv", 2, "quantity", "BAD_COUNT", "“hai” không phải số nguyên dương viết liền (ví dụ 1200).", "“hai” is no whole number written without separators (such as 1200)."},
				place{"csv", 2, "evidence_link", "ORIGIN_REQUIRED", "Cần evidence_link, hoặc note nói hồ sơ gốc lưu ở đâu.", "Give evidence_link, or a note that says where the record is kept."},
			),
		},
	})
	s.Post(t, "tp.stttt", "/v1/results/"+r.ID+":confirm", map[string]string{}, nil)
	s.refuseAll(t, []badRequest{{
		"confirmed twice",
		probe.Call{As: "tp.stttt", Path: "/v1/results/" + r.ID + ":confirm", Body: "{}"},
		conflict("RESULT_STATE", "Kết quả đang ở trạng thái “confirmed”; việc này chỉ làm được khi: recorded, questioned.",
			"The result is “confirmed”; this is possible only when: recorded, questioned."),
	}})
}
