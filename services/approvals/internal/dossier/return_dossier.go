package dossier

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

// CommentLimit is the greatest length of a comment, in characters.
const CommentLimit = 2_000

// Return sends the dossier back to an earlier level, or to the author (0), with a comment that says why.
func (d *Dossier) Return(a Actor, hash string, toLevel int, comment string, at time.Time) ([]any, error) {
	if err := d.mayDecide(a, hash); err != nil {
		return nil, err
	}
	if comment == "" {
		return nil, errs.New(errorsv1.Reason_COMMENT_REQUIRED)
	}
	if toLevel < 0 || toLevel >= d.Current {
		return nil, errs.New(errorsv1.Reason_UNKNOWN_LEVEL, "level", strconv.Itoa(toLevel))
	}
	return []any{SentBack{
		DocumentType: d.DocumentType, Document: d.Document, Decision: d.decision(a, ReturnedOutcome, comment, at), Revision: d.Revision, ToLevel: toLevel,
	}}, nil
}

// Comment gives a comment as it is kept, or says what is wrong with it.
func Comment(s string) (string, []errs.Field) {
	s = strings.TrimSpace(vn.NFC(s))
	var fields []errs.Field
	if n := utf8.RuneCountInString(s); n > CommentLimit {
		fields = append(fields, errs.At("comment", errorsv1.Reason_TOO_LONG, "field", "comment", "length", strconv.Itoa(n), "limit", strconv.Itoa(CommentLimit)))
	}
	if mark, found := vn.SecrecyMark(s); found {
		fields = append(fields, errs.At("comment", errorsv1.Reason_SECRECY_MARK, "mark", mark))
	}
	if strings.ContainsRune(s, 0) {
		fields = append(fields, errs.At("comment", errorsv1.Reason_BAD_FORMAT, "field", "comment", "value", `'\x00'`, "expected", "không có ký tự điều khiển (no control characters)"))
	}
	return s, fields
}
