// Package personal keeps what people tell of themselves unreadable wherever it is stored: each text is encrypted under its person's
// key before it enters an event, and opened when somebody reads it. Once the person's key is deleted, all that was ever written of
// them is noise, in the log, in read models, in copies, and replay still works since it never needed the key.
//
// A handler seals once, before it runs its command, and gives the aggregate the sealed texts: decide may run twice, and must decide
// on the same values. A sealed text differs each time it is made, but a repeated command gets its first answer, so only the first
// one is ever recorded. The digest of the request goes through Ring.Digest, so that nobody can find out by trying what an erased
// person had written.
package personal

import (
	"log/slog"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
)

// prefix starts a person's id.
const prefix = "person"

// Person is an opaque id that stands for somebody: "person_" and 26 characters. It tells nothing of them, outlives their data, and may
// stand in events, workflows and logs.
type Person string

// NewPerson makes the id of somebody whom a command tells of. It is derived from the command's key alone, so that a repeat of the
// command means the same person and not a second one.
func NewPerson(command id.UUID) Person {
	return Person(id.Format(prefix, id.Derive(time.Time{}, "personal", command.String())))
}

// Check refuses what is no person's id: a name or a number must not be taken for one.
func (p Person) Check() error {
	_, err := id.Parse(prefix, string(p))
	return err
}

// Field says what a text is: a text sealed as one field cannot be passed off as another.
type Field struct {
	// Purpose is what it was told for, which is where it is kept: "feedback.case".
	Purpose string
	// Name is the field's: "phone".
	Name string
}

// Plain is a readable text on its way to be sealed. It does not print itself.
type Plain struct {
	Field Field
	Text  string
}

// Value is what opening gives: the text, or that it was erased. It does not print itself; whoever shows it to somebody who may see it
// says so by Reveal.
type Value struct {
	text   string
	erased bool
}

// Erased says that the person was erased, and with them the text.
func (v Value) Erased() bool { return v.erased }

// Reveal gives the text, or in the reader's language that it was erased.
func (v Value) Reveal(l errs.Language) string {
	switch {
	case !v.erased:
		return v.text
	case l == errs.English:
		return "[erased]"
	default:
		return "[đã xoá]"
	}
}

const hidden = "[personal]"

func (v Value) String() string               { return hidden }
func (v Value) GoString() string             { return hidden }
func (v Value) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (v Value) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (p Plain) String() string               { return hidden }
func (p Plain) GoString() string             { return hidden }
func (p Plain) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (p Plain) MarshalText() ([]byte, error) { return []byte(hidden), nil }
