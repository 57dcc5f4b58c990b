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
)

// Normalise gives the text in Unicode NFC with one kind of line end, without spaces around what is one line, and with every list
// free of repeats.
func Normalise(t Text) Text {
	lineEnds := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")
	line := func(s string) string { return strings.TrimSpace(lineEnds.Replace(vn.NFC(s))) }
	t.Title, t.Summary, t.SourceLine = line(t.Title), line(t.Summary), line(t.SourceLine)
	t.Body = strings.TrimRight(lineEnds.Replace(vn.NFC(t.Body)), " \n")
	t.Language, t.Theme, t.Plan, t.PlanItem = line(t.Language), line(t.Theme), line(t.Plan), line(t.PlanItem)
	t.Attachment = Attachment{
		Title: line(t.Attachment.Title), Form: line(t.Attachment.Form), Issuer: line(t.Attachment.Issuer),
		Number: line(t.Attachment.Number), Date: line(t.Attachment.Date), Abstract: line(t.Attachment.Abstract),
	}
	t.Audiences, t.Channels = once(t.Audiences, line), once(t.Channels, line)
	return t
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
	a := t.Attachment
	c.line("attachment.title", a.Title)
	c.line("attachment.form", a.Form)
	c.line("attachment.issuer", a.Issuer)
	c.line("attachment.number", a.Number)
	c.block("attachment.abstract", a.Abstract, SummaryLimit)
	if a != (Attachment{}) && a.Title == "" {
		c.add("attachment.title", errorsv1.Reason_REQUIRED, "field", "attachment.title")
	}
	if a.Date != "" {
		if _, err := time.Parse(time.DateOnly, a.Date); err != nil {
			c.add("attachment.date", errorsv1.Reason_BAD_DATE, "value", a.Date)
		}
	}
	return c.fields
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
	return c.fields
}

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
