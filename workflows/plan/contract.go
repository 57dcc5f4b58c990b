// Package plan is the life of an issued plan: one workflow per plan waits for its deadlines and for the cut-off of each reporting
// period, asks planning to mark what is overdue and reporting to compile. It decides nothing and keeps no state that matters: the
// aggregates do, and a workflow lost with its engine is started again from them.
package plan

import "time"

// Queue is the task queue of this workflow and its activities.
const Queue = "plan"

// Type is the workflow's name in the engine.
const Type = "Plan"

// LookSignal says that the plan may have changed; the workflow reads it again. It carries nothing.
const LookSignal = "look"

// StateQuery answers with State.
const StateQuery = "state"

// WorkflowID is one workflow per plan: it has the identifier of the plan.
func WorkflowID(planID string) string { return planID }

// Input starts the workflow. Done is set when it continues as new: everything up to that moment has been seen to.
type Input struct {
	Plan string    `json:"plan"`
	Done time.Time `json:"done,omitzero"`
}

// State is what an operator reads by StateQuery.
type State struct {
	Plan   string `json:"plan"`
	Number string `json:"number"`
	Title  string `json:"title"`
	// Phase is starting, waiting, working, over (it was over when the workflow started) or ended.
	Phase string `json:"phase"`
	// Next is what it waits for.
	Next Step `json:"next,omitzero"`
	// Overdue lists the items it had marked, Reports the periods it had compiled, Refused what was refused and why.
	Overdue []string `json:"overdue"`
	Reports []string `json:"reports"`
	Refused []string `json:"refused"`
}

// StepKind is what a step asks for.
type StepKind string

// The kinds of steps.
const (
	MarkOverdue   StepKind = "mark_overdue"
	CompileReport StepKind = "compile_report"
)

// Step is one moment of a plan's life.
type Step struct {
	At   time.Time `json:"at"`
	Kind StepKind  `json:"kind"`
	// Day (YYYY-MM-DD) for MarkOverdue: items whose deadline is before it.
	Day string `json:"day,omitempty"`
	// Period (2022-M03) for CompileReport.
	Period string `json:"period,omitempty"`
}

// Agenda is a plan's steps in order of time, as its aggregate stands now.
type Agenda struct {
	Number string `json:"number"`
	Title  string `json:"title"`
	// Recorded is when the plan came into Loa.
	Recorded time.Time `json:"recorded"`
	// Ends is the first instant after the plan.
	Ends  time.Time `json:"ends"`
	Steps []Step    `json:"steps"`
}
