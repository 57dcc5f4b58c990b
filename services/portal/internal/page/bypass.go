package page

import (
	"strings"
	"time"
)

// Bypass is an approval in an emergency, without all the levels that the document's route asks for.
type Bypass struct {
	At time.Time
	// Position is that of whoever approved; Reason why it could not wait.
	Position, Reason string
	// Review is what somebody else said of it afterwards; nil until they have.
	Review *BypassReview
}

// BypassReview is what somebody else said afterwards of a bypass.
type BypassReview struct {
	// Objected says that they did not agree; else they did.
	Objected bool
	Position string
	At       time.Time
}

// tone of a notice: nobody has agreed yet, or somebody did not.
func (b Bypass) tone() string {
	if b.Review != nil && !b.Review.Objected {
		return "grey"
	}
	return "warn"
}

// before and after are the parts of a sentence around the name in it, which is Vietnamese on every page.
func before(sentence string) string {
	part, _, _ := strings.Cut(sentence, "%s")
	return part
}

func after(sentence string) string {
	_, part, _ := strings.Cut(sentence, "%s")
	return strings.TrimSpace(part)
}
