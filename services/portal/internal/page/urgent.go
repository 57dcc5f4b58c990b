package page

import "time"

// Urgent is a published item that is urgent until a moment.
type Urgent struct {
	Entry
	Until time.Time
}
