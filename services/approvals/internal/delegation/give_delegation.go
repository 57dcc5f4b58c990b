package delegation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// TextLimit is the greatest length of a paper's name and of a reason, in characters.
const TextLimit = 500

// Normalise gives what is to be given with lists without repeats and times in UTC.
func Normalise(g Given) Given {
	g.Delegator, g.Delegate, g.Paper = strings.TrimSpace(g.Delegator), strings.TrimSpace(g.Delegate), strings.TrimSpace(vn.NFC(g.Paper))
	g.DocumentTypes = once(g.DocumentTypes)
	g.Agencies = once(g.Agencies)
	g.From, g.To = g.From.UTC().Truncate(time.Microsecond), g.To.UTC().Truncate(time.Microsecond)
	return g
}

func once[T ~string](list []T) []T {
	out := append([]T{}, list...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Check names every place of a normalised delegation that is wrong. person and agency say whether the directory knows them.
func Check(g Given, now time.Time, person, agency func(id string) bool) []errs.Field {
	var fields []errs.Field
	add := func(field string, reason errs.Reason, args ...string) {
		fields = append(fields, errs.At(field, reason, args...))
	}
	for _, x := range []struct{ field, id string }{{"delegator", g.Delegator}, {"delegate", g.Delegate}} {
		switch {
		case x.id == "":
			add(x.field, errorsv1.Reason_REQUIRED, "field", x.field)
		case !person(x.id):
			add(x.field, errorsv1.Reason_UNKNOWN_PERSON, "value", x.id)
		}
	}
	if g.Delegator == g.Delegate && g.Delegate != "" {
		add("delegate", errorsv1.Reason_DELEGATION_SELF)
	}
	for i, t := range g.DocumentTypes {
		if !t.Known() {
			field := fmt.Sprintf("documentTypes[%d]", i)
			add(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", string(t), "expected", route.Expected())
		}
	}
	for i, a := range g.Agencies {
		if !agency(a) {
			add(fmt.Sprintf("agencies[%d]", i), errorsv1.Reason_UNKNOWN_AGENCY, "value", a)
		}
	}
	if !g.From.Before(g.To) || !now.Before(g.To) {
		add("to", errorsv1.Reason_DELEGATION_TIME)
	}
	if g.Paper == "" && g.RecordedBy != g.Delegator {
		add("paper", errorsv1.Reason_DELEGATION_PAPER)
	}
	return append(fields, CheckText("paper", g.Paper)...)
}

// CheckText says what is wrong with a text.
func CheckText(field, text string) []errs.Field {
	var fields []errs.Field
	if n := utf8.RuneCountInString(text); n > TextLimit {
		fields = append(fields, errs.At(field, errorsv1.Reason_TOO_LONG, "field", field, "length", strconv.Itoa(n), "limit", strconv.Itoa(TextLimit)))
	}
	if mark, found := vn.SecrecyMark(text); found {
		fields = append(fields, errs.At(field, errorsv1.Reason_SECRECY_MARK, "mark", mark))
	}
	if strings.ContainsRune(text, 0) {
		fields = append(fields, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", `'\x00'`, "expected", "không có ký tự điều khiển (no control characters)"))
	}
	return fields
}

// Give records what was checked.
func (d *Delegation) Give(g Given) ([]any, error) {
	if d.Version > 0 {
		return nil, nil
	}
	return []any{g}, nil
}
