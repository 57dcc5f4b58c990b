package route

import (
	_ "embed" // the default terms
	"encoding/json"
)

//go:embed terms.json
var termsData []byte

// Terms are the times that hold where nobody has set one, in working days. They are data; a route that says its own terms needs none.
type Terms struct {
	// Levels by place in the route; a level after the last has the last one's.
	Levels []int `json:"levels"`
	// Opinion is how long other units have for an opinion, Review how long the review of a bypass may take.
	Opinion int `json:"opinion"`
	Review  int `json:"review"`
	// Recalled says that no source at hand confirms them.
	Recalled bool `json:"recalled"`
}

// DefaultTerms reads the terms that Loa comes with.
func DefaultTerms() (Terms, error) {
	var t Terms
	err := json.Unmarshal(termsData, &t)
	return t, err
}

// Of gives the term of a level, from 1, in working days.
func (t Terms) Of(levels []Level, level int) int {
	if own := levels[level-1].Term; own > 0 {
		return own
	}
	if len(t.Levels) == 0 {
		return 1
	}
	return t.Levels[min(level, len(t.Levels))-1]
}
