package figures

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
)

func march(t *testing.T) vn.Period {
	t.Helper()
	p, err := vn.ParsePeriod("2022-M03")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plan38 is a small plan in the shape of Plan 38: two counted items, one in a unit that Loa does not count.
func plan38() Plan {
	return Plan{
		ID: "plan_38", Number: "38/KH-UBND", Title: "Tuyên truyền cải cách hành chính năm 2022",
		From: vn.Day(2022, 2, 23), To: vn.Day(2022, 12, 14), Lead: "H24.02", Coordinators: []string{"H24.05", "H24.03"},
		Themes:    []Named{{Code: "chu-truong", Name: "Chủ trương, chính sách"}, {Code: "phan-anh", Name: "Phản ánh, kiến nghị"}},
		Audiences: []Named{{Code: "nguoi-dan", Name: "Người dân"}, {Code: "doanh-nghiep", Name: "Doanh nghiệp"}},
		Channels:  []Named{{Code: "cong", Name: "Cổng thông tin"}, {Code: "loa", Name: "Loa phường"}},
		Items: []Item{
			{ID: "item_1", Code: "1", Title: "Tin về chủ trương", Theme: "chu-truong", Audiences: []string{"nguoi-dan", "doanh-nghiep"}, Channels: []string{"cong"}, Lead: "H24.02", Deadline: vn.Day(2022, 3, 14), Target: 2, Unit: "tin", Counts: true},
			{ID: "item_2", Code: "2", Title: "Tin về phản ánh", Theme: "phan-anh", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong", "loa"}, Lead: "H24.03", Deadline: vn.Day(2022, 3, 15), Target: 3, Unit: "bài", Counts: true, Example: true},
			{ID: "item_3", Code: "3", Title: "Lớp tập huấn", Theme: "phan-anh", Audiences: []string{"doanh-nghiep"}, Channels: []string{"loa"}, Lead: "H24.02", Deadline: vn.Day(2022, 6, 30), Target: 4, Unit: "lớp"},
		},
		Imported: true,
	}
}

func published(id, item, theme string, at time.Time) Fact {
	return Fact{Kind: Published, Standing: Counts, Quantity: 1, ID: id, Content: "content_" + id, Item: item, Title: "Tin " + id, Theme: theme, Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, At: at, Path: "/tin/" + id, Hash: "00", Event: "distribution/1.7"}
}

func at(day, hour, minute int) time.Time {
	return vn.Day(2022, 3, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func line(t *testing.T, lines []Line, code string) Line {
	t.Helper()
	for _, l := range lines {
		if l.Code == code {
			return l
		}
	}
	t.Fatalf("no line %q", code)
	return Line{}
}

// March 2022 is 15/02 to 14/03, closed days in Vietnam: its last minute counts and the minute after it does not; what lies before the
// plan's first day counts nowhere.
func TestPeriodIsClosedDaysInVietnam(t *testing.T) {
	f := Compute(plan38(), []Fact{
		published("before-plan", "item_1", "chu-truong", vn.Day(2022, 2, 22).Add(23*time.Hour)),
		published("first", "item_1", "chu-truong", vn.Day(2022, 2, 23)),
		published("last", "item_1", "chu-truong", at(14, 23, 59)),
		published("next", "item_1", "chu-truong", at(15, 0, 0)),
	}, SpanOf(march(t)), nil)
	got := line(t, f.Items, "1")
	if *got.Actual != 2 || *got.Cumulative != 2 || got.State != Done || f.Published != 2 || f.PublishedCumulative != 2 {
		t.Errorf("actual %d, cumulative %d, state %s, published %d", *got.Actual, *got.Cumulative, got.State, f.Published)
	}
	if got.Events != 2 || got.ByPublications != 2 || *got.YearCumulative != 2 {
		t.Errorf("%+v", got)
	}
}

func TestCumulativeReachesBackToTheStartOfThePlan(t *testing.T) {
	april, err := vn.ParsePeriod("2022-M04")
	if err != nil {
		t.Fatal(err)
	}
	f := Compute(plan38(), []Fact{
		published("a", "item_2", "phan-anh", at(1, 13, 20)),
		published("b", "item_2", "phan-anh", at(20, 8, 0)),
	}, SpanOf(april), nil)
	got := line(t, f.Items, "2")
	if *got.Planned != 3 || *got.Actual != 1 || *got.Cumulative != 2 || got.State != Overdue {
		t.Errorf("planned %d, actual %d, cumulative %d, state %s", *got.Planned, *got.Actual, *got.Cumulative, got.State)
	}
}

// What is due on the cut-off day and not reached is overdue; what is due the day after is not due in the period at all.
func TestDueAndOverdueAtTheCutOff(t *testing.T) {
	f := Compute(plan38(), []Fact{published("a", "item_1", "chu-truong", at(1, 13, 20))}, SpanOf(march(t)), nil)
	first, second := line(t, f.Items, "1"), line(t, f.Items, "2")
	if *first.Planned != 2 || first.State != Overdue || *second.Planned != 0 || second.State != Planned {
		t.Errorf("first planned %d %s, second planned %d %s", *first.Planned, first.State, *second.Planned, second.State)
	}
	if f.ItemsTotal != 3 || f.ItemsOverdue != 1 || f.ItemsDone != 0 {
		t.Errorf("total %d, overdue %d, done %d", f.ItemsTotal, f.ItemsOverdue, f.ItemsDone)
	}
}

func TestUnitThatLoaDoesNotCountIsMissingNotNought(t *testing.T) {
	f := Compute(plan38(), nil, SpanOf(march(t)), nil)
	got := line(t, f.Items, "3")
	want := Line{Code: "3", Name: "Lớp tập huấn", Target: 4, Unit: "lớp", State: Missing, Deadline: "2022-06-30"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Sums follow the item's lead agency, the content's theme, and each of its audiences and channels, in the plan's own order.
func TestLinesSumInPlanOrder(t *testing.T) {
	facts := []Fact{
		published("a", "item_1", "chu-truong", at(1, 13, 20)),
		published("b", "item_2", "phan-anh", at(2, 8, 0)),
		published("c", "item_3", "phan-anh", at(3, 8, 0)),
	}
	facts[0].Audiences = []string{"nguoi-dan", "doanh-nghiep"}
	facts[2].Channels = []string{"loa", "fanpage"}
	f := Compute(plan38(), facts, SpanOf(march(t)), map[string]string{"H24.02": "Sở Thông tin và Truyền thông"})
	type row struct {
		Code, Name              string
		Planned, Actual, Target int64
		Unit                    string
		Example                 bool
	}
	rows := func(lines []Line) (out []row) {
		for _, l := range lines {
			r := row{Code: l.Code, Name: l.Name, Planned: -1, Actual: -1, Target: l.Target, Unit: l.Unit, Example: l.Example}
			if l.Planned != nil {
				r.Planned = *l.Planned
			}
			if l.Actual != nil {
				r.Actual = *l.Actual
			}
			out = append(out, r)
		}
		return out
	}
	for name, c := range map[string]struct{ got, want []row }{
		"agencies": {rows(f.Agencies), []row{
			{"H24.02", "Sở Thông tin và Truyền thông", 2, 2, 2, "tin", false},
			{"H24.03", "H24.03", 0, 1, 3, "bài", true},
		}},
		"themes": {rows(f.Themes), []row{
			{"chu-truong", "Chủ trương, chính sách", 2, 1, 2, "tin", false},
			{"phan-anh", "Phản ánh, kiến nghị", 0, 2, 3, "bài", true},
		}},
		"audiences": {rows(f.Audiences), []row{
			{"nguoi-dan", "Người dân", 2, 3, 5, "tin, bài", true},
			{"doanh-nghiep", "Doanh nghiệp", 2, 1, 2, "tin", false},
		}},
		"channels": {rows(f.Channels), []row{
			{"cong", "Cổng thông tin", 2, 2, 5, "tin, bài", true},
			{"loa", "Loa phường", 0, 1, 3, "bài", true},
			{"fanpage", "fanpage", -1, 1, 0, "tin, bài", false},
		}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What is marked as example data marks every line and the report that counts it.
func TestExampleMarks(t *testing.T) {
	plan := plan38()
	plan.Items = plan.Items[:1]
	if Compile(plan, nil, march(t), nil).Example {
		t.Error("nothing in it is an example")
	}
	invented := published("a", "item_1", "chu-truong", at(1, 13, 20))
	invented.Example = true
	if d := Compile(plan, []Fact{invented}, march(t), nil); !d.Example || !d.Items[0].Example {
		t.Error("an invented publication marks nothing")
	}
}

// The same facts are the same bytes in whatever order they come, and however often.
func TestSameBytesWhateverTheOrderOfFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period, err := vn.ParsePeriod("2022-M03")
		if err != nil {
			t.Fatal(err)
		}
		facts := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Fact {
			p := published(rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "id"),
				rapid.SampledFrom([]string{"item_1", "item_2", "item_3", "item_9"}).Draw(t, "item"),
				rapid.SampledFrom([]string{"chu-truong", "phan-anh", "khac"}).Draw(t, "theme"),
				vn.Day(2022, 2, 10).Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minute"))*time.Minute))
			p.Audiences = rapid.SliceOf(rapid.SampledFrom([]string{"nguoi-dan", "doanh-nghiep", "bao-chi"})).Draw(t, "audiences")
			p.Channels = rapid.SliceOf(rapid.SampledFrom([]string{"cong", "loa", "fanpage"})).Draw(t, "channels")
			return p
		}), 0, 30, func(p Fact) string { return p.ID }).Draw(t, "facts")
		text, hash, err := Compile(plan38(), facts, period, nil).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		other := rapid.Permutation(facts).Draw(t, "order")
		if len(other) > 0 {
			other = append(other, other[0])
		}
		again, hashAgain, err := Compile(plan38(), other, period, nil).Canonical()
		if err != nil || text != again || hash != hashAgain {
			t.Fatalf("%v\n%s\n%s", err, text, again)
		}
		read, err := Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if third, _, err := read.Canonical(); err != nil || third != text {
			t.Fatalf("read back and written again: %v\n%s\n%s", err, text, third)
		}
	})
}

// The names of the members are part of the bytes: a changed one would change every hash ever approved.
func TestMembersOfTheCanonicalForm(t *testing.T) {
	text, hash, err := Compile(plan38(), []Fact{published("a", "item_1", "chu-truong", at(1, 13, 20))}, march(t), nil).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	wantItem := `[{"actual":1,"byPublications":1,"code":"1","cumulative":1,"deadline":"2022-03-14","events":1,"example":false,"name":"Tin về chủ trương","planned":2,"state":"overdue","target":2,"unit":"tin","yearCumulative":1},`
	if got := string(d["items"]); len(got) < len(wantItem) || got[:len(wantItem)] != wantItem {
		t.Errorf("items begin with\n%.400s", got)
	}
	for name, want := range map[string]string{"period": `"2022-M03"`, "from": `"2022-02-15"`, "to": `"2022-03-14"`, "published": "1", "form": "2", "annex": `{"entries":1,"rows":[{"agency":"H24.02","at":"2022-03-01T06:20:00Z","audiences":["nguoi-dan"],"channels":["cong"],"content":"content_a","event":"distribution/1.7","hash":"00","id":"a","item":"1","kind":"publication","path":"/tin/a","quantity":1,"theme":"chu-truong","title":"Tin a","unit":"tin"}],"sha256":"9baf8e41c611922fe09c24969ad976a1430f6c60c0ef7166587b0a7503e635fd"}`, "title": `"Báo cáo kết quả thực hiện Kế hoạch số 38/KH-UBND, tháng 3 năm 2022"`} {
		if string(d[name]) != want {
			t.Errorf("%s is %s, want %s", name, d[name], want)
		}
	}
	if len(hash) != 64 {
		t.Errorf("hash %q", hash)
	}
}
