package dossier

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// CommentLimit is the greatest length of a comment, in characters.
const CommentLimit = 2_000

// Return sends the dossier back to an earlier level, or to the author (0), with a comment that says why. The levels beside the one that
// returns it wait too until it comes back; what they approved stands as long as the text does.
func (d *Dossier) Return(a Actor, ask Ask, toLevel int, o Office) ([]any, error) {
	level, err := d.mayDecide(a, ask, o.At)
	if err != nil {
		return nil, err
	}
	if ask.Comment == "" {
		return nil, errs.New(errorsv1.Reason_COMMENT_REQUIRED)
	}
	if first, _ := route.Group(d.Levels, level); toLevel < 0 || toLevel >= first {
		return nil, errs.New(errorsv1.Reason_UNKNOWN_LEVEL, "level", strconv.Itoa(toLevel))
	}
	sent := SentBack{
		DocumentType: d.DocumentType, Document: d.Document, Decision: d.decision(a, level, ReturnedOutcome, ask.Comment, o.At), Revision: d.Revision, ToLevel: toLevel,
	}
	if toLevel == 0 {
		return []any{sent}, nil
	}
	after := *d
	after.Decisions = append(slices.Clone(d.Decisions), sent.Decision)
	return append([]any{sent}, after.enter(nil, []int{toLevel}, d.Authors, o)...), nil
}

// Comment gives a comment as it is kept, or says what is wrong with it.
func Comment(s string) (string, []errs.Field) { return Text("comment", s) }

// Text gives the text of a field as it is kept, or says what is wrong with it.
func Text(field, s string) (string, []errs.Field) {
	s = strings.TrimSpace(vn.NFC(s))
	var fields []errs.Field
	if n := utf8.RuneCountInString(s); n > CommentLimit {
		fields = append(fields, errs.At(field, errorsv1.Reason_TOO_LONG, "field", field, "length", strconv.Itoa(n), "limit", strconv.Itoa(CommentLimit)))
	}
	if mark, found := vn.SecrecyMark(s); found {
		fields = append(fields, errs.At(field, errorsv1.Reason_SECRECY_MARK, "mark", mark))
	}
	if strings.ContainsRune(s, 0) {
		fields = append(fields, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", `'\x00'`, "expected", "không có ký tự điều khiển (no control characters)"))
	}
	return s, fields
}
