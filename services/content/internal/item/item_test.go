package item_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/content/internal/item"
)

func text() item.Text {
	return item.Text{
		Plan: "plan_1", PlanItem: "item_1", Title: "Kế hoạch cải cách hành chính năm 2022", Summary: "Tóm tắt.", Body: "Nội dung.",
		Language: "vi", Theme: "cchc", Audiences: []string{"nguoi-dan", "doanh-nghiep"}, Channels: []string{"portal"},
	}
}

func titled(title string) item.Composed {
	t := text()
	t.Title = title
	return item.Composed{Text: t, HTML: "<p>Nội dung.</p>\n"}
}

func hashOf(t testing.TB, c item.Composed) string {
	t.Helper()
	h, err := c.Text.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

type given = estest.Case[item.Item, *item.Item]

func nothing(t *testing.T) *given { return estest.Given[item.Item](t, item.Catalogue()) }

func drafted(t *testing.T) *given {
	c := titled("Một")
	return estest.Given[item.Item](t, item.Catalogue(), item.Drafted{
		Agency: "H24.02", Unit: "Phòng", Author: "cv.stttt", Text: c.Text, HTML: c.HTML, Hash: hashOf(t, c),
	})
}

func submit(i *item.Item, _ int64) ([]any, error) { return i.Submit(nil) }

func revise(author, title string) func(*item.Item, int64) ([]any, error) {
	return func(i *item.Item, _ int64) ([]any, error) { return i.Revise(author, titled(title)) }
}

func approve(i *item.Item, _ int64) ([]any, error) {
	return i.RecordApproval(i.Hash, i.Revision, []string{"tp.stttt", "pgd.stttt"})
}

func schedule(i *item.Item, _ int64) ([]any, error) {
	return i.RecordSchedule("publication_1", i.Hash, estest.Start())
}

func release(i *item.Item, _ int64) ([]any, error) {
	return i.RecordPublication("publication_1", i.Hash, estest.Start())
}

func sendBack(i *item.Item, _ int64) ([]any, error) {
	return i.RecordReturn(i.Hash, i.Revision, "Sửa tiêu đề.")
}

func wantState(t *testing.T, c *given, state item.State) *item.Item {
	t.Helper()
	i := c.State()
	if i.State != state {
		t.Fatalf("the item is %s, want %s", i.State, state)
	}
	return i
}

func TestAnItemGoesFromDraftToPublication(t *testing.T) {
	c := titled("Một")
	past := nothing(t).When(func(i *item.Item, _ int64) ([]any, error) { return i.Draft("cv.stttt", "H24.02", "Phòng", c) }).
		Then(item.Drafted{Agency: "H24.02", Unit: "Phòng", Author: "cv.stttt", Text: c.Text, HTML: c.HTML, Hash: hashOf(t, c)})
	wantState(t, past, item.Draft)
	created := past.State().CreatedAt
	past = past.When(submit).Then(item.Submitted{
		Agency: "H24.02", Unit: "Phòng", Text: c.Text, HTML: c.HTML, Hash: hashOf(t, c), Revision: 1, WordsRevision: 1, Authors: []string{"cv.stttt"}, CreatedAt: created,
	})
	wantState(t, past, item.InApproval)
	past = past.When(approve).Then(item.ApprovedAtEveryLevel{Hash: hashOf(t, c)})
	wantState(t, past, item.Approved)
	past = past.When(schedule).Then(item.ScheduledForPublication{Hash: hashOf(t, c), Publication: "publication_1", PublishAt: estest.Start()})
	wantState(t, past, item.Scheduled)
	past = past.When(release).Then(item.WasPublished{Hash: hashOf(t, c), Publication: "publication_1", PublishedAt: estest.Start()})
	if i := wantState(t, past, item.Published); len(i.Authors) != 0 || !i.PublishedAt.Equal(estest.Start()) || i.PublishedHash != i.Hash {
		t.Errorf("published: %+v", i)
	}
	past.When(submit).ThenRefused(errorsv1.Reason_CONTENT_STATE, "state", "published", "allowed", "draft, returned")
	past.When(release).Then()
}

func TestAnEditMakesADraftAndAnAuthor(t *testing.T) {
	two := titled("Hai")
	for name, past := range map[string]*given{
		"draft":       drafted(t),
		"in approval": drafted(t).When(submit).And(),
		"approved":    drafted(t).When(submit).And().When(approve).And(),
		"scheduled":   drafted(t).When(submit).And().When(approve).And().When(schedule).And(),
	} {
		t.Run(name, func(t *testing.T) {
			after := past.When(revise("tp.stttt", "Hai")).
				Then(item.Revised{Author: "tp.stttt", Revision: 2, WordsRevision: 2, Text: two.Text, HTML: two.HTML, Hash: hashOf(t, two)})
			i := wantState(t, after, item.Draft)
			if !slices.Equal(i.Authors, []string{"cv.stttt", "tp.stttt"}) || i.Hash != hashOf(t, two) || i.Publication != "" {
				t.Errorf("edited: %+v", i)
			}
			again := after.When(revise("cv.stttt", "Ba")).And().State()
			if !slices.Equal(again.Authors, []string{"cv.stttt", "tp.stttt"}) || again.Revision != 3 {
				t.Errorf("edited again: %+v", again)
			}
		})
	}
}

func TestAnEditThatChangesNothingWritesNothing(t *testing.T) {
	past := drafted(t).When(submit).And()
	past.When(revise("tp.stttt", "Một")).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) {
		c := titled("Một")
		c.Text.Audiences = []string{"doanh-nghiep", "nguoi-dan"}
		return i.Revise("tp.stttt", c)
	}).Then()
}

func TestWhatWasReturnedKeepsItsCommentWhileItIsMended(t *testing.T) {
	past := drafted(t).When(submit).And().When(sendBack).Then(item.ReturnedToAuthor{Hash: hashOf(t, titled("Một")), Comment: "Sửa tiêu đề."})
	past = past.When(revise("cv.stttt", "Hai")).And()
	if i := wantState(t, past, item.Returned); i.ReturnComment != "Sửa tiêu đề." {
		t.Errorf("the comment is %q", i.ReturnComment)
	}
	past = past.When(submit).And()
	if i := wantState(t, past, item.InApproval); i.ReturnComment != "" {
		t.Errorf("the comment is still %q", i.ReturnComment)
	}
}

func TestDecisionsOnThePastChangeNothing(t *testing.T) {
	old := hashOf(t, titled("Một"))
	past := drafted(t).When(submit).And().When(revise("cv.stttt", "Hai")).And()
	byHash := func(i *item.Item, _ int64) ([]any, error) { return i.RecordApproval(old, 1, nil) }
	past.When(byHash).Then()
	past = past.When(submit).And()
	past.When(byHash).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordReturn(old, 1, "x") }).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) {
		return i.RecordSchedule("publication_1", old, estest.Start())
	}).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) {
		return i.RecordApproval(i.Hash, i.Revision, []string{"tp.stttt", "cv.stttt"})
	}).Then()
	nothing(t).When(byHash).Then()
	nothing(t).When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordPublication("p", "h", estest.Start()) }).Then()
}

// A text is submitted, edited away, written again and submitted again while its first approval is under way: it is the same hash, and
// not what was approved.
func TestAnApprovalFromBeforeAnEditDoesNotCountWhenTheTextIsWrittenAgain(t *testing.T) {
	past := drafted(t).When(submit).And().When(revise("cv.stttt", "Hai")).And().When(revise("cv.stttt", "Một")).And().When(submit).And()
	one := hashOf(t, titled("Một"))
	if i := wantState(t, past, item.InApproval); i.Hash != one || i.Revision != 3 {
		t.Fatalf("written again: %+v", i)
	}
	decided := func(revision int32) (approval, back func(*item.Item, int64) ([]any, error)) {
		return func(i *item.Item, _ int64) ([]any, error) {
				return i.RecordApproval(one, revision, []string{"tp.stttt"})
			},
			func(i *item.Item, _ int64) ([]any, error) { return i.RecordReturn(one, revision, "Sửa tiêu đề.") }
	}
	approval, back := decided(1)
	past.When(approval).Then()
	past.When(back).Then()
	approval, back = decided(3)
	past.When(approval).Then(item.ApprovedAtEveryLevel{Hash: one})
	past.When(back).Then(item.ReturnedToAuthor{Hash: one, Comment: "Sửa tiêu đề."})
	// What was decided before revisions were told has the hash alone, as it always had.
	approval, _ = decided(0)
	past.When(approval).Then(item.ApprovedAtEveryLevel{Hash: one})
}

func TestAScheduleMayOvertakeTheApproval(t *testing.T) {
	past := drafted(t).When(submit).And().When(schedule).And()
	wantState(t, past, item.Scheduled)
	past.When(approve).Then()
}

func TestACancelledScheduleIsApprovedAgain(t *testing.T) {
	cancel := func(i *item.Item, _ int64) ([]any, error) { return i.RecordCancellation("publication_1", i.Hash) }
	past := drafted(t).When(submit).And().When(approve).And().When(schedule).And()
	after := past.When(cancel).Then(item.Unscheduled{Publication: "publication_1"})
	wantState(t, after, item.Approved)
	past.When(revise("cv.stttt", "Hai")).And().When(cancel).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordCancellation("publication_2", i.Hash) }).Then()
}

func TestAnEditThatRacedTheReleaseStaysADraftBesideIt(t *testing.T) {
	old := hashOf(t, titled("Một"))
	past := drafted(t).When(submit).And().When(approve).And().When(schedule).And().When(revise("cv.stttt", "Hai")).And().
		When(func(i *item.Item, _ int64) ([]any, error) {
			return i.RecordPublication("publication_1", old, estest.Start())
		}).And()
	if i := wantState(t, past, item.Draft); i.PublishedHash != old || len(i.Authors) == 0 {
		t.Errorf("%+v", i)
	}
}

func TestHistoryIsImportedAsPublished(t *testing.T) {
	at := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)
	c := titled("Một")
	past := nothing(t).When(func(i *item.Item, _ int64) ([]any, error) { return i.Import("H24.02", "", at, c) }).
		Then(item.Imported{Agency: "H24.02", Text: c.Text, HTML: c.HTML, Hash: hashOf(t, c), PublishedAt: at})
	if i := wantState(t, past, item.Published); !i.Imported || !i.PublishedAt.Equal(at) || i.PublishedHash != i.Hash {
		t.Errorf("%+v", i)
	}
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordPublication("publication_1", i.Hash, at) }).Then()
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.Import("H24.02", "", at, c) }).ThenRefused(errorsv1.Reason_CONTENT_STATE)
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.Draft("a", "H24.02", "", c) }).ThenRefused(errorsv1.Reason_CONTENT_STATE)
}

func TestAnIncompleteDraftIsNotSubmitted(t *testing.T) {
	c := item.Composed{Text: item.Text{Title: "Một", PlanItem: "item_1"}}
	refused := nothing(t).When(func(i *item.Item, _ int64) ([]any, error) { return i.Draft("cv.stttt", "H24.02", "", c) }).And().
		When(submit).ThenRefused(errorsv1.Reason_INVALID)
	if got, want := places(refused.Fields), "summary REQUIRED, body REQUIRED, language REQUIRED, theme REQUIRED, audiences REQUIRED, channels REQUIRED"; got != want {
		t.Errorf("missing: %s\nwant: %s", got, want)
	}
}

func TestPublicationTimeOfHistoryIsPast(t *testing.T) {
	now := estest.Start()
	for _, c := range []struct {
		at   time.Time
		want string
	}{{time.Time{}, "publishedAt REQUIRED"}, {now, "publishedAt BAD_FORMAT"}, {now.Add(time.Hour), "publishedAt BAD_FORMAT"}, {now.Add(-time.Hour), ""}} {
		if got := places(item.CheckPublishedAt(c.at, now)); got != c.want {
			t.Errorf("%v: %q, want %q", c.at, got, c.want)
		}
	}
}

func TestCheckNamesEveryPlace(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*item.Text)
		want string
	}{
		{"nothing wrong", func(*item.Text) {}, ""},
		{"no title", func(t *item.Text) { t.Title = "" }, "title REQUIRED"},
		{"title of 301 characters", func(t *item.Text) { t.Title = strings.Repeat("ế", 301) }, "title TOO_LONG"},
		{"title of 300 characters", func(t *item.Text) { t.Title = strings.Repeat("ế", 300) }, ""},
		{"summary of 1001 characters", func(t *item.Text) { t.Summary = strings.Repeat("a", 1001) }, "summary TOO_LONG"},
		{"body of 200001 characters", func(t *item.Text) { t.Body = strings.Repeat("a", 200_001) }, "body TOO_LONG"},
		{"title of two lines", func(t *item.Text) { t.Title = "a\nb" }, "title BAD_FORMAT"},
		{"a NUL in the body", func(t *item.Text) { t.Body = "a\x00b" }, "body BAD_FORMAT"},
		{"secret title", func(t *item.Text) { t.Title = "TÀI LIỆU MẬT" }, "title SECRECY_MARK"},
		{"secret summary", func(t *item.Text) { t.Summary = "TỐI MẬT" }, "summary SECRECY_MARK"},
		{"secret body", func(t *item.Text) { t.Body = "Một\n\n**TUYỆT MẬT**\n" }, "body SECRECY_MARK"},
		{"secret attachment", func(t *item.Text) { t.Attachment.Title = "Kế hoạch (MẬT)" }, "attachment.title SECRECY_MARK"},
		{"bảo mật is no mark", func(t *item.Text) { t.Body = "Bảo mật thông tin, bí mật đời tư." }, ""},
		{"language", func(t *item.Text) { t.Language = "tiếng Việt" }, "language BAD_FORMAT"},
		{"impossible date", func(t *item.Text) { t.Attachment = item.Attachment{Title: "KH", Date: "2022-02-30"} }, "attachment.date BAD_DATE"},
		{"attachment without a title", func(t *item.Text) { t.Attachment = item.Attachment{Number: "38/KH-UBND"} }, "attachment.title REQUIRED"},
		{"no plan item", func(t *item.Text) { t.PlanItem = "" }, "planItem REQUIRED"},
		{"all at once", func(t *item.Text) { t.Title, t.Summary, t.Attachment.Number = "", "MẬT", "x" }, "title REQUIRED, summary SECRECY_MARK, attachment.title REQUIRED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := text()
			c.edit(&x)
			if got := places(item.Check(x)); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestNormalise(t *testing.T) {
	x := text()
	x.Title = "  Ke\u0302\u0301 hoa\u0323ch  "
	x.Body = "một\r\nhai\rba\u2028bốn\n\n"
	x.Audiences = []string{"a", " a ", "b"}
	got := item.Normalise(x)
	if got.Title != "Kế hoạch" || got.Body != "một\nhai\nba\nbốn" || !slices.Equal(got.Audiences, []string{"a", "b"}) {
		t.Errorf("%+v", got)
	}
}

// TestHashIsOfCanonicalJSON holds a hash that was computed by other means, the SHA-256 of the canonical JSON of the text:
//
//	{"attachment":{"abstract":"","date":"","form":"","issuer":"","number":"38/KH-UBND","title":"KH"},"audiences":["a","b"],"body":"d\n\te\\","channels":["p"],"example":false,"language":"vi","plan":"plan_1","planItem":"item_1","sourceLine":"","summary":"s","theme":"t","title":"A <b> & “c”"}
func TestHashIsOfCanonicalJSON(t *testing.T) {
	x := item.Text{
		Plan: "plan_1", PlanItem: "item_1", Title: "A <b> & “c”", Summary: "s", Body: "d\n\te\\", Language: "vi", Theme: "t",
		Audiences: []string{"b", "a"}, Channels: []string{"p"}, Attachment: item.Attachment{Title: "KH", Number: "38/KH-UBND"},
	}
	got := hashOf(t, item.Composed{Text: x})
	const want = "ea8cd93ca6fa783f933c609c9537d9caff7ac9f8002bc86f1ad9f2a88aec872c"
	if got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestHashMovesWithEverythingThatIsApproved(t *testing.T) {
	base := hashOf(t, item.Composed{Text: text()})
	seen := map[string]int{base: -1}
	for n, edit := range []func(*item.Text){
		func(t *item.Text) { t.Plan = "x" }, func(t *item.Text) { t.PlanItem = "x" }, func(t *item.Text) { t.Title = "x" },
		func(t *item.Text) { t.Summary = "x" }, func(t *item.Text) { t.Body = "x" }, func(t *item.Text) { t.Language = "en" },
		func(t *item.Text) { t.Theme = "x" }, func(t *item.Text) { t.Audiences = []string{"x"} }, func(t *item.Text) { t.Channels = []string{"x"} },
		func(t *item.Text) { t.SourceLine = "x" }, func(t *item.Text) { t.Example = true }, func(t *item.Text) { t.Attachment.Title = "x" },
		func(t *item.Text) { t.Attachment.Form = "x" }, func(t *item.Text) { t.Attachment.Issuer = "x" },
		func(t *item.Text) { t.Attachment.Number = "x" }, func(t *item.Text) { t.Attachment.Date = "x" },
		func(t *item.Text) { t.Attachment.Abstract = "x" },
	} {
		x := text()
		edit(&x)
		h := hashOf(t, item.Composed{Text: x})
		if other, ok := seen[h]; ok {
			t.Errorf("edit %d gives the hash of edit %d", n, other)
		}
		seen[h] = n
	}
}

func TestGoldens(t *testing.T) { es.CheckGoldens(t, item.Catalogue(), "testdata/events") }

// TestNothingIsPublishedUnapproved does random things to an item: whenever it is approved or scheduled, the text is the one that was
// approved, and nobody who approved is an author.
func TestNothingIsPublishedUnapproved(t *testing.T) {
	hashes := []string{hashOf(t, titled("Một")), hashOf(t, titled("Hai"))}
	rapid.Check(t, func(t *rapid.T) {
		i := &item.Item{}
		approved := map[string][]string{}
		do := func(events []any, err error) bool {
			if err != nil {
				return false
			}
			for _, e := range events {
				i.Apply(es.Event{Version: i.Version + 1, Data: e, Meta: es.Meta{Aggregate: "content_1"}})
			}
			return len(events) > 0
		}
		person := rapid.SampledFrom([]string{"a", "b", "c"})
		title := rapid.SampledFrom([]string{"Một", "Hai"})
		do(i.Draft(person.Draw(t, "author"), "H24.02", "", titled(title.Draw(t, "title"))))
		hash := rapid.SampledFrom(hashes)
		t.Repeat(map[string]func(*rapid.T){
			"revise": func(t *rapid.T) {
				if do(i.Revise(person.Draw(t, "author"), titled(title.Draw(t, "title")))) {
					clear(approved)
				}
			},
			"submit": func(*rapid.T) { do(i.Submit(nil)) },
			"approve": func(t *rapid.T) {
				h, by := hash.Draw(t, "hash"), []string{person.Draw(t, "approver")}
				revision := rapid.Int32Range(0, i.Revision).Draw(t, "revision")
				if do(i.RecordApproval(h, revision, by)) {
					if revision != 0 && revision != i.Revision {
						t.Fatalf("an approval of revision %d counts for revision %d", revision, i.Revision)
					}
					approved[h] = by
				}
			},
			"return": func(t *rapid.T) {
				do(i.RecordReturn(hash.Draw(t, "hash"), rapid.Int32Range(0, i.Revision).Draw(t, "revision"), "x"))
			},
			"schedule": func(t *rapid.T) {
				if i.State == item.Approved { // distribution schedules nothing else
					do(i.RecordSchedule("p", hash.Draw(t, "hash"), estest.Start()))
				}
			},
			"": func(t *rapid.T) {
				if i.State != item.Approved && i.State != item.Scheduled {
					return
				}
				by, ok := approved[i.Hash]
				if !ok {
					t.Fatalf("%s without an approval of this text", i.State)
				}
				if slices.Contains(i.Authors, by[0]) {
					t.Fatalf("approved by an author: %v, %v", by, i.Authors)
				}
			},
		})
	})
}

func places(fields []errs.Field) string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		out = append(out, f.Field+" "+f.Reason.String())
	}
	return strings.Join(out, ", ")
}
