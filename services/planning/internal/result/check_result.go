package result

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Limits of a result. Texts are counted in characters.
const (
	MaxQuantity = 1_000_000_000
	MaxUnit     = 50
	MaxPlace    = 300
	MaxNote     = 2_000
	MaxTitle    = 300
	MaxLink     = 2_000
	MaxReason   = 2_000
	MaxEvidence = 20
)

// Under is the plan item that a result belongs to, as the plan stands.
type Under struct {
	Plan, Item, Code string
	// Lead and Coordinators are in charge of the item; PlanLead leads the plan.
	Lead         string
	Coordinators []string
	PlanLead     string
	// From is the first instant of the plan's first day, To the first after its last.
	From, To time.Time
	Channels []string
	// Example: the plan or the item is invented, and so is what is recorded under it.
	Example bool
}

// InCharge says whether an agency leads or coordinates the item.
func (u Under) InCharge(agency string) bool {
	return agency != "" && (agency == u.Lead || slices.Contains(u.Coordinators, agency))
}

// Normalise gives texts their one form: NFC, without outer spaces; times in microseconds.
func Normalise(r Result) Result {
	tidy := func(s string) string { return strings.TrimSpace(vn.NFC(s)) }
	r.Unit, r.Place, r.Channel, r.Note = tidy(r.Unit), tidy(r.Place), tidy(r.Channel), tidy(r.Note)
	r.HappenedAt = r.HappenedAt.UTC().Truncate(time.Microsecond)
	r.Evidence = slices.Clone(r.Evidence)
	for i, e := range r.Evidence {
		e.Title, e.Link, e.Name = tidy(e.Title), tidy(e.Link), tidy(e.Name)
		r.Evidence[i] = e
	}
	return r
}

// Check tells what is wrong with a result, at a moment of the log's clock. Of history the evidence may be a note.
func Check(r Result, under Under, now time.Time) []errs.Field {
	c := &checker{}
	if r.Quantity < 1 || r.Quantity > MaxQuantity {
		c.at("quantity", errorsv1.Reason_OUT_OF_RANGE,
			"field", "quantity", "value", strconv.FormatInt(r.Quantity, 10), "min", "1", "max", strconv.Itoa(MaxQuantity))
	}
	c.text("unit", r.Unit, MaxUnit, true)
	c.text("place", r.Place, MaxPlace, false)
	c.text("note", r.Note, MaxNote, false)
	c.happened(r.HappenedAt, under, now)
	if r.Channel != "" && !slices.Contains(under.Channels, r.Channel) {
		c.at("channel", errorsv1.Reason_UNKNOWN_CHANNEL, "value", r.Channel)
	}
	c.evidence(r)
	return c.fields
}

type checker struct{ fields []errs.Field }

func (c *checker) at(field string, reason errs.Reason, args ...string) {
	c.fields = append(c.fields, errs.At(field, reason, args...))
}

func (c *checker) text(field, value string, limit int, required bool) {
	n := utf8.RuneCountInString(value)
	switch {
	case n == 0 && required:
		c.at(field, errorsv1.Reason_REQUIRED, "field", field)
	case n > limit:
		c.at(field, errorsv1.Reason_TOO_LONG, "field", field, "length", strconv.Itoa(n), "limit", strconv.Itoa(limit))
	}
	if mark, found := vn.SecrecyMark(value); found {
		c.at(field, errorsv1.Reason_SECRECY_MARK, "mark", mark)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f }) {
		c.at(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", strconv.Quote(value), "expected", "Unicode, NFC")
	}
}

func (c *checker) happened(at time.Time, under Under, now time.Time) {
	const field = "happenedAt"
	local := at.In(vn.Location()).Format(time.RFC3339)
	switch {
	case at.IsZero() || at.Year() < 1:
		c.at(field, errorsv1.Reason_REQUIRED, "field", field)
	case at.After(now):
		c.at(field, errorsv1.Reason_RESULT_IN_FUTURE, "at", local)
	case at.Before(under.From) || !at.Before(under.To):
		c.at(field, errorsv1.Reason_RESULT_OUTSIDE_PLAN, "at", local, "from", vn.Date(under.From), "to", vn.Date(under.To.AddDate(0, 0, -1)))
	}
}

func (c *checker) evidence(r Result) {
	switch {
	case len(r.Evidence) == 0 && !r.Imported:
		c.at("evidence", errorsv1.Reason_REQUIRED, "field", "evidence")
	case len(r.Evidence) == 0 && r.Note == "":
		c.at("evidence", errorsv1.Reason_ORIGIN_REQUIRED)
	case len(r.Evidence) > MaxEvidence:
		c.at("evidence", errorsv1.Reason_OUT_OF_RANGE,
			"field", "evidence", "value", strconv.Itoa(len(r.Evidence)), "min", "1", "max", strconv.Itoa(MaxEvidence))
		return
	}
	seen := map[string]int{}
	for i, e := range r.Evidence {
		c.one(fmt.Sprintf("evidence[%d]", i), e)
		for _, key := range e.keys() {
			if first, again := seen[key]; again && first != i {
				c.at(fmt.Sprintf("evidence[%d]", i), errorsv1.Reason_DUPLICATE, "value", e.name(), "row", strconv.Itoa(first+1))
			}
			seen[key] = i
		}
	}
}

func (c *checker) one(field string, e Evidence) {
	c.text(field+".title", e.Title, MaxTitle, false)
	c.text(field+".name", e.Name, MaxTitle, false)
	if e.SHA256 != "" && !digest().MatchString(e.SHA256) {
		c.at(field+".sha256", errorsv1.Reason_BAD_FORMAT, "field", "sha256", "value", e.SHA256, "expected", "SHA-256, 64 × [0-9a-f]")
	}
	switch e.Kind {
	case Link:
		c.link(field+".link", e.Link)
	case File, Photograph:
		if e.SHA256 == "" {
			c.at(field+".sha256", errorsv1.Reason_REQUIRED, "field", "sha256")
		}
		if e.Link != "" {
			c.at(field+".link", errorsv1.Reason_BAD_FORMAT, "field", "link", "value", e.Link, "expected", "kind = link")
		}
	default:
		c.at(field+".kind", errorsv1.Reason_BAD_FORMAT, "field", "kind", "value", e.Kind, "expected", "file, photograph, link")
	}
}

func (c *checker) link(field, link string) {
	c.text(field, link, MaxLink, true)
	if link == "" {
		return
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		c.at(field, errorsv1.Reason_BAD_FORMAT, "field", "link", "value", link, "expected", "https://…, http://…")
	}
}

// name is what a reader calls the evidence.
func (e Evidence) name() string {
	for _, s := range []string{e.Link, e.Name, e.Title} {
		if s != "" {
			return s
		}
	}
	return e.SHA256
}

func digest() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) }
