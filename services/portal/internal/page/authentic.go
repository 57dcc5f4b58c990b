package page

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// VerifyPath is the path of the form that asks whether something comes from the city; below it stands each hash.
const VerifyPath = "/xac-thuc"

// ParameterHash is the parameter that the form sends.
const ParameterHash = "ma"

// VerifyHashPath is the path of the page that says what a hash is of.
func VerifyHashPath(lang Lang, hash string) string { return LocalPath(lang, VerifyPath+"/"+hash) }

// AuthenticKind is what a hash is of.
type AuthenticKind int

// The kinds.
const (
	OfArticle AuthenticKind = iota
	OfReport
	OfDocument
	OfPlan
)

// AuthenticState is what has become of it.
type AuthenticState int

// The states.
const (
	Stands AuthenticState = iota
	WasCorrected
	WasWithdrawn
	HasExpired
	WasAmended
	WasClosed
)

// Authentic is what a hash is of.
type Authentic struct {
	Kind     AuthenticKind
	State    AuthenticState
	Format   string // of a document
	Title    string
	Language string // of the title
	Issuer   string
	Number   string // as written
	At       time.Time
	// Day says that At is a day without a time.
	Day       bool
	Approvals []Approval
	Bypass    *Bypass
	Imported  bool
	Path      string // of the page to read, in the language of the page
	Example   bool
}

// VerifyProps is the page that says what a hash is of.
type VerifyProps struct {
	Frame
	// Asked is what was typed; Hash is the hash in it, empty when there is none.
	Asked, Hash string
	Found       []Authentic
}

// Verify writes the page that asks for a hash and says what it is of.
func Verify(w io.Writer, p VerifyProps) error { return render(w, verifyPage(p)) }

func (p VerifyProps) head() pageHead {
	h := pageHead{
		title: p.words().Verify, path: VerifyPath, noindex: p.Asked != "",
		crumbs: []crumb{{name: p.words().Home, path: HomePath(p.Lang)}, {name: p.words().Verify, path: LocalPath(p.Lang, VerifyPath)}},
	}
	if p.Hash != "" {
		h.path = VerifyHashPath(Vi, p.Hash)
	}
	return h
}

// passed says that what was found is genuine and stands no more, so that nobody takes the first for the second.
func (p VerifyProps) passed() bool {
	return len(p.Found) > 0 && !slices.ContainsFunc(p.Found, func(a Authentic) bool { return a.State == Stands })
}

func (p VerifyProps) tone() string {
	if p.passed() {
		return "warn"
	}
	return "ok"
}

func (f Frame) whatItIs(a Authentic) string {
	switch a.Kind {
	case OfReport:
		return f.words().IsReport
	case OfDocument:
		return fmt.Sprintf(f.words().IsDocument, a.Format)
	case OfPlan:
		return f.words().IsPlan
	default:
		return f.words().IsArticle
	}
}

func (f Frame) stateOf(a Authentic) string {
	switch a.State {
	case WasCorrected:
		return f.words().StateCorrected
	case WasWithdrawn:
		return f.words().StateWithdrawn
	case HasExpired:
		return f.words().StateExpired
	case WasAmended:
		return f.words().StateAmended
	case WasClosed:
		return f.words().StateClosed
	default:
		return f.words().StateStands
	}
}

func (f Frame) momentOf(a Authentic) string {
	if a.Day {
		return vn.DateIn(a.At, f.Speech())
	}
	return clockAndDate(f, a.At)
}

// clockAndDate is a moment in short.
func clockAndDate(f Frame, at time.Time) string {
	return vn.Clock(at) + ", " + vn.DateIn(at, f.Speech())
}
