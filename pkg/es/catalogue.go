package es

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"

	jsonv2 "github.com/go-json-experiment/json"
)

// Upcast turns the data stored under an older name into the data of the next version.
type Upcast struct {
	// From is the older name, such as "content.item_revised.v1".
	From string
	Func func(json.RawMessage) (json.RawMessage, error)
}

// Type is one event type of a catalogue, made by EventType.
type Type struct {
	name    string
	of      reflect.Type
	decode  func(json.RawMessage) (any, error)
	upcasts []Upcast
}

// EventType names the events whose data is an E, a struct. The name is written by hand and never changes; when E changes, the type
// gets the next version and an upcast. Upcasts stand oldest first, each giving the data of the version after its own.
func EventType[E any](name string, upcasts ...Upcast) Type {
	return Type{
		name: name, of: reflect.TypeFor[E](), upcasts: upcasts,
		decode: func(raw json.RawMessage) (any, error) {
			var quick E
			if err := jsonv2.Unmarshal(raw, &quick, jsonv2.RejectUnknownMembers(true)); err == nil {
				return quick, nil
			}
			return decodeAnew[E](raw)
		},
	}
}

// decodeAnew is what decides how data is read. Data that the stricter and five times quicker reader above takes, both read alike; the
// rest is read here: names in other letters, a name twice, bytes as numbers.
func decodeAnew[E any](raw json.RawMessage) (any, error) {
	var e E
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // what a reader does not know it would silently lose
	err := d.Decode(&e)
	if err == nil && len(bytes.TrimSpace(raw[d.InputOffset():])) > 0 {
		err = errors.New("something follows it")
	}
	return e, err
}

// Catalogue is the event types of one log. A mistake in it is reported by Open, Replay and CheckGoldens.
type Catalogue struct {
	types  []Type
	named  map[string]decoding
	typed  map[reflect.Type]string
	faults error
}

// decoding is how the data stored under one name becomes a value: the upcasts still ahead of it, then the type's decoder.
type decoding struct {
	upcasts []Upcast
	of      Type
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.v[1-9][0-9]*$`)

// NewCatalogue lists the event types of a log.
func NewCatalogue(types ...Type) *Catalogue {
	c := &Catalogue{types: types, named: map[string]decoding{}, typed: map[reflect.Type]string{}}
	for _, t := range types {
		if t.of.Kind() != reflect.Struct {
			c.fault("the data of %q is a %s, which is not a struct", t.name, t.of)
		}
		if other, ok := c.typed[t.of]; ok {
			c.fault("%q and %q have the same Go type %s", other, t.name, t.of)
		}
		c.typed[t.of] = t.name
		c.name(t.name, decoding{of: t})
		for i, u := range t.upcasts {
			c.name(u.From, decoding{upcasts: t.upcasts[i:], of: t})
		}
	}
	return c
}

// Join is the catalogue of a log that several aggregates share.
func Join(catalogues ...*Catalogue) *Catalogue {
	var types []Type
	for _, c := range catalogues {
		types = append(types, c.types...)
	}
	return NewCatalogue(types...)
}

func (c *Catalogue) name(name string, r decoding) {
	if !eventName.MatchString(name) {
		c.fault("the event type %q is not of the form service.noun_participle.v1", name)
	}
	if _, ok := c.named[name]; ok {
		c.fault("the event type %q is listed twice", name)
	}
	c.named[name] = r
}

func (c *Catalogue) fault(format string, args ...any) {
	c.faults = errors.Join(c.faults, fmt.Errorf(format, args...))
}

// Encode gives the name and the bytes a value is stored under.
func (c *Catalogue) Encode(data any) (name string, raw json.RawMessage, err error) {
	name, ok := c.typed[reflect.TypeOf(data)]
	if !ok {
		return "", nil, fmt.Errorf("the catalogue has no event type for %T", data)
	}
	raw, err = marshal(data)
	return name, raw, err
}

// Decode gives the value of data stored under a name, after upcasts.
func (c *Catalogue) Decode(name string, raw json.RawMessage) (any, error) {
	r, ok := c.named[name]
	if !ok {
		return nil, fmt.Errorf("the catalogue has no event type %q", name)
	}
	var err error
	for _, u := range r.upcasts {
		if raw, err = u.Func(raw); err != nil {
			return nil, fmt.Errorf("the upcast of %q: %w", u.From, err)
		}
	}
	data, err := r.of.decode(raw)
	if err != nil {
		return nil, fmt.Errorf("the data of %q: %w", name, err)
	}
	return data, nil
}

// marshal leaves <, > and & as they are: the bytes are read by people, never by a browser.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
