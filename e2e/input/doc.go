// Package input sends a running Loa what it must refuse: wrong files, wrong JSON, what comes too late or from the wrong person, and what
// comes while an engine is away. Every refusal is judged whole, in both languages, and nothing may be half-done afterwards.
package input
