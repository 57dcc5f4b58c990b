package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// MaxItems is the greatest number of items of one plan.
const MaxItems = 1_000

// ReportPeriods are the kinds of periodic reports of Decree 09/2019/NĐ-CP, article 12.
func ReportPeriods() []string { return []string{"month", "quarter", "half", "year"} }

// Limits of texts, in characters.
const (
	maxNumber  = 50
	maxCode    = 20
	maxTitle   = 500
	maxPurpose = 2_000
	maxSource  = 1_000
	maxName    = 300
	maxUnit    = 50
)

// maxQuantity of a target.
const maxQuantity = 1_000_000_000

// termForm is the code of a theme, an audience or a channel; themes stand in addresses.
var termForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Check says what is wrong with a document on the day it comes in; every place is named by its path in Column. Agencies are looked
// up with known. It returns nil when nothing is wrong.
func (d Document) Check(today Day, known func(Code) bool) []errs.Field {
	c := checker{known: known}
	c.number(d, today)
	return c.document(d)
}

// CheckDraft says what must not be kept even in a draft: what is there and wrong. What is missing may come later, but for a plan's title
// and lead, an item's code and title, and the code and name of a theme, an audience or a channel. Places are named as Check does.
func (d Document) CheckDraft(known func(Code) bool) []errs.Field {
	c := checker{known: known, draft: true}
	return c.document(d)
}

// CheckComplete says what is wrong or missing in a plan that is to be approved: everything that Check asks but the number and the date.
func (d Document) CheckComplete(known func(Code) bool) []errs.Field {
	c := checker{known: known}
	return c.document(d)
}

// Paths names the places of a check by the paths of the API's fields, reportPeriods[0], instead of the keys of a file.
func Paths(wrong []errs.Field) []errs.Field {
	out := make([]errs.Field, 0, len(wrong))
	for _, w := range wrong {
		w.Field, w.Column, w.Row = camel(w.Column), "", 0
		if first, ok := w.Args["first"]; ok {
			w.Args["row"] = camel(first)
			delete(w.Args, "first")
		}
		out = append(out, w)
	}
	return out
}

func camel(path string) string {
	parts := strings.Split(path, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

func (c *checker) document(d Document) []errs.Field {
	c.head(d)
	themes := c.terms("themes", d.Themes)
	audiences := c.terms("audiences", d.Audiences)
	channels := c.terms("channels", d.Channels)
	if n := len(d.Items); n > MaxItems {
		c.wrong("items", errorsv1.Reason_TOO_MANY_ROWS, "count", strconv.Itoa(n), "limit", strconv.Itoa(MaxItems))
		return c.fields
	}
	c.notEmpty("items", len(d.Items))
	codes := map[string]int{}
	for i, item := range d.Items {
		at := fmt.Sprintf("items[%d]", i)
		if first, ok := codes[item.Code]; !ok {
			codes[item.Code] = i
		} else if item.Code != "" {
			c.duplicate(at+".code", item.Code, fmt.Sprintf("items[%d].code", first))
		}
		c.item(at, d, item)
		c.member(at+".theme", item.Theme, themes, errorsv1.Reason_UNKNOWN_THEME)
		c.members(at+".audiences", item.Audiences, audiences, errorsv1.Reason_UNKNOWN_AUDIENCE)
		c.members(at+".channels", item.Channels, channels, errorsv1.Reason_UNKNOWN_CHANNEL)
	}
	return c.fields
}

type checker struct {
	known func(Code) bool
	// draft says that what is missing may still come.
	draft  bool
	fields []errs.Field
}

// missing notes that something is not there, unless a draft may be without it.
func (c *checker) missing(path string) {
	name := last(path)
	always := path == "title" || path == "lead" || path == "reason" || strings.Contains(path, ".") && (name == "code" || name == "name" || name == "title")
	if !c.draft || always {
		c.wrong(path, errorsv1.Reason_REQUIRED, "field", name)
	}
}

func (c *checker) wrong(path string, reason errs.Reason, args ...string) {
	f := errs.At("yaml", reason, args...)
	f.Column = path
	c.fields = append(c.fields, f)
}

// duplicate names the path where the value stands first; who knows the file turns it into a line.
func (c *checker) duplicate(path, value, first string) {
	c.wrong(path, errorsv1.Reason_DUPLICATE, "value", value, "first", first)
}

func (c *checker) number(d Document, today Day) {
	c.text("number", d.Number, maxNumber)
	if c.day("date", d.Date) && d.Date > today {
		c.wrong("date", errorsv1.Reason_BAD_FORMAT, "value", string(d.Date), "field", "date", "expected", "≤ "+string(today))
	}
}

func (c *checker) head(d Document) {
	c.agency("issuer", d.Issuer)
	c.text("title", d.Title, maxTitle)
	from, to := c.day("from", d.From), c.day("to", d.To)
	if from && to && d.To < d.From {
		c.wrong("to", errorsv1.Reason_BAD_FORMAT, "value", string(d.To), "field", "to", "expected", "≥ "+string(d.From))
	}
	c.agency("lead", d.Lead)
	c.agencies("coordinators", d.Coordinators)
	c.notEmpty("purposes", len(d.Purposes))
	for i, p := range d.Purposes {
		c.text(fmt.Sprintf("purposes[%d]", i), p, maxPurpose)
	}
	for i, p := range d.ReportPeriods {
		path := fmt.Sprintf("report_periods[%d]", i)
		if !slices.Contains(ReportPeriods(), p) {
			c.wrong(path, errorsv1.Reason_BAD_FORMAT, "value", p, "field", "report_periods", "expected", strings.Join(ReportPeriods(), ", "))
		} else if first := slices.Index(d.ReportPeriods, p); first < i {
			c.duplicate(path, p, fmt.Sprintf("report_periods[%d]", first))
		}
	}
	if d.Source != "" {
		c.text("source", d.Source, maxSource)
	}
}

func (c *checker) item(at string, d Document, item Item) {
	c.text(at+".code", item.Code, maxCode)
	c.text(at+".title", item.Title, maxTitle)
	c.agency(at+".lead", item.Lead)
	c.agencies(at+".coordinators", item.Coordinators)
	if c.day(at+".deadline", item.Deadline) && outside(item.Deadline, d.From, d.To, c.draft) {
		c.wrong(at+".deadline", errorsv1.Reason_BAD_FORMAT, "value", string(item.Deadline), "field", "deadline",
			"expected", string(d.From)+" – "+string(d.To))
	}
	switch q := item.Target.Quantity; {
	case q == 0 && c.draft:
	case q < 1:
		c.wrong(at+".target.quantity", errorsv1.Reason_BAD_FORMAT, "value", strconv.FormatInt(item.Target.Quantity, 10),
			"field", "quantity", "expected", "≥ 1")
	case q > maxQuantity:
		c.wrong(at+".target.quantity", errorsv1.Reason_BAD_FORMAT, "value", strconv.FormatInt(q, 10),
			"field", "quantity", "expected", "≤ "+strconv.Itoa(maxQuantity))
	}
	c.text(at+".target.unit", item.Target.Unit, maxUnit)
}

// outside says whether a day lies outside the plan's; of a draft that has no first or last day yet nothing does.
func outside(day, from, to Day, draft bool) bool {
	return day < from || day > to && (to != "" || !draft)
}

func (c *checker) terms(path string, terms []Term) map[string]int {
	c.notEmpty(path, len(terms))
	codes := map[string]int{}
	for i, t := range terms {
		at := fmt.Sprintf("%s[%d]", path, i)
		first, again := codes[t.Code]
		switch {
		case t.Code == "":
			c.missing(at + ".code")
		case !termForm.MatchString(t.Code) || len(t.Code) > vn.SlugLimit:
			c.wrong(at+".code", errorsv1.Reason_BAD_FORMAT, "value", t.Code, "field", "code", "expected", "a-z 0-9 -")
		case again:
			c.duplicate(at+".code", t.Code, fmt.Sprintf("%s[%d].code", path, first))
		default:
			codes[t.Code] = i
		}
		c.text(at+".name", t.Name, maxName)
	}
	return codes
}

// text is required, bounded, can be printed, and carries no secrecy mark: what is acknowledged becomes an official document.
func (c *checker) text(path, value string, limit int) {
	name := last(path)
	if value == "" {
		c.missing(path)
		return
	}
	if n := utf8.RuneCountInString(value); n > limit {
		c.wrong(path, errorsv1.Reason_TOO_LONG, "field", name, "length", strconv.Itoa(n), "limit", strconv.Itoa(limit))
	}
	if mark, found := vn.SecrecyMark(value); found {
		c.wrong(path, errorsv1.Reason_SECRECY_MARK, "mark", mark)
	}
	if lacking := letters.Refusal(value); lacking != nil {
		c.wrong(path, errorsv1.Reason_DOCUMENT_CHARACTER, lacking...)
	}
}

func (c *checker) notEmpty(path string, n int) {
	if n == 0 {
		c.missing(path)
	}
}

func (c *checker) day(path string, d Day) bool {
	if d == "" {
		c.missing(path)
		return false
	}
	if _, err := d.Start(); err != nil {
		c.wrong(path, errorsv1.Reason_BAD_DATE, "value", string(d))
		return false
	}
	return true
}

func (c *checker) agency(path string, code Code) {
	switch {
	case code == "":
		c.missing(path)
	case !c.known(code):
		c.wrong(path, errorsv1.Reason_UNKNOWN_AGENCY, "value", string(code))
	}
}

func (c *checker) agencies(path string, codes []Code) {
	for i, code := range codes {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.agency(at, code)
		if first := slices.Index(codes, code); first < i {
			c.duplicate(at, string(code), fmt.Sprintf("%s[%d]", path, first))
		}
	}
}

func (c *checker) member(path, value string, of map[string]int, unknown errs.Reason) {
	if value == "" {
		c.missing(path)
	} else if _, ok := of[value]; !ok {
		c.wrong(path, unknown, "value", value)
	}
}

func (c *checker) members(path string, values []string, of map[string]int, unknown errs.Reason) {
	c.notEmpty(path, len(values))
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.member(at, value, of, unknown)
		if first := slices.Index(values, value); first < i {
			c.duplicate(at, value, fmt.Sprintf("%s[%d]", path, first))
		}
	}
}

// last is the last key of a path.
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
