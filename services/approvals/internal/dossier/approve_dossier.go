package dossier

import (
	"slices"
	"strconv"
	"strings"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Actor is who decides, as the directory has them at that moment.
type Actor struct {
	route.Position
	Name    string // the person's
	Title   string // of the position: "Trưởng phòng"
	Example bool
	// Capacity in which they sign: KT. for a deputy, TM. for the leader of a people's committee, TUQ. in somebody's place.
	Capacity string
	// For is the delegator in whose place they decide; nil in their own right.
	For *Delegator
}

// Delegator is in whose place somebody decides, as the directory has them at that moment, and by what.
type Delegator struct {
	route.Position
	Name, Title string
	Example     bool
	Delegation  delegation.Delegation
}

// seat is the position by which the actor decides.
func (a Actor) seat() route.Position {
	if a.For != nil {
		return a.For.Position
	}
	return a.Position
}

// Ask is what somebody asks for who decides: on which text, at which of the levels where it waits (0: the first at which they may), and
// what they say to it.
type Ask struct {
	Hash    string
	Level   int
	Comment string
}

// Approve records that the actor approves the hash they saw at a level where the dossier waits.
func (d *Dossier) Approve(a Actor, ask Ask, o Office) ([]any, error) {
	level, err := d.mayDecide(a, ask, o.At)
	if err != nil {
		return nil, err
	}
	if err := d.opinionsHeard(o.At); err != nil {
		return nil, err
	}
	decision := d.decision(a, level, ApprovedOutcome, ask.Comment, o.At)
	t := d.tally()
	t.decisions = append(slices.Clone(t.decisions), decision)
	open := d.onward(t, level)
	events := []any{LevelApproved{Decision: decision, Open: append([]int{}, open...)}}
	if len(open) == 0 {
		return append(events, d.completed(t.standing(), false)), nil
	}
	after := *d
	after.Decisions = t.decisions
	return append(events, after.enter(d.Open, open, d.Authors, o)...), nil
}

func (d *Dossier) completed(decisions []Decision, bypassed bool) Completed {
	return Completed{
		DocumentType: d.DocumentType, Document: d.Document, Hash: d.Hash, Revision: d.Revision, Decisions: decisions, Bypassed: bypassed,
	}
}

// mayDecide holds the rules common to both decisions, and chooses the level.
func (d *Dossier) mayDecide(a Actor, ask Ask, at time.Time) (level int, err error) {
	if ask.Hash != d.Hash {
		return 0, errs.New(errorsv1.Reason_HASH_MOVED, "hash", d.Hash)
	}
	if d.State != InApproval {
		return 0, errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(InApproval))
	}
	if a.For != nil && (a.For.Person != a.For.Delegation.Delegator || !a.For.Delegation.Covers(a.Person, d.DocumentType, d.Agency, at)) {
		return 0, errs.New(errorsv1.Reason_DELEGATION_NONE, "delegator", a.For.Person)
	}
	if ask.Level != 0 && !slices.Contains(d.Open, ask.Level) {
		return 0, errs.New(errorsv1.Reason_LEVEL_NOT_CURRENT, "level", strconv.Itoa(ask.Level), "current", d.openNames())
	}
	var refusal error
	for _, open := range d.Open {
		if ask.Level != 0 && ask.Level != open || !d.Levels[open-1].Admits(a.seat(), d.Agency, d.Unit) {
			continue
		}
		err := d.mayDecideAt(a, open)
		if err == nil {
			return open, nil
		}
		if refusal == nil {
			refusal = err
		}
	}
	if refusal != nil {
		return 0, refusal
	}
	if level, yes := d.hasApproved(a.Person); yes {
		return 0, errs.New(errorsv1.Reason_ALREADY_DECIDED, "level", d.LevelName(level))
	}
	return 0, errs.New(errorsv1.Reason_NOT_YOUR_LEVEL, "level", d.openNames())
}

// mayDecideAt holds what is asked of the person, and of the one in whose place they decide, at a level that admits them: neither has
// written the text, neither has decided at another level, and nothing by either stands at this one.
func (d *Dossier) mayDecideAt(a Actor, level int) error {
	if slices.Contains(d.Authors, a.Person) {
		return errs.New(errorsv1.Reason_FOUR_EYES)
	}
	if other, yes := d.ActedElsewhere(a.Person, level); yes {
		return errs.New(errorsv1.Reason_TWO_LEVELS, "level", d.LevelName(other))
	}
	if at, yes := d.hasApproved(a.Person); yes {
		return errs.New(errorsv1.Reason_ALREADY_DECIDED, "level", d.LevelName(at))
	}
	if a.For == nil {
		return nil
	}
	_, elsewhere := d.ActedElsewhere(a.For.Person, level)
	_, approved := d.hasApproved(a.For.Person)
	if elsewhere || approved || slices.Contains(d.Authors, a.For.Person) {
		return errs.New(errorsv1.Reason_DELEGATOR_INVOLVED, "person", a.For.Person)
	}
	return nil
}

// WaitsFor says whether an actor may decide now, as far as no opinion is awaited.
func (d *Dossier) WaitsFor(a Actor, at time.Time) bool {
	_, err := d.mayDecide(a, Ask{Hash: d.Hash}, at)
	return err == nil
}

func (d *Dossier) openNames() string {
	names := make([]string, 0, len(d.Open))
	for _, level := range d.Open {
		names = append(names, d.LevelName(level))
	}
	return strings.Join(names, "”, “")
}

func (d *Dossier) decision(a Actor, level int, o Outcome, comment string, at time.Time) Decision {
	x := Decision{
		Outcome: o, Level: level, Person: a.Person, PersonName: a.Name, Position: a.Title, PersonExample: a.Example,
		Hash: d.Hash, Comment: comment, At: at.UTC(), Capacity: a.Capacity,
	}
	if a.For != nil {
		x.OnBehalfOf, x.OnBehalfOfName, x.OnBehalfOfPosition, x.Delegation = a.For.Person, a.For.Name, a.For.Title, a.For.Delegation.ID
		x.PersonExample = x.PersonExample || a.For.Example
	}
	return x
}
