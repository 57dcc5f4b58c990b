package dossier

import (
	"encoding/json"

	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// What earlier versions of the events did not record is not made up by their upcasts.
type upcast = func(json.RawMessage) (json.RawMessage, error)

type fields map[string]json.RawMessage

func reshape(data json.RawMessage, change func(fields) error) (json.RawMessage, error) {
	var f fields
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	if err := change(f); err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

func (f fields) set(name string, value any) (err error) {
	f[name], err = json.Marshal(value)
	return err
}

// ofUnknownRevision is the upcast to version 2 of the events that name a document's text: version 1 named its hash alone. Revision 0 says
// that it is not known, and whoever compares then has the hash alone, as before.
func ofUnknownRevision(v1 json.RawMessage) (json.RawMessage, error) {
	return reshape(v1, func(f fields) error { return f.set("revision", 0) })
}

// atTheFirstLevel: until levels could be parallel, a dossier was opened at the first one, one approval was enough at each, and content was
// not corrected.
func atTheFirstLevel(v2 json.RawMessage) (json.RawMessage, error) {
	return reshape(v2, func(f fields) error {
		var levels []route.Level
		if err := json.Unmarshal(f["levels"], &levels); err != nil {
			return err
		}
		if err := f.set("levels", route.Sequential(levels)); err != nil {
			return err
		}
		if err := f.set("open", []int{1}); err != nil {
			return err
		}
		return f.set("edition", 0)
	})
}

// atOneLevel: it waited at one level.
func atOneLevel(v2 json.RawMessage) (json.RawMessage, error) { return onlyLevel(v2, "level") }

// toOneLevel: it went on to one level, or to none.
func toOneLevel(v1 json.RawMessage) (json.RawMessage, error) { return onlyLevel(v1, "next") }

func onlyLevel(data json.RawMessage, name string) (json.RawMessage, error) {
	return reshape(data, func(f fields) error {
		var level int
		if err := json.Unmarshal(f[name], &level); err != nil {
			return err
		}
		open := []int{}
		if level > 0 {
			open = append(open, level)
		}
		delete(f, name)
		return f.set("open", open)
	})
}

// asItIs: decisions got a capacity, a delegator and the mark of a bypass, which no decision had before.
func asItIs(data json.RawMessage) (json.RawMessage, error) { return data, nil }
