// Package publication is the life of one publication: its workflow waits for the set time, asks distribution to release it, and
// waits until every channel has said that it carries it. Distribution owns the time and the decision.
package publication

import "time"

// Queue is the task queue of this workflow and its activities.
const Queue = "publication"

// Type is the workflow's name in the engine.
const Type = "Publication"

// LookSignal says that the publication may have changed; the workflow reads it again. It carries nothing.
const LookSignal = "look"

// StateQuery answers with State.
const StateQuery = "state"

// WorkflowID is one workflow per publication: it has the identifier of the publication.
func WorkflowID(publicationID string) string { return publicationID }

// Input starts the workflow.
type Input struct {
	Publication string `json:"publication"`
}

// State is what an operator reads by StateQuery.
type State struct {
	Publication string `json:"publication"`
	Title       string `json:"title"`
	// Phase is starting, waiting (for its time), releasing, verifying (waits for receipts), verified or cancelled.
	Phase     string    `json:"phase"`
	PublishAt time.Time `json:"publishAt,omitzero"`
	Path      string    `json:"path,omitempty"`
}

// Standing is a publication as its aggregate has it.
type Standing struct {
	Title     string    `json:"title"`
	State     string    `json:"state"`
	PublishAt time.Time `json:"publishAt"`
	Path      string    `json:"path"`
	Verified  bool      `json:"verified"`
}
