package es

import "encoding/json"

// Upcast turns the data stored under an older name into the data of the next version.
type Upcast struct {
	From string
	Func func(json.RawMessage) (json.RawMessage, error)
}

// Type is one event type of a catalogue, made by EventType.
type Type struct{ name string }

// Catalogue is the event types of one service's log.
type Catalogue struct{ types []Type }

func EventType[E any](name string, upcasts ...Upcast) Type { return Type{name: name} }

func NewCatalogue(types ...Type) *Catalogue { return &Catalogue{types} }

// TB is what CheckGoldens needs of *testing.T.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

func CheckGoldens(t TB, c *Catalogue, dir string) {}
