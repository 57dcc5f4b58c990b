// Package errs is what an operation is refused with: a reason of loa.errors.v1 with its arguments, and the places that are wrong.
// The reason carries its HTTP status and its sentences in both languages; nothing else in the product writes such a sentence.
package errs

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"google.golang.org/protobuf/proto"
)

// Reason is the stable word of a refusal.
type Reason = errorsv1.Reason

// Field is one place that is wrong: a field's path, or a row and column of a file (rows from 1).
type Field struct {
	Field  string
	Row    int
	Column string
	Reason Reason
	Args   map[string]string
}

// Error is a refusal. It wraps its cause for the log; the cause never reaches a caller.
type Error struct {
	Reason Reason
	Args   map[string]string
	Fields []Field
	cause  error
}

// New makes a refusal; args are name, value pairs for the {names} of the reason's sentences.
func New(reason Reason, args ...string) *Error {
	return &Error{Reason: reason, Args: pairs(args)}
}

// Invalid makes one refusal of many wrong places. It returns nil when there are none, so that a check may end with it.
func Invalid(fields []Field) error {
	switch len(fields) {
	case 0:
		return nil
	default:
		return &Error{Reason: errorsv1.Reason_INVALID, Args: map[string]string{"count": fmt.Sprint(len(fields))}, Fields: fields}
	}
}

// At makes one wrong place by its field's path.
func At(field string, reason Reason, args ...string) Field {
	return Field{Field: field, Reason: reason, Args: pairs(args)}
}

// Because returns a copy that wraps the cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason.String() + ": " + Sentence(e.Reason, e.Args, English))
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s row %d column %q: %s", f.Field, f.Row, f.Column, Sentence(f.Reason, f.Args, English))
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is true for two refusals of the same reason.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Reason == e.Reason
}

// ReasonOf gives the reason of an error, REASON_UNSPECIFIED for one that is none of ours, which is answered as internal.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return errorsv1.Reason_REASON_UNSPECIFIED
}

// Status gives the HTTP status of a reason.
func Status(r Reason) int { return int(answer(r).GetStatus()) }

// Transient says that the same call may succeed later without anyone changing it.
func Transient(err error) bool { return Status(ReasonOf(err)) == 503 }

// Language of a sentence.
type Language string

// The languages of every sentence.
const (
	Vietnamese Language = "vi"
	English    Language = "en"
)

// Sentence is the reason's sentence in a language with its {names} filled.
func Sentence(r Reason, args map[string]string, l Language) string {
	a := answer(r)
	s := a.GetVi()
	if l == English {
		s = a.GetEn()
	}
	if len(args) == 0 {
		return s
	}
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	sort.Strings(names)
	replace := make([]string, 0, 2*len(names))
	for _, name := range names {
		replace = append(replace, "{"+name+"}", args[name])
	}
	return strings.NewReplacer(replace...).Replace(s)
}

func answer(r Reason) *errorsv1.Answer {
	v := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values().ByNumber(r.Number())
	if v == nil {
		v = errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values().ByNumber(0)
	}
	a, _ := proto.GetExtension(v.Options(), errorsv1.E_Answer).(*errorsv1.Answer)
	return a
}

func pairs(args []string) map[string]string {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}
