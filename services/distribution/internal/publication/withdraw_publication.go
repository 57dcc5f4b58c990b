package publication

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// WithdrawalPrefix is that of the identifier of the document by which a publication is withdrawn.
const WithdrawalPrefix = "withdrawal"

// reasonLimit is how long a public reason may be, in characters.
const reasonLimit = 1000

// WithdrawalState is how far a withdrawal has come.
type WithdrawalState string

// The states of a withdrawal; empty before it is submitted.
const (
	WithdrawalStateSubmitted WithdrawalState = "submitted"
	WithdrawalStateReturned  WithdrawalState = "returned"
	WithdrawalStateApproved  WithdrawalState = "approved"
)

// Withdrawal takes a publication back once its dossier is approved.
type Withdrawal struct {
	State                   WithdrawalState
	ID, Reason, Replacement string
	Hash, Comment           string
	Authors                 []string
	Attempt                 int32
	SubmittedAt             time.Time
	// Decisions approved it, and Review is of the bypass among them.
	Decisions []Decision
	Review    Review
}

// WithdrawalID is the identifier of a publication's withdrawal: a publication is withdrawn once, by one document.
func WithdrawalID(publication string) (string, error) {
	u, err := id.Parse(Prefix, publication)
	return id.Format(WithdrawalPrefix, u), err
}

// OfWithdrawal is the publication that a withdrawal takes back.
func OfWithdrawal(withdrawal string) (string, error) {
	u, err := id.Parse(WithdrawalPrefix, withdrawal)
	return id.Format(Prefix, u), err
}

// Request is what somebody asks when they ask for a withdrawal.
type Request struct {
	Publication, Reason, Replacement string
	// Author asks; Unit is theirs.
	Author, Unit string
}

// SubmitWithdrawal asks for the approval of taking the publication back. What is not public yet is cancelled instead.
func (p *Publication) SubmitWithdrawal(r Request) ([]any, error) {
	reason := strings.TrimSpace(vn.NFC(r.Reason))
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	switch {
	case p.State == Scheduled:
		return nil, errs.New(errorsv1.Reason_WITHDRAW_SCHEDULED)
	case p.State != Published:
		return nil, p.refuse(Published)
	case p.Withdrawal.State == WithdrawalStateSubmitted:
		return nil, errs.New(errorsv1.Reason_WITHDRAWAL_OPEN, "withdrawal", p.Withdrawal.ID)
	case r.Replacement == r.Publication:
		return nil, errs.Invalid([]errs.Field{errs.At("replacement", errorsv1.Reason_UNKNOWN_PUBLICATION, "value", r.Replacement)})
	}
	document, err := WithdrawalID(r.Publication)
	if err != nil {
		return nil, err
	}
	unit := p.Snapshot.Unit
	if unit == "" {
		unit = r.Unit
	}
	authors := slices.Clone(p.Withdrawal.Authors)
	if !slices.Contains(authors, r.Author) {
		authors = append(authors, r.Author)
	}
	submitted := WithdrawalSubmitted{
		Withdrawal: document, Title: p.Snapshot.Title, Reason: reason, Replacement: r.Replacement, Agency: p.Snapshot.Agency, Unit: unit,
		Authors: authors, Attempt: p.Withdrawal.Attempt + 1, Example: p.Snapshot.Example,
	}
	submitted.Hash, err = submitted.hash(r.Publication)
	return []any{submitted}, err
}

func checkReason(reason string) error {
	var wrong []errs.Field
	if reason == "" {
		wrong = append(wrong, errs.At("reason", errorsv1.Reason_REQUIRED, "field", "reason"))
	}
	if n := utf8.RuneCountInString(reason); n > reasonLimit {
		wrong = append(wrong, errs.At("reason", errorsv1.Reason_TOO_LONG, "field", "reason", "length", strconv.Itoa(n), "limit", strconv.Itoa(reasonLimit)))
	}
	if mark, found := vn.SecrecyMark(reason); found {
		wrong = append(wrong, errs.At("reason", errorsv1.Reason_SECRECY_MARK, "mark", mark))
	}
	return errs.Invalid(wrong)
}

// hash is of what approvers approve. The attempt is in it, so that an approval is of one submission.
func (s WithdrawalSubmitted) hash(publication string) (string, error) {
	canonical, err := json.Marshal([]any{"withdrawal", publication, s.Reason, s.Replacement, s.Attempt})
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), err
}

func (s WithdrawalSubmitted) withdrawal(at time.Time) Withdrawal {
	return Withdrawal{
		State: WithdrawalStateSubmitted, ID: s.Withdrawal, Reason: s.Reason, Replacement: s.Replacement, Hash: s.Hash, Authors: s.Authors,
		Attempt: s.Attempt, SubmittedAt: at,
	}
}

// ReturnWithdrawal follows a return, or that the dossier was taken back. It counts for the submission that it is of.
func (p *Publication) ReturnWithdrawal(hash, comment string) []any {
	if p.Withdrawal.State != WithdrawalStateSubmitted || p.Withdrawal.Hash != hash {
		return nil
	}
	return []any{WithdrawalReturned{Hash: hash, Comment: comment}}
}

// WithdrawPublication follows the approval of a withdrawal and carries it out, once. It counts for the submission that it is of. Now is
// the log's clock.
func (p *Publication) WithdrawPublication(hash, replacementPath string, decisions []Decision, now time.Time) []any {
	w := p.Withdrawal
	if p.State != Published || w.State != WithdrawalStateSubmitted || w.Hash != hash {
		return nil
	}
	return []any{PublicationWithdrawn{
		Content: p.Snapshot.Content, Slug: p.Slug, Title: p.Snapshot.Title, Agency: p.Snapshot.Agency, Reason: w.Reason,
		Replacement: w.Replacement, ReplacementPath: replacementPath, PublishedAt: p.PublishedAt, WithdrawnAt: now.UTC(),
		Decisions: decisions, Example: p.Snapshot.Example,
	}}
}
