package result

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Act is what can be done with a result that is there.
type Act string

// The acts.
const (
	Revise   Act = "revise"
	Confirm  Act = "confirm"
	Question Act = "question"
	Retract  Act = "retract"
)

// From are the states in which an act is possible. A confirmed result can be questioned again, and does not count from then; what is
// retracted stays so.
func From(act Act) []State {
	switch act {
	case Revise, Confirm:
		return []State{Recorded, Questioned}
	case Question:
		return []State{Recorded, Confirmed}
	case Retract:
		return []State{Recorded, Confirmed, Questioned}
	default:
		return nil
	}
}

// ConfirmResult lets it count. None of those who recorded or edited it may.
func (s *Results) ConfirmResult(id, person string) ([]any, error) {
	r, err := s.judged(Confirm, id, person)
	if err != nil {
		return nil, err
	}
	if err := errs.Invalid(s.free(r)); err != nil {
		return nil, err
	}
	r.State, r.Reason, r.DecidedBy = Confirmed, "", person
	r.Revision++
	return []any{ResultConfirmed{Result: r}}, nil
}

// QuestionResult says why it does not count. None of those who recorded or edited it may.
func (s *Results) QuestionResult(id, person, reason string) ([]any, error) {
	r, err := s.judged(Question, id, person)
	if err != nil {
		return nil, err
	}
	if reason, err = because(reason); err != nil {
		return nil, err
	}
	r.State, r.Reason, r.DecidedBy = Questioned, reason, person
	r.Revision++
	return []any{ResultQuestioned{Result: r}}, nil
}

// RetractResult takes it back for good.
func (s *Results) RetractResult(id, person, reason string) ([]any, error) {
	r, err := s.ready(Retract, id)
	if err != nil {
		return nil, err
	}
	if reason, err = because(reason); err != nil {
		return nil, err
	}
	r.State, r.Reason, r.DecidedBy = Retracted, reason, person
	r.Revision++
	return []any{ResultRetracted{Result: r}}, nil
}

// judged is ready for the judgement of somebody who is no author.
func (s *Results) judged(act Act, id, person string) (Result, error) {
	r, err := s.ready(act, id)
	if err == nil && slices.Contains(r.Authors, person) {
		err = errs.New(errorsv1.Reason_RESULT_OWN)
	}
	return r, err
}

// ready gives a result in a state that allows the act.
func (s *Results) ready(act Act, id string) (Result, error) {
	r, err := s.find(id)
	if err != nil {
		return r, err
	}
	if allowed := From(act); !slices.Contains(allowed, r.State) {
		words := make([]string, 0, len(allowed))
		for _, state := range allowed {
			words = append(words, string(state))
		}
		return r, errs.New(errorsv1.Reason_RESULT_STATE, "state", string(r.State), "allowed", strings.Join(words, ", "))
	}
	return r, nil
}

// because reads a reason, which there has to be.
func because(reason string) (string, error) {
	c := &checker{}
	reason = Normalise(Result{Note: reason}).Note
	c.text("reason", reason, MaxReason, true)
	return reason, errs.Invalid(c.fields)
}

func place(i int) string { return fmt.Sprintf("evidence[%d]", i) }
