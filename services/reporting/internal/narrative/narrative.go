// Package narrative is what people say in a results report beside its figures: plain text by sections. It says what such
// text may be; package plain reads it.
package narrative

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Limits of one section.
const (
	MaxText  = 10_000 // characters
	MaxLines = 200
)

// Narrative are the sections; one that is empty was not written.
type Narrative struct {
	// Direction, and documents issued.
	Direction string `json:"direction,omitempty"`
	// Assessment: strengths, limits, causes.
	Assessment string `json:"assessment,omitempty"`
	// Difficulties and how they stand.
	Difficulties string `json:"difficulties,omitempty"`
	Proposals    string `json:"proposals,omitempty"`
	// NextPeriod is what will be done in the period that follows.
	NextPeriod string `json:"nextPeriod,omitempty"`
}

// Section is one of them with its field's name.
type Section struct {
	Field string
	Text  *string
}

// Sections are all of them in the order of a report, to read or to write.
func (n *Narrative) Sections() []Section {
	return []Section{
		{"direction", &n.Direction}, {"assessment", &n.Assessment}, {"difficulties", &n.Difficulties}, {"proposals", &n.Proposals}, {"nextPeriod", &n.NextPeriod},
	}
}

// Empty says that nobody has written anything.
func (n Narrative) Empty() bool { return n == Narrative{} }

// tag is what the text would have been in HTML, which no renderer reads here.
var tag = regexp.MustCompile(`</?[A-Za-z][^<>]*>|<!--`)

// Normalise gives the sections in Unicode NFC, a line for each paragraph or entry, without blank lines and spaces around them.
func (n Narrative) Normalise() Narrative {
	for _, s := range n.Sections() {
		var lines []string
		for line := range strings.SplitSeq(lineEnds(*s.Text), "\n") {
			if line = strings.TrimSpace(line); line != "" && line != "-" {
				lines = append(lines, line)
			}
		}
		*s.Text = strings.Join(lines, "\n")
	}
	return n
}

func lineEnds(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(vn.NFC(text))
}

// Check says what is wrong with normalised sections, by their places in a report.
func (n Narrative) Check() []errs.Field {
	var wrong []errs.Field
	for _, s := range n.Sections() {
		at := "narrative." + s.Field
		if count := utf8.RuneCountInString(*s.Text); count > MaxText {
			wrong = append(wrong, errs.At(at, errorsv1.Reason_TOO_LONG, "field", s.Field, "length", strconv.Itoa(count), "limit", strconv.Itoa(MaxText)))
		}
		if count := strings.Count(*s.Text, "\n") + 1; count > MaxLines {
			wrong = append(wrong, errs.At(at, errorsv1.Reason_TOO_MANY_LINES, "field", s.Field, "count", strconv.Itoa(count), "limit", strconv.Itoa(MaxLines)))
		}
		if mark, found := vn.SecrecyMark(*s.Text); found {
			wrong = append(wrong, errs.At(at, errorsv1.Reason_SECRECY_MARK, "mark", mark))
		}
		if found := tag.FindString(*s.Text); found != "" {
			wrong = append(wrong, errs.At(at, errorsv1.Reason_PLAIN_TEXT, "tag", found))
		}
		if lacking := letters.Refusal(*s.Text); lacking != nil {
			wrong = append(wrong, errs.At(at, errorsv1.Reason_DOCUMENT_CHARACTER, lacking...))
		}
	}
	return wrong
}
