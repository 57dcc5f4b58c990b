package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Import records a plan that was issued outside Loa. The same document again records nothing; another one under the same number is
// PLAN_EXISTS. The document has been checked and its items carry their identifiers.
func (p *Plan) Import(d Document) ([]any, error) {
	if !p.Exists() {
		return []any{Imported{Document: d}}, nil
	}
	same, err := equal(p.Document, d)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, errs.New(errorsv1.Reason_PLAN_EXISTS, "number", d.Number)
	}
	return nil, nil
}

// equal compares as stored, so that an empty list equals an absent one.
func equal(a, b Document) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("comparing plans: %w", err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("comparing plans: %w", err)
	}
	return bytes.Equal(x, y), nil
}
