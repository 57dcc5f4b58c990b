// Package publication is the life of one publication: its workflow waits for the times that were set (to become public, to be corrected,
// to end), asks distribution for what they were set for, and waits until every channel has said that it did it. Distribution owns the
// times and the decisions.
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
	// Phase is starting, waiting (for its time or a correction's), releasing, verifying (waits for receipts), shown (until its end),
	// expiring; and at the end verified, cancelled, expired or withdrawn.
	Phase     string    `json:"phase"`
	PublishAt time.Time `json:"publishAt,omitzero"`
	// DueAt is when what waits becomes public, ExpiresAt when it stops being shown.
	DueAt     time.Time `json:"dueAt,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	Path      string    `json:"path,omitempty"`
}

// Standing is a publication as its aggregate has it.
type Standing struct {
	Title     string    `json:"title"`
	State     string    `json:"state"`
	PublishAt time.Time `json:"publishAt"`
	Path      string    `json:"path"`
	Verified  bool      `json:"verified"`
	// DueAt is when the publication or its correction becomes public; zero when neither waits. ExpiresAt is when a public one stops
	// being shown; zero: never.
	DueAt     time.Time `json:"dueAt,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// Waiting says that something has yet to happen.
	Waiting bool `json:"waiting,omitempty"`
	// ETag names the publication's version.
	ETag string `json:"etag,omitempty"`
}

// Act is something to do about a publication as it stands.
type Act struct {
	Publication string `json:"publication"`
	ETag        string `json:"etag"`
}

// Left is how long it is still too early, by the clock that decides; zero when it is done.
type Left struct {
	Left time.Duration `json:"left,omitempty"`
}

// Lead is how much before a set time the act begins: a timer may be late by a second, so the last moments are waited for beside
// distribution's clock.
const Lead = 3 * time.Second
