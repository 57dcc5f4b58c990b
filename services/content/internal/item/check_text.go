package item

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

// Limits of a text, in characters and in entries.
const (
	SummaryLimit = 1_000
	BodyLimit    = 200_000
	LineLimit    = 300 // title, source line, each part of the attachment line but its abstract
	ListLimit    = 50  // audiences, channels
	FileLimit    = 50  // attachments
	// TranslationLimit is how many languages there may be besides the original's.
	TranslationLimit = 20
)

// Normalise gives the text in Unicode NFC with one kind of line end, without spaces around what is one line, and with every list
// free of repeats.
func Normalise(t Text) Text {
	lineEnds := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")
	line := func(s string) string { return strings.TrimSpace(lineEnds.Replace(vn.NFC(s))) }
	t.Title, t.Summary, t.SourceLine = line(t.Title), line(t.Summary), line(t.SourceLine)
	t.Body = strings.TrimRight(lineEnds.Replace(vn.NFC(t.Body)), " \n")
	t.Language, t.Theme, t.Plan, t.PlanItem = line(t.Language), line(t.Theme), line(t.Plan), line(t.PlanItem)
	t.Attachment = normaliseLine(t.Attachment, line)
	t.Audiences, t.Channels = once(t.Audiences, line), once(t.Channels, line)
	t.Correction = Correction{Kind: line(t.Correction.Kind), Reason: line(t.Correction.Reason)}
	if t.BodyFormat = line(t.BodyFormat); t.BodyFormat == Markdown {
		t.BodyFormat = "" // as it was written before there was another
	}
	t.Attachments = slices.Clone(t.Attachments)
	for n, f := range t.Attachments {
		t.Attachments[n].Line, t.Attachments[n].Alternative = normaliseLine(f.Line, line), line(f.Alternative)
	}
	translations := slices.Clone(t.Translations)
	for n, to := range translations {
		translations[n].Language, translations[n].Title, translations[n].Summary = line(to.Language), line(to.Title), line(to.Summary)
		translations[n].Body = strings.TrimRight(lineEnds.Replace(vn.NFC(to.Body)), " \n")
	}
	slices.SortStableFunc(translations, func(a, b Translation) int { return strings.Compare(a.Language, b.Language) })
	t.Translations = translations
	return t
}

func normaliseLine(a Attachment, line func(string) string) Attachment {
	return Attachment{
		Title: line(a.Title), Form: line(a.Form), Issuer: line(a.Issuer), Number: line(a.Number), Date: line(a.Date), Abstract: line(a.Abstract),
	}
}

func once(list []string, clean func(string) string) []string {
	out := []string{}
	for _, s := range list {
		if s = clean(s); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// languageShape is the common shape of BCP 47: language, then subtags.
var languageShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// Check names every place of a normalised text that may not be kept, even in a draft. What needs the plan or Markdown is checked
// elsewhere.
func Check(t Text) []errs.Field {
	var c checker
	c.line("title", t.Title)
	if t.Title == "" {
		c.add("title", errorsv1.Reason_REQUIRED, "field", "title")
	}
	c.block("summary", t.Summary, SummaryLimit)
	c.block("body", t.Body, BodyLimit)
	c.line("sourceLine", t.SourceLine)
	if t.PlanItem == "" {
		c.add("planItem", errorsv1.Reason_REQUIRED, "field", "planItem")
	}
	if t.Language != "" && !languageShape.MatchString(t.Language) {
		c.add("language", errorsv1.Reason_BAD_FORMAT, "field", "language", "value", t.Language, "expected", "BCP 47 (vi, en, km)")
	}
	c.list("audiences", t.Audiences)
	c.list("channels", t.Channels)
	if t.BodyFormat != "" && t.BodyFormat != HTML {
		c.add("bodyFormat", errorsv1.Reason_BAD_FORMAT, "field", "bodyFormat", "value", shorten(t.BodyFormat), "expected", "markdown, html")
	}
	c.attachment("attachment", t.Attachment, t.Attachment != (Attachment{}))
	c.correction(t.Correction)
	c.files(t.Attachments)
	c.translations(t)
	return c.fields
}

// attachment checks what is said of a document; one that is named in words alone needs a title.
func (c *checker) attachment(field string, a Attachment, titled bool) {
	c.line(field+".title", a.Title)
	c.line(field+".form", a.Form)
	c.line(field+".issuer", a.Issuer)
	c.line(field+".number", a.Number)
	c.block(field+".abstract", a.Abstract, SummaryLimit)
	if titled && a.Title == "" {
		c.add(field+".title", errorsv1.Reason_REQUIRED, "field", field+".title")
	}
	if a.Date != "" {
		if _, err := time.Parse(time.DateOnly, a.Date); err != nil {
			c.add(field+".date", errorsv1.Reason_BAD_DATE, "value", a.Date)
		}
	}
}

func (c *checker) correction(k Correction) {
	if k.Kind != "" && k.Kind != OfContent && k.Kind != OfForm {
		c.add("correction.kind", errorsv1.Reason_BAD_FORMAT, "field", "correction.kind", "value", shorten(k.Kind), "expected", OfContent+", "+OfForm)
	}
	c.block("correction.reason", k.Reason, SummaryLimit)
}

// checkCorrection names what a draft may lack and a correction that is submitted may not.
func checkCorrection(k Correction) []errs.Field {
	var c checker
	if k.Kind == "" {
		c.add("correction.kind", errorsv1.Reason_REQUIRED, "field", "correction.kind")
	}
	if k.Reason == "" {
		c.add("correction.reason", errorsv1.Reason_REQUIRED, "field", "correction.reason")
	}
	return c.fields
}

func (c *checker) files(files []File) {
	for n, f := range files {
		field := "attachments[" + strconv.Itoa(n) + "]"
		c.attachment(field+".line", f.Line, false)
		c.block(field+".alternative", f.Alternative, SummaryLimit)
		if mark, found := vn.SecrecyMark(f.Name); found {
			c.add(field+".name", errorsv1.Reason_SECRECY_MARK, "mark", mark)
		}
	}
}

func (c *checker) translations(t Text) {
	if len(t.Translations) > TranslationLimit {
		c.add("translations", errorsv1.Reason_TOO_LONG, "field", "translations", "length", strconv.Itoa(len(t.Translations)), "limit", strconv.Itoa(TranslationLimit))
		return
	}
	for n, to := range t.Translations {
		field := PlaceOf(to)
		switch {
		case to.Language == "":
			c.add(field+".language", errorsv1.Reason_REQUIRED, "field", field+".language")
		case !languageShape.MatchString(to.Language):
			c.add(field+".language", errorsv1.Reason_BAD_FORMAT, "field", field+".language", "value", shorten(to.Language), "expected", "BCP 47 (vi, en, km)")
		case to.Language == t.Language, n > 0 && to.Language == t.Translations[n-1].Language: // they are sorted
			c.add(field+".language", errorsv1.Reason_TRANSLATION_LANGUAGE, "language", to.Language)
		}
		c.line(field+".title", to.Title)
		c.block(field+".summary", to.Summary, SummaryLimit)
		c.block(field+".body", to.Body, BodyLimit)
	}
}

// CheckComplete names what a draft may lack and a submitted item may not.
func CheckComplete(t Text) []errs.Field {
	var c checker
	for _, f := range []struct {
		name  string
		empty bool
	}{
		{"summary", t.Summary == ""},
		{"body", t.Body == ""},
		{"language", t.Language == ""},
		{"theme", t.Theme == ""},
		{"audiences", len(t.Audiences) == 0},
		{"channels", len(t.Channels) == 0},
	} {
		if f.empty {
			c.add(f.name, errorsv1.Reason_REQUIRED, "field", f.name)
		}
	}
	for _, to := range t.Translations {
		for _, f := range []struct{ name, value string }{{"title", to.Title}, {"summary", to.Summary}, {"body", to.Body}} {
			if field := PlaceOf(to) + "." + f.name; f.value == "" {
				c.add(field, errorsv1.Reason_REQUIRED, "field", field)
			}
		}
	}
	return c.fields
}

// PlaceOf names a translation by its language, since the order they came in is not kept: "translations[en]".
func PlaceOf(t Translation) string { return "translations[" + shorten(t.Language) + "]" }

type checker struct{ fields []errs.Field }

func (c *checker) add(field string, reason errs.Reason, args ...string) {
	c.fields = append(c.fields, errs.At(field, reason, args...))
}

// line checks what is one line of text.
func (c *checker) line(field, value string) {
	if strings.ContainsAny(value, "\n\t") {
		c.add(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", shorten(value), "expected", "một dòng (one line)")
	}
	c.block(field, value, LineLimit)
}

// block checks what may be many lines.
func (c *checker) block(field, value string, limit int) {
	if n := utf8.RuneCountInString(value); n > limit {
		c.add(field, errorsv1.Reason_TOO_LONG, "field", field, "length", strconv.Itoa(n), "limit", strconv.Itoa(limit))
	}
	if i := strings.IndexFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(value[i:])
		c.add(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", strconv.QuoteRuneToASCII(r), "expected", "không có ký tự điều khiển (no control characters)")
	}
	if mark, found := vn.SecrecyMark(value); found {
		c.add(field, errorsv1.Reason_SECRECY_MARK, "mark", mark)
	}
}

func (c *checker) list(field string, values []string) {
	if len(values) > ListLimit {
		c.add(field, errorsv1.Reason_TOO_LONG, "field", field, "length", strconv.Itoa(len(values)), "limit", strconv.Itoa(ListLimit))
	}
}

func shorten(s string) string {
	const limit = 60
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
