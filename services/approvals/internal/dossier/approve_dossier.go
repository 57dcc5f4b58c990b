package dossier

import (
	"slices"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Actor is who decides, as the directory has them at that moment.
type Actor struct {
	route.Position
	Name    string // the person's
	Title   string // of the position: "Trưởng phòng"
	Example bool
}

// Approve records that the actor approves the hash they saw at the level where the dossier waits.
func (d *Dossier) Approve(a Actor, hash, comment string, at time.Time) ([]any, error) {
	if err := d.mayDecide(a, hash); err != nil {
		return nil, err
	}
	decision := d.decision(a, ApprovedOutcome, comment, at)
	decisions := append(slices.Clone(d.Decisions), decision)
	next := d.next(decisions, d.Current, d.Hash)
	events := []any{LevelApproved{Decision: decision, Next: next}}
	if next != 0 {
		return events, nil
	}
	completed := Completed{DocumentType: d.DocumentType, Document: d.Document, Hash: d.Hash, Revision: d.Revision}
	for level := range d.Levels {
		x, _ := standing(decisions, level+1, d.Hash)
		completed.Decisions = append(completed.Decisions, x)
	}
	return append(events, completed), nil
}

// mayDecide holds the rules common to both decisions.
func (d *Dossier) mayDecide(a Actor, hash string) error {
	if hash != d.Hash {
		return errs.New(errorsv1.Reason_HASH_MOVED, "hash", d.Hash)
	}
	if d.State != InApproval {
		return errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(InApproval))
	}
	if !d.Levels[d.Current-1].Admits(a.Position, d.Agency, d.Unit) {
		for level := range d.Levels {
			if x, ok := d.Standing(level + 1); ok && x.Person == a.Person {
				return errs.New(errorsv1.Reason_ALREADY_DECIDED, "level", d.LevelName(level+1))
			}
		}
		return errs.New(errorsv1.Reason_NOT_YOUR_LEVEL, "level", d.LevelName(d.Current))
	}
	if slices.Contains(d.Authors, a.Person) {
		return errs.New(errorsv1.Reason_FOUR_EYES)
	}
	if other, yes := d.ActedElsewhere(a.Person, d.Current); yes {
		return errs.New(errorsv1.Reason_TWO_LEVELS, "level", d.LevelName(other))
	}
	return nil
}

func (d *Dossier) decision(a Actor, o Outcome, comment string, at time.Time) Decision {
	return Decision{
		Outcome: o, Level: d.Current, Person: a.Person, PersonName: a.Name, Position: a.Title, PersonExample: a.Example,
		Hash: d.Hash, Comment: comment, At: at.UTC(),
	}
}
