package input

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
)

const (
	agencyColumns = "code,kind,abbreviation,name,parent,valid_from,valid_to,successor"
	personColumns = "id,name,agency,unit,position,role,valid_from,valid_to"
	// goodAgency stands in every wrong file: it must not come in with the others left out.
	goodAgency = "H24.50,department,SNVTEST,Sở Thử nghiệm,H24,,,"
	goodPerson = "nguoi.moi,Người Mới,H24.02,Phòng thử,Chuyên viên,officer,2022-01-01,"
)

func csvFiles(t *testing.T, s *stand) {
	at := func(row int, column, reason, vi, en string) place { return place{"csv", row, column, reason, vi, en} }
	for _, c := range []struct {
		name, path, file string
		places           []place
	}{
		{"not UTF-8", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\nH24.51,department,SX,S\xf3 X\xe2y,H24,,,\n", []place{
			at(3, "", "BAD_ENCODING", "Tệp không phải UTF-8 hợp lệ (dòng 3). Hãy lưu lại tệp với bảng mã UTF-8.", "The file is not valid UTF-8 (line 3). Save it again as UTF-8."),
		}},
		{"unknown and missing column", "/v1/agencies:import", "code,kind,abbreviation,name,parent,valid_from,valid_to,kế nhiệm\n" + goodAgency + "\n", []place{
			at(1, "kế nhiệm", "UNKNOWN_COLUMN",
				"Cột “kế nhiệm” không có trong mẫu; các cột là: code, kind, abbreviation, name, parent, valid_from, valid_to, successor.",
				"The column “kế nhiệm” is not in the template; the columns are: code, kind, abbreviation, name, parent, valid_from, valid_to, successor."),
			at(1, "successor", "MISSING_COLUMN", "Thiếu cột “successor”.", "The column “successor” is missing."),
		}},
		{"duplicate code", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\n" + goodAgency + "\n", []place{
			at(3, "code", "DUPLICATE", "“H24.50” đã có ở dòng 2.", "“H24.50” already stands in line 2."),
		}},
		{"impossible date", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\nH24.51,department,SX,Sở X,H24,2022-02-30,,\n", []place{
			at(3, "valid_from", "BAD_DATE", "“2022-02-30” không phải ngày có thật; hãy viết YYYY-MM-DD.", "“2022-02-30” is not a real date; write YYYY-MM-DD."),
		}},
		{"unknown parent and successor", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\nH24.51,department,SX,Sở X,H24.98,,,H24.99\n", []place{
			at(3, "parent", "UNKNOWN_AGENCY", "Không có cơ quan nào mang mã “H24.98”.", "No agency has the code “H24.98”."),
			at(3, "successor", "UNKNOWN_AGENCY", "Không có cơ quan nào mang mã “H24.99”.", "No agency has the code “H24.99”."),
		}},
		{"many wrong places at once", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\n,bộ,SX,Sở X,H24,,,\nH24.52,department,,Sở Y,H24,,,\n", []place{
			at(3, "code", "REQUIRED", "Thiếu “code”.", "“code” is missing."),
			at(3, "kind", "BAD_FORMAT",
				"“bộ” không đúng dạng của “kind”: province, office, department, district, commune, ward, press, public_service.",
				"“bộ” is not a valid “kind”: province, office, department, district, commune, ward, press, public_service."),
			at(4, "abbreviation", "REQUIRED", "Thiếu “abbreviation”.", "“abbreviation” is missing."),
		}},
		{"a row that is too short", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\nH24.51,department\n", []place{
			at(3, "", "BAD_FORMAT", "“H24.51,department” không đúng dạng của “CSV”: "+agencyColumns+".", "“H24.51,department” is not a valid “CSV”: "+agencyColumns+"."),
		}},
		{"a quote that does not close", "/v1/agencies:import", agencyColumns + "\n" + goodAgency + "\n\"H24.51,department,SX,Sở X,H24,,,\n", []place{
			at(3, "", "BAD_FORMAT", "“\"” không đúng dạng của “CSV”: RFC 4180.", "“\"” is not a valid “CSV”: RFC 4180."),
		}},
		{"people: unknown agency, duplicate id, impossible date", "/v1/people:import", personColumns + "\n" + goodPerson + "\n" +
			"nguoi.moi,Người Khác,H24.02,Phòng thử,Chuyên viên,officer,2022-13-01,\n", []place{
			at(3, "valid_from", "BAD_DATE", "“2022-13-01” không phải ngày có thật; hãy viết YYYY-MM-DD.", "“2022-13-01” is not a real date; write YYYY-MM-DD."),
			at(3, "id", "DUPLICATE", "“nguoi.moi” đã có ở dòng 2.", "“nguoi.moi” already stands in line 2."),
		}},
		{"people: unknown agency", "/v1/people:import", personColumns + "\n" + goodPerson + "\nai.do,Ai Đó,H24.99,Phòng thử,Chuyên viên,officer,,\n", []place{
			at(3, "agency", "UNKNOWN_AGENCY", "Không có cơ quan nào mang mã “H24.99”.", "No agency has the code “H24.99”."),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := probe.Call{As: "quan.tri", Method: http.MethodPost, Path: c.path, Type: "text/csv", Body: c.file}
			s.refused(t, call, invalid(c.places...))
			call.Path += "?dryRun=true"
			s.refused(t, call, invalid(c.places...))
		})
	}
}

// thisYear is the year by the calendar of the plan's agency.
func thisYear() int { return time.Now().In(hanoi()).Year() }

func hanoi() *time.Location { return time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60) }

// planFile is a small plan of two years, the last of which is the next.
func planFile() string {
	year, next := strconv.Itoa(thisYear()), strconv.Itoa(thisYear()+1)
	return strings.NewReplacer("YEAR", year, "NEXT", next).Replace(`number: 77/KH-UBND
date: YEAR-01-01
issuer: H24
title: Kế hoạch thử
from: YEAR-01-01
to: NEXT-12-31
lead: H24.02
coordinators: [H24.03]
example: true
purposes:
  - Thử
themes:
  - code: chu-de
    name: Chủ đề
audiences:
  - code: nguoi-dan
    name: Người dân
channels:
  - code: portal
    name: Cổng
items:
  - code: "1"
    title: Mục một
    theme: chu-de
    audiences: [nguoi-dan]
    channels: [portal]
    lead: H24.02
    deadline: NEXT-12-31
    target: { quantity: 1, unit: bài, counts_publications: true }
  - code: "2"
    title: Mục hai
    theme: chu-de
    audiences: [nguoi-dan]
    channels: [portal]
    lead: H24.03
    deadline: NEXT-12-31
    target: { quantity: 1, unit: bài, counts_publications: true }
`)
}

// lineOf is the line, from 1, of the last occurrence of a text.
func lineOf(file, text string) int {
	return 1 + strings.Count(file[:strings.LastIndex(file, text)], "\n")
}

func yamlFiles(t *testing.T, s *stand) {
	base := strings.Replace(planFile(), "77/KH-UBND", "78/KH-UBND", 1)
	// last replaces the last occurrence, which is in the second item.
	last := func(old, with string) string {
		i := strings.LastIndex(base, old)
		return base[:i] + with + base[i+len(old):]
	}
	at := func(file, text, column, reason, vi, en string) []place {
		return []place{{"yaml", lineOf(file, text), column, reason, vi, en}}
	}
	one := func(old, with, text, column, reason, vi, en string) (string, []place) {
		file := last(old, with)
		return file, at(file, text, column, reason, vi, en)
	}
	type wrong struct {
		name, file string
		places     []place
	}
	var cases []wrong
	add := func(name, file string, places []place) { cases = append(cases, wrong{name, file, places}) }

	file, places := one("Mục hai", "M\xf4c hai", "M\xf4c", "", "BAD_ENCODING", "", "")
	row := strconv.Itoa(places[0].row)
	places[0].vi = "Tệp không phải UTF-8 hợp lệ (dòng " + row + "). Hãy lưu lại tệp với bảng mã UTF-8."
	places[0].en = "The file is not valid UTF-8 (line " + row + "). Save it again as UTF-8."
	add("not UTF-8", file, places)

	file, places = one("    theme: chu-de", "    chủ_đề: chu-de", "chủ_đề", "items[1].chủ_đề", "UNKNOWN_KEY",
		"Khóa “chủ_đề” không có trong lược đồ kế hoạch.", "The key “chủ_đề” is not in the plan schema.")
	add("unknown key", file, places)

	file = last(`code: "2"`, `code: "1"`)
	row = strconv.Itoa(1 + strings.Count(file[:strings.Index(file, `code: "1"`)], "\n"))
	add("duplicate code of an item", file, at(file, `code: "1"`, "items[1].code", "DUPLICATE", "“1” đã có ở dòng "+row+".", "“1” already stands in line "+row+"."))

	next := strconv.Itoa(thisYear() + 1)
	file, places = one("deadline: "+next+"-12-31", "deadline: "+next+"-02-30", next+"-02-30", "items[1].deadline", "BAD_DATE",
		"“"+next+"-02-30” không phải ngày có thật; hãy viết YYYY-MM-DD.", "“"+next+"-02-30” is not a real date; write YYYY-MM-DD.")
	add("impossible date", file, places)

	file, places = one("lead: H24.03", "lead: H24.99", "lead: H24.99", "items[1].lead", "UNKNOWN_AGENCY",
		"Không có cơ quan nào mang mã “H24.99”.", "No agency has the code “H24.99”.")
	add("unknown agency", file, places)
	file, places = one("theme: chu-de", "theme: chu-la", "theme: chu-la", "items[1].theme", "UNKNOWN_THEME",
		"Kế hoạch không có chủ đề “chu-la”.", "The plan has no theme “chu-la”.")
	add("unknown theme", file, places)
	file, places = one("audiences: [nguoi-dan]", "audiences: [nguoi-dan, ai-do]", "ai-do", "items[1].audiences[1]", "UNKNOWN_AUDIENCE",
		"Kế hoạch không có đối tượng “ai-do”.", "The plan has no audience “ai-do”.")
	add("unknown audience", file, places)
	file, places = one("channels: [portal]", "channels: [zalo]", "zalo", "items[1].channels[0]", "UNKNOWN_CHANNEL",
		"Kế hoạch không có kênh “zalo”.", "The plan has no channel “zalo”.")
	add("unknown channel", file, places)
	file, places = one("title: Mục hai", "title: MẬT", "title: MẬT", "items[1].title", "SECRECY_MARK",
		"Văn bản mang dấu độ mật “mật”. Tài liệu mật không được đưa vào hệ thống này.",
		"The text carries the secrecy mark “mật”. Classified documents must not enter this system.")
	add("a secrecy mark", file, places)
	file, places = one("    channels: [portal]", "    channels: [portal", "    channels: [portal\n", "", "BAD_FORMAT",
		"“did not find expected ',' or ']'” không đúng dạng của “YAML”: YAML 1.2.", "“did not find expected ',' or ']'” is not a valid “YAML”: YAML 1.2.")
	add("not YAML", file, places)

	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			call := probe.Call{As: "luu.tru", Method: http.MethodPost, Path: "/v1/plans:import", Type: "application/yaml", Body: c.file}
			s.refused(t, call, invalid(c.places...))
			call.Path += "?dryRun=true"
			s.refused(t, call, invalid(c.places...))
		})
	}
	t.Run("the number of another plan", func(t *testing.T) {
		other := strings.Replace(planFile(), "Mục hai", "Mục khác", 1)
		s.refused(t, probe.Call{As: "luu.tru", Method: http.MethodPost, Path: "/v1/plans:import", Type: "application/yaml", Body: other}, refusal{
			status: http.StatusConflict, reason: "PLAN_EXISTS",
			vi: "Kế hoạch 77/KH-UBND đã được ban hành với nội dung khác; chỉ sửa được bằng quyết định sửa đổi.",
			en: "Plan 77/KH-UBND is already issued with other content; it changes only by an amendment.",
		})
	})
}
