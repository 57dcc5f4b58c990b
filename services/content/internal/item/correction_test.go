package item_test

import (
	"slices"
	"testing"

	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/content/internal/item"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// published is an item that readers have.
func published(t *testing.T) *given {
	return drafted(t).When(submit).And().When(approve).And().When(schedule).And().When(release).And()
}

// corrected is a text with another title that says why.
func corrected(title string) item.Composed {
	c := titled(title)
	c.Text.Correction = item.Correction{Kind: item.OfContent, Reason: "Ghi sai ngày ban hành."}
	return c
}

func reviseTo(author string, c item.Composed) func(*item.Item, int64) ([]any, error) {
	return func(i *item.Item, _ int64) ([]any, error) { return i.Revise(author, c) }
}

func correct(hash string, number int32) func(*item.Item, int64) ([]any, error) {
	return func(i *item.Item, _ int64) ([]any, error) {
		return i.RecordCorrection("publication_1", hash, number, estest.Start())
	}
}

func TestWhatIsPublicIsCorrected(t *testing.T) {
	past := published(t)
	if i := past.State(); i.Edition != 1 || !i.Public || i.Publication != "publication_1" {
		t.Fatalf("published: %+v", i)
	}
	past = past.When(revise("cv2.stttt", "Hai")).And()
	if i := wantState(t, past, item.Draft); !slices.Equal(i.Authors, []string{"cv2.stttt"}) || i.Publication != "publication_1" || !i.Public || i.Edition != 1 {
		t.Errorf("the correction begins as %+v", i)
	}
	refused := past.When(submit).ThenRefused(errorsv1.Reason_INVALID)
	if got := places(refused.Fields); got != "correction.kind REQUIRED, correction.reason REQUIRED" {
		t.Errorf("submitted without a reason: %s", got)
	}
	c := corrected("Hai")
	past = past.When(reviseTo("cv.stttt", c)).And()
	submitted := past.When(submit)
	past = submitted.And()
	if i := wantState(t, past, item.InApproval); i.Edition != 1 || i.Text.Correction.Kind != item.OfContent {
		t.Errorf("submitted: %+v", i)
	}
	past = past.When(approve).And()
	hash := past.State().Hash
	past = past.When(correct(hash, 1)).Then(item.WasCorrected{Hash: hash, Publication: "publication_1", Number: 1, CorrectedAt: estest.Start()})
	i := wantState(t, past, item.Published)
	if i.Edition != 2 || len(i.Authors) != 0 || i.PublishedHash != hash || !i.PublishedAt.Equal(estest.Start()) {
		t.Errorf("corrected: %+v", i)
	}
	past.When(correct(hash, 1)).Then()
	if i.Editing().Correction != (item.Correction{}) {
		t.Error("the next correction begins with the last one's reason")
	}
	past.When(reviseTo("cv.stttt", titled("Hai"))).Then() // nothing but the reason was left out
}

func TestBeforeTheFirstPublicationThereIsNothingToCorrect(t *testing.T) {
	for _, past := range []*given{drafted(t), drafted(t).When(submit).And()} {
		refused := past.When(reviseTo("cv.stttt", corrected("Hai"))).ThenRefused(errorsv1.Reason_INVALID)
		if got := places(refused.Fields); got != "correction CORRECTION_EARLY" {
			t.Errorf("refused: %s", got)
		}
	}
	nothing(t).When(func(i *item.Item, _ int64) ([]any, error) {
		return i.Draft("cv.stttt", "H24.02", "", corrected("Một"))
	}).ThenRefused(errorsv1.Reason_INVALID)
	nothing(t).When(func(i *item.Item, _ int64) ([]any, error) {
		return i.Import("H24.02", "", estest.Start(), corrected("Một"))
	}).ThenRefused(errorsv1.Reason_INVALID)
}

// Who takes a correction back to what readers have has given it up; nobody has written anything since.
func TestACorrectionIsGivenUpByRestoringWhatIsPublic(t *testing.T) {
	past := published(t).When(revise("cv2.stttt", "Hai")).And().When(revise("tp.stttt", "Một")).And()
	if i := wantState(t, past, item.Published); len(i.Authors) != 0 || i.Revision != 3 || i.Edition != 1 {
		t.Errorf("given up: %+v", i)
	}
	past.When(submit).ThenRefused(errorsv1.Reason_CONTENT_STATE, "state", "published")
}

func TestWhatWasWithdrawnOrExpiredIsWrittenAnew(t *testing.T) {
	withdraw := func(i *item.Item, _ int64) ([]any, error) {
		return i.RecordWithdrawal("publication_1", "Sai thẩm quyền.", estest.Start())
	}
	expire := func(i *item.Item, _ int64) ([]any, error) { return i.RecordExpiry("publication_1", estest.Start()) }
	for state, end := range map[item.State]func(*item.Item, int64) ([]any, error){item.Withdrawn: withdraw, item.Expired: expire} {
		past := published(t).When(end).And()
		if i := wantState(t, past, state); i.Public {
			t.Errorf("%s: %+v", state, i)
		}
		past.When(withdraw).Then()
		past.When(expire).Then()
		past.When(submit).ThenRefused(errorsv1.Reason_CONTENT_STATE, "state", string(state))
		past = past.When(reviseTo("cv.stttt", corrected("Một"))).And().When(submit).And().When(approve).And()
		hash := past.State().Hash
		past = past.When(func(i *item.Item, _ int64) ([]any, error) {
			return i.RecordPublication("publication_2", hash, estest.Start())
		}).And()
		if i := wantState(t, past, item.Published); i.Edition != 2 || i.Publication != "publication_2" || !i.Public {
			t.Errorf("published anew: %+v", i)
		}
		past.When(withdraw).Then() // of the publication before
	}
	drafted(t).When(withdraw).Then()
	drafted(t).When(expire).Then()
}

// A correction that is under way when the page is withdrawn stops, and whoever wrote it stays its author.
func TestAWithdrawalStopsACorrection(t *testing.T) {
	past := published(t).When(reviseTo("cv2.stttt", corrected("Hai"))).And().When(submit).And().When(func(i *item.Item, _ int64) ([]any, error) {
		return i.RecordWithdrawal("publication_1", "x", estest.Start())
	}).And()
	wantState(t, past, item.Withdrawn)
	past.When(approve).Then()
	past = past.When(reviseTo("cv.stttt", corrected("Ba"))).And()
	if i := wantState(t, past, item.Draft); !slices.Equal(i.Authors, []string{"cv2.stttt", "cv.stttt"}) {
		t.Errorf("the authors are %v", i.Authors)
	}
}

// A release that a submitted edit raced makes that edit a correction, which has to say why before it goes up again.
func TestAnEditThatRacedTheReleaseBecomesACorrection(t *testing.T) {
	old := hashOf(t, titled("Một"))
	past := drafted(t).When(submit).And().When(approve).And().When(schedule).And().When(revise("cv.stttt", "Hai")).And().When(submit).And().
		When(func(i *item.Item, _ int64) ([]any, error) {
			return i.RecordPublication("publication_1", old, estest.Start())
		}).And()
	if i := wantState(t, past, item.Draft); i.Edition != 1 || i.Publication != "publication_1" {
		t.Errorf("%+v", i)
	}
	past.When(approve).Then()
	past.When(submit).ThenRefused(errorsv1.Reason_INVALID)
}

func TestACorrectionIsScheduledAndCalledOff(t *testing.T) {
	past := published(t).When(reviseTo("cv.stttt", corrected("Hai"))).And().When(submit).And().When(approve).And().When(schedule).And()
	wantState(t, past, item.Scheduled)
	later := estest.Start().AddDate(0, 0, 1)
	hash := past.State().Hash
	past = past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordSchedule("publication_1", i.Hash, later) }).
		Then(item.ScheduledForPublication{Hash: hash, Publication: "publication_1", PublishAt: later})
	past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordCancellation("publication_1", "another") }).Then()
	past = past.When(func(i *item.Item, _ int64) ([]any, error) { return i.RecordCancellation("publication_1", i.Hash) }).And()
	if i := wantState(t, past, item.Approved); i.Publication != "publication_1" || !i.Public {
		t.Errorf("%+v", i)
	}
}

// translated is a text in Vietnamese with words in English; of is the revision they translate, 0 for the one there is.
func translated(title, english string, of int32) item.Composed {
	c := titled(title)
	c.Text.Translations = []item.Translation{{Language: "en", Title: english, Summary: "s", Body: "b", OfRevision: of}}
	return c
}

func TestATranslationFallsBehindItsOriginal(t *testing.T) {
	behind := func(c *given) (bool, int32) {
		i := c.State()
		return i.Behind(i.Text.Translations[0]), i.Text.Translations[0].OfRevision
	}
	past := drafted(t).When(reviseTo("cv.stttt", translated("Một", "One", 0))).And()
	if is, of := behind(past); is || of != 2 {
		t.Errorf("new: %v of %d", is, of)
	}
	past = past.When(reviseTo("cv.stttt", translated("Hai", "One", 0))).And()
	if is, of := behind(past); !is || of != 2 {
		t.Errorf("the original changed: %v of %d", is, of)
	}
	if found := past.State().Findings(); len(found) != 1 || found[0].Reason != "TRANSLATION_BEHIND" || found[0].Blocks || found[0].Field != "translations[en]" {
		t.Errorf("found %+v", found)
	}
	theme := translated("Hai", "One", 0)
	theme.Text.Theme = "khac"
	after := past.When(reviseTo("cv.stttt", theme)).And()
	if is, of := behind(after); !is || of != 2 || after.State().WordsRevision != 3 {
		t.Errorf("only the theme changed: %v of %d", is, of)
	}
	mended := after.When(reviseTo("cv.stttt", translated("Hai", "Two", 0))).And()
	if is, of := behind(mended); is || of != 5 {
		t.Errorf("mended: %v of %d", is, of)
	}
	if is, of := behind(past.When(reviseTo("cv.stttt", translated("Hai", "One", 3))).And()); is || of != 3 {
		t.Errorf("said to be right as it is: %v of %d", is, of)
	}
	past.When(reviseTo("cv.stttt", translated("Hai", "One", 5))).ThenRefused(errorsv1.Reason_INVALID)
	past.When(reviseTo("cv.stttt", translated("Hai", "One", -1))).ThenRefused(errorsv1.Reason_INVALID)
	past.When(reviseTo("cv.stttt", translated("Hai", "One", 0))).Then()
}

// TestHashOfEverythingIsOfCanonicalJSON holds a hash that was computed by other means, the SHA-256 of the canonical JSON of the text:
//
//	{"attachment":null,"attachments":[{"alternative":"a","line":{"abstract":"","date":"2022-02-23","form":"","issuer":"","number":"38","title":"KH"},"mediaType":"image/png","name":"ả.png","sha256":"00","size":12}],"audiences":["x"],"body":"<p>b</p>","bodyFormat":"html","channels":["p"],"correction":{"kind":"form","reason":"r"},"example":true,"language":"vi","plan":"plan_1","planItem":"item_1","sourceLine":"","summary":"s","theme":"t","title":"T","translations":[{"body":"B","language":"en","ofRevision":3,"summary":"S","title":"E"}]}
func TestHashOfEverythingIsOfCanonicalJSON(t *testing.T) {
	got := hashOf(t, item.Composed{Text: everything()})
	const want = "b8c8bebae105e6fa60e2112c3f4bbf3e79aaf71283e87d2f276f6ac55ecff431"
	if got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func everything() item.Text {
	return item.Text{
		Plan: "plan_1", PlanItem: "item_1", Title: "T", Summary: "s", Body: "<p>b</p>", BodyFormat: item.HTML, Language: "vi", Theme: "t",
		Audiences: []string{"x"}, Channels: []string{"p"}, Example: true,
		Attachments: []item.File{{
			SHA256: "00", Name: "ả.png", MediaType: "image/png", Size: 12, Alternative: "a", Line: item.Attachment{Title: "KH", Number: "38", Date: "2022-02-23"},
		}},
		Translations: []item.Translation{{Language: "en", Title: "E", Summary: "S", Body: "B", OfRevision: 3, HTML: "<p>B</p>"}},
		Correction:   item.Correction{Kind: item.OfForm, Reason: "r"},
	}
}

func TestHashMovesWithFilesTranslationsAndCorrection(t *testing.T) {
	seen := map[string]int{hashOf(t, item.Composed{Text: everything()}): -1}
	for n, edit := range []func(*item.Text){
		func(t *item.Text) { t.Attachments = nil }, func(t *item.Text) { t.Attachments[0].SHA256 = "01" }, func(t *item.Text) { t.Attachments[0].Name = "x" },
		func(t *item.Text) { t.Attachments[0].MediaType = "x" }, func(t *item.Text) { t.Attachments[0].Size = 1 }, func(t *item.Text) { t.Attachments[0].Alternative = "x" },
		func(t *item.Text) { t.Attachments[0].Line.Title = "x" }, func(t *item.Text) { t.Translations = nil }, func(t *item.Text) { t.Translations[0].Language = "km" },
		func(t *item.Text) { t.Translations[0].Title = "x" }, func(t *item.Text) { t.Translations[0].Summary = "x" }, func(t *item.Text) { t.Translations[0].Body = "x" },
		func(t *item.Text) { t.Translations[0].OfRevision = 2 }, func(t *item.Text) { t.Correction.Kind = "content" }, func(t *item.Text) { t.Correction.Reason = "x" },
		func(t *item.Text) { t.BodyFormat = "" }, func(t *item.Text) { t.Correction = item.Correction{} },
	} {
		x := everything()
		edit(&x)
		h := hashOf(t, item.Composed{Text: x})
		if other, ok := seen[h]; ok {
			t.Errorf("edit %d gives the hash of edit %d", n, other)
		}
		seen[h] = n
	}
}

func TestCheckNamesPlacesInFilesTranslationsAndCorrection(t *testing.T) {
	for _, c := range []struct {
		edit func(*item.Text)
		want string
	}{
		{func(*item.Text) {}, ""},
		{func(t *item.Text) { t.BodyFormat = "rtf" }, "bodyFormat BAD_FORMAT"},
		{func(t *item.Text) { t.Correction.Kind = "x" }, "correction.kind BAD_FORMAT"},
		{func(t *item.Text) { t.Correction.Reason = "TỐI MẬT" }, "correction.reason SECRECY_MARK"},
		{func(t *item.Text) { t.Attachments[0].Line.Title = "TUYỆT MẬT" }, "attachments[0].line.title SECRECY_MARK"},
		{func(t *item.Text) { t.Attachments[0].Line.Date = "2022-02-30" }, "attachments[0].line.date BAD_DATE"},
		{func(t *item.Text) { t.Attachments[0].Alternative = "Mật" }, "attachments[0].alternative SECRECY_MARK"},
		{func(t *item.Text) { t.Attachments[0].Name = "TỐI MẬT.pdf" }, "attachments[0].name SECRECY_MARK"},
		{func(t *item.Text) { t.Translations[0].Language = "" }, "translations[].language REQUIRED"},
		{func(t *item.Text) { t.Translations[0].Language = "Tiếng Anh" }, "translations[Tiếng Anh].language BAD_FORMAT"},
		{func(t *item.Text) { t.Translations[0].Language = "vi" }, "translations[vi].language TRANSLATION_LANGUAGE"},
		{func(t *item.Text) { t.Translations = append(t.Translations, t.Translations[0]) }, "translations[en].language TRANSLATION_LANGUAGE"},
		{func(t *item.Text) { t.Translations[0].Title = "a\nb" }, "translations[en].title BAD_FORMAT"},
	} {
		x := everything()
		c.edit(&x)
		if got := places(item.Check(x)); got != c.want {
			t.Errorf("found %q, want %q", got, c.want)
		}
	}
	x := everything()
	x.Translations[0].Body = ""
	if got := places(item.CheckComplete(x)); got != "translations[en].body REQUIRED" {
		t.Errorf("found %q", got)
	}
}

func TestManyAreImportedOnce(t *testing.T) {
	rows := []item.HistoryRow{{Row: 2, Content: "content_1", Text: text(), Hash: "h", PublishedAt: estest.Start()}}
	load := func(h *item.History, _ int64) ([]any, error) { return h.Import(rows) }
	past := estest.Given[item.History](t, item.Catalogue()).When(load).Then(item.HistoryImported{Rows: rows})
	past.When(load).Then()
	if got := past.State().Rows; len(got) != 1 || got[0].Composed().Text.Title != text().Title {
		t.Errorf("%+v", got)
	}
}
