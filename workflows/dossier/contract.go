// Package dossier is the time of a dossier: one workflow per dossier waits for the reminders and the end of each term, for the answers of
// units that were asked, and for the review of a bypass. It decides nothing: approvals owns every moment, refuses what comes too early or
// too late, and a workflow that is lost is started again from it.
package dossier

import "time"

// Queue is the task queue of this workflow and its activities.
const Queue = "dossier"

// Type is the workflow's name in the engine.
const Type = "Dossier"

// LookSignal says that the dossier may have changed; the workflow reads it again. It carries nothing.
const LookSignal = "look"

// StateQuery answers with State.
const StateQuery = "state"

// WorkflowID is one workflow per dossier: it has the identifier of the dossier. It ends when no term runs, and is started again when one
// does.
func WorkflowID(dossierID string) string { return dossierID }

// Input starts the workflow.
type Input struct {
	Dossier string `json:"dossier"`
}

// State is what an operator reads by StateQuery.
type State struct {
	Dossier string `json:"dossier"`
	Title   string `json:"title"`
	// Phase is starting, waiting, working or ended.
	Phase string `json:"phase"`
	// Next is what it waits for.
	Next Step `json:"next,omitzero"`
	// Done counts the steps it has taken; Refused lists what was refused and why.
	Done    int      `json:"done"`
	Refused []string `json:"refused"`
}

// StepKind is what a step asks for.
type StepKind string

// The kinds of steps.
const (
	Remind        StepKind = "remind"
	Escalate      StepKind = "escalate"
	RecordSilence StepKind = "record_silence"
)

// Step is one moment of a term.
type Step struct {
	At   time.Time `json:"at"`
	Kind StepKind  `json:"kind"`
	// Level for Remind and Escalate; 0 is the review of a bypass.
	Level int32 `json:"level,omitempty"`
	// Percent of the term for Remind.
	Percent int32 `json:"percent,omitempty"`
	// Consultation for RecordSilence.
	Consultation int32 `json:"consultation,omitempty"`
	// Began is when the term began: the same level may be entered again.
	Began time.Time `json:"began"`
}

// Agenda is a dossier's steps in order of time, as its aggregate stands now.
type Agenda struct {
	Title string `json:"title"`
	Steps []Step `json:"steps"`
}
