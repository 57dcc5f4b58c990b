package figures

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/canonical"
)

// A report of the first form, as it was approved, is read and written again as the same bytes.
func TestFirstFormStaysAsItWasApproved(t *testing.T) {
	text, err := os.ReadFile("testdata/canonical_form1.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(string(text))
	if err != nil {
		t.Fatal(err)
	}
	again, hash, err := d.Canonical()
	if err != nil || again != string(text) || hash != "51513b412cfb76989470d56fe14feb735ed8cc0c607fa21c704ada3eb9d147a6" {
		t.Errorf("%v %s\n%s\n%s", err, hash, text, again)
	}
	if d.Annex != nil || d.Total != nil || len(d.Items[0].Counted) != 1 {
		t.Errorf("%+v", d)
	}
}

func recorded(id, item, unit string, quantity int64, at time.Time) Fact {
	return Fact{Kind: Result, Standing: Counts, ID: id, Item: item, Title: "Kết quả " + id, Channels: []string{"loa"}, Agency: "H24.03", Quantity: quantity, Unit: unit, At: at, Path: "https://a.vn/" + id, Event: "planning/1.9"}
}

// Confirmed results count in their item's unit beside publications; other units stand beside; what is not confirmed or was withdrawn is
// told and counts nowhere.
func TestResultsCountInTheItemsUnit(t *testing.T) {
	class := recorded("c", "item_3", "lớp", 3, at(3, 8, 0))
	doubtful, retracted, withdrawn := recorded("d", "item_3", "lớp", 9, at(4, 8, 0)), recorded("e", "item_3", "lớp", 7, at(4, 9, 0)), published("w", "item_1", "chu-truong", at(5, 8, 0))
	doubtful.Standing, retracted.Standing, withdrawn.Standing = Unconfirmed, Gone, Withdrawn
	f := Compute(plan38(), []Fact{
		published("a", "item_1", "chu-truong", at(1, 13, 20)), recorded("b", "item_1", "tin", 4, at(2, 8, 0)), class, doubtful, retracted, withdrawn,
		recorded("f", "item_3", "học viên", 120, at(3, 8, 0)), published("p", "item_3", "phan-anh", at(6, 8, 0)),
	}, SpanOf(march(t)), nil)
	first := line(t, f.Items, "1")
	if *first.Actual != 5 || first.ByPublications != 1 || first.ByResults != 4 || first.Withdrawn != 1 || first.Events != 2 || first.State != Done {
		t.Errorf("%+v", first)
	}
	third := line(t, f.Items, "3")
	want := Line{
		Code: "3", Name: "Lớp tập huấn", Planned: new(int64(0)), Actual: new(int64(3)), Cumulative: new(int64(3)), YearCumulative: new(int64(3)), Target: 4, Unit: "lớp",
		State: Planned, Deadline: "2022-06-30", ByResults: 3, Unconfirmed: 9, Events: 3, Besides: []Beside{
			{Unit: "học viên", Actual: new(int64(120)), Cumulative: new(int64(120)), YearCumulative: new(int64(120))},
			{Unit: "tin, bài", Actual: new(int64(1)), Cumulative: new(int64(1)), YearCumulative: new(int64(1))},
		},
	}
	if diff := cmp.Diff(want, third); diff != "" {
		t.Error(diff)
	}
	if f.Published != 2 || f.PublishedCumulative != 2 || f.Total.Events != 5 || *f.Total.Actual != 6 {
		t.Errorf("published %d, total %+v", f.Published, f.Total)
	}
	// A result has its item's theme and audiences, and the channel that it went by.
	if theme := line(t, f.Themes, "phan-anh"); len(theme.Besides) != 2 || *theme.Besides[1].Actual != 3 || theme.Besides[1].Target != 4 {
		t.Errorf("%+v", theme)
	}
	if channel := line(t, f.Channels, "loa"); *channel.Actual != 4 || channel.ByResults != 4 {
		t.Errorf("%+v", channel)
	}
}

// The reporting year begins on 15/12; the same period of last year is missing when no plan of then is known, and nought when one is.
func TestYearAndLastYear(t *testing.T) {
	plan := plan38()
	plan.From = vn.Day(2021, 12, 1)
	c := NewCompiler(plan, march(t))
	for _, f := range Collate([]Fact{
		published("old", "item_1", "chu-truong", vn.Day(2021, 12, 15).Add(-time.Second)), published("year", "item_1", "chu-truong", vn.Day(2021, 12, 15)),
		published("now", "item_1", "chu-truong", at(1, 0, 0)),
	}) {
		c.Add(f)
	}
	got := line(t, c.Document(nil).Items, "1")
	if *got.Actual != 1 || *got.YearCumulative != 2 || *got.Cumulative != 3 || got.LastYear != nil || c.Document(nil).Total.LastYear != nil {
		t.Errorf("%+v", got)
	}
	before := Plan{ID: "plan_21", Lead: plan.Lead, Themes: plan.Themes[:1], Items: []Item{{ID: "item_21", Code: "1", Lead: "H24.02", Unit: "tin", Counts: true}}}
	c.LastYear([]Plan{before})
	c.AddLastYear("plan_21", published("then", "item_21", "chu-truong", vn.Day(2021, 3, 1)))
	f := c.Document(nil).Figures
	if got := line(t, f.Items, "1"); got.LastYear != nil {
		t.Errorf("an item of another plan: %+v", got)
	}
	for name, l := range map[string]Line{"agency": line(t, f.Agencies, "H24.02"), "theme": line(t, f.Themes, "chu-truong"), "total": *f.Total} {
		if l.LastYear == nil || *l.LastYear != 1 {
			t.Errorf("%s: %v", name, l.LastYear)
		}
	}
	if l := line(t, f.Themes, "phan-anh"); l.LastYear != nil {
		t.Errorf("a theme that the plan of then does not have: %v", l.LastYear)
	}
}

// An item that an amendment took out keeps what was done under it.
func TestWhatWasDoneUnderAFormerItemStaysCounted(t *testing.T) {
	plan := plan38()
	plan.Former, plan.Items = plan.Items[1:2], append(plan.Items[:1:1], plan.Items[2])
	f := Compute(plan, []Fact{published("a", "item_2", "phan-anh", at(1, 8, 0))}, SpanOf(march(t)), nil)
	got := line(t, f.Items, "2")
	if *got.Actual != 1 || got.Target != 0 || got.Name != "Tin về phản ánh" || f.ItemsTotal != 2 || *line(t, f.Agencies, "H24.03").Actual != 1 {
		t.Errorf("%+v", got)
	}
}

// The quick form of an annex's line is that of RFC 8785, whatever it says.
func TestEntryIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		e := Entry{
			Kind: rapid.SampledFrom([]Kind{Published, Result}).Draw(t, "kind"), ID: text.Draw(t, "id"), Content: text.Draw(t, "content"),
			Title: text.Draw(t, "title"), At: "2022-03-01T00:00:00Z", Quantity: rapid.Int64Range(0, 1<<53-1).Draw(t, "quantity"), Unit: text.Draw(t, "unit"),
			Path: text.Draw(t, "path"), Hash: text.Draw(t, "hash"), Event: text.Draw(t, "event"), Item: text.Draw(t, "item"), Agency: text.Draw(t, "agency"),
			Theme: text.Draw(t, "theme"), Audiences: rapid.SliceOf(text).Draw(t, "audiences"), Channels: rapid.SliceOf(text).Draw(t, "channels"),
			Imported: rapid.Bool().Draw(t, "imported"), Example: rapid.Bool().Draw(t, "example"),
			Bypassed: rapid.Bool().Draw(t, "bypassed"),
		}
		want, err := canonical.JSON(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(e.Append(nil)); got != string(want)+"\n" {
			t.Fatalf("\n%s\n%s", got, want)
		}
	})
}

// manyFacts are facts of all kinds around March 2022, under known and unknown items.
func manyFacts(t *rapid.T) []Fact {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Fact {
		id := rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "id")
		item := rapid.SampledFrom([]string{"item_1", "item_2", "item_3", "item_9"}).Draw(t, "item")
		at := vn.Day(2022, 2, 10).Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minute")) * time.Minute)
		f := published(id, item, rapid.SampledFrom([]string{"chu-truong", "phan-anh", "khac"}).Draw(t, "theme"), at)
		if rapid.Bool().Draw(t, "result") {
			f = recorded(id, item, rapid.SampledFrom([]string{"tin", "bài", "lớp", "học viên", "tin, bài"}).Draw(t, "unit"), rapid.Int64Range(1, 500).Draw(t, "quantity"), at)
		}
		f.Agency = rapid.SampledFrom([]string{"H24.02", "H24.31"}).Draw(t, "agency")
		f.Standing = rapid.SampledFrom([]Standing{Counts, Counts, Counts, Unconfirmed, Withdrawn, Gone}).Draw(t, "standing")
		return f
	}), 0, 40, func(f Fact) string { return f.ID }).Draw(t, "facts")
}

// In every unit the items' lines sum to the total, and so do the agencies'; actual is what publications and results give; each line's
// number of events is that of the annex's entries in it; nothing counts twice.
func TestThePartsSumToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period, err := vn.ParsePeriod("2022-M03")
		if err != nil {
			t.Fatal(err)
		}
		facts := manyFacts(t)
		d := Compile(plan38(), facts, period, nil)
		sumOf := func(lines []Line) (actual, cumulative, unconfirmed, target int64) {
			for _, l := range lines {
				target, unconfirmed = target+l.Target, unconfirmed+l.Unconfirmed
				if l.Actual != nil {
					actual, cumulative = actual+*l.Actual, cumulative+*l.Cumulative
				}
				for _, b := range l.Besides {
					target, unconfirmed = target+b.Target, unconfirmed+b.Unconfirmed
					if b.Actual != nil {
						actual, cumulative = actual+*b.Actual, cumulative+*b.Cumulative
					}
				}
			}
			return actual, cumulative, unconfirmed, target
		}
		whole := fmt.Sprint(sumOf([]Line{*d.Total}))
		if items, agencies := fmt.Sprint(sumOf(d.Items)), fmt.Sprint(sumOf(d.Agencies)); items != whole || agencies != whole {
			t.Fatalf("total %s, items %s, agencies %s", whole, items, agencies)
		}
		var direct int64
		for _, f := range facts {
			if f.Standing == Counts && period.Contains(f.At) && !f.At.Before(plan38().From) {
				direct += f.Quantity
			}
		}
		if got, _, _, _ := sumOf([]Line{*d.Total}); got != direct {
			t.Fatalf("total %d, counted one by one %d", got, direct)
		}
		for by, lines := range map[Dimension][]Line{ByItem: d.Items, ByAgency: d.Agencies, ByTheme: d.Themes, ByAudience: d.Audiences, ByChannel: d.Channels} {
			for _, l := range lines {
				var events int64
				for _, e := range d.Annex.Rows {
					if e.In(LineName(by, l.Code)) {
						events++
					}
				}
				if events != l.Events || l.Actual != nil && l.ByPublications+l.ByResults != *l.Actual {
					t.Fatalf("%s %s: %d entries; %+v", by, l.Code, events, l)
				}
			}
		}
	})
}

// The digest of the annex is that of its entries' lines, also when there are too many for the document.
func TestAnnexIsHeldByItsDigest(t *testing.T) {
	var facts []Fact
	for i := range annexWithin + 1 {
		facts = append(facts, published(fmt.Sprintf("p%03d", i), "item_1", "chu-truong", at(1, 0, i)))
	}
	for _, n := range []int{annexWithin, annexWithin + 1} {
		d := Compile(plan38(), facts[:n], march(t), nil)
		var lines []byte
		for _, f := range facts[:n] {
			lines = NewRegister(plan38()).Entry(f).Append(lines)
		}
		sum := sha256.Sum256(lines)
		if d.Annex.Entries != int64(n) || d.Annex.SHA256 != hex.EncodeToString(sum[:]) || len(d.Annex.Rows) != n%(annexWithin+1) {
			t.Errorf("%d: %d entries, %s, %d rows", n, d.Annex.Entries, d.Annex.SHA256, len(d.Annex.Rows))
		}
	}
}

func TestLateFactsAreBounded(t *testing.T) {
	var late []LateFact
	for i := range lateWithin + 5 {
		late = append(late, LateFact{Kind: "added", Report: []string{"report_1", "report_2"}[i/150]})
	}
	var d Document
	d.Late(late)
	if d.LateCount != lateWithin+5 || len(d.LateFacts) != lateWithin || !slices.Equal(d.Restates, []string{"report_1", "report_2"}) {
		t.Errorf("%d, %d, %v", d.LateCount, len(d.LateFacts), d.Restates)
	}
}

func TestNamesOfLines(t *testing.T) {
	for line, known := range map[string]bool{"total": true, "item:1": true, "agency:H24.02": true, "item:": false, "": false, "plan:1": false, "item": false} {
		if KnownLine(line) != known {
			t.Errorf("%q", line)
		}
	}
	if !strings.HasPrefix(LineName(ByTheme, "x"), "theme:") {
		t.Error(LineName(ByTheme, "x"))
	}
}
