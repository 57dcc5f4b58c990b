// Package proof makes a service's log provable to outsiders: it builds the Merkle tree over the log's leaves, signs checkpoints of it
// and keeps both outside the database, and it checks logs and exported segments against what was kept. What is altered later, by
// whomever, differs from the last checkpoint kept outside, and the first altered position can be named.
package proof

import (
	"errors"
	"fmt"
)

// AlteredError says that a log, or what proves it, is not what was signed.
type AlteredError struct {
	Service string
	// Position is the first altered one; 0 when it cannot be told.
	Position int64
	Why      string
}

func (a *AlteredError) Error() string {
	if a.Position == 0 {
		return fmt.Sprintf("%s: ALTERED: %s", a.Service, a.Why)
	}
	return fmt.Sprintf("%s: ALTERED at position %d: %s", a.Service, a.Position, a.Why)
}

// AlteredAt gives the position an error names, when it says that something was altered.
func AlteredAt(err error) (position int64, altered bool) {
	a, ok := errors.AsType[*AlteredError](err)
	if !ok {
		return 0, false
	}
	return a.Position, true
}
