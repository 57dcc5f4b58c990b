package planfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// The parts of a mapping that stands for a value that the source does not state.
const (
	valueKey   = "value"
	exampleKey = "example"
)

// mapping gives the values of a mapping's keys, and notes unknown keys and keys that stand twice.
func (r *reader) mapping(n *yaml.Node, path string, keys ...string) map[string]*yaml.Node {
	if !r.plain(n, path) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.shape(n, path, strings.Join(keys, ", "))
		return nil
	}
	values, lines := map[string]*yaml.Node{}, map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		first, again := lines[key.Value]
		switch {
		case !r.plain(key, at):
		case key.Kind != yaml.ScalarNode || !slices.Contains(keys, key.Value):
			r.at(key.Line, at, errorsv1.Reason_UNKNOWN_KEY, "key", vn.NFC(key.Value))
		case again:
			r.at(key.Line, at, errorsv1.Reason_DUPLICATE, "value", key.Value, "row", strconv.Itoa(first))
		default:
			lines[key.Value], r.lines[at] = key.Line, key.Line
			values[key.Value] = value
		}
	}
	return values
}

// part takes a value that may be written as {value: …, example: true}, and says whether it is.
func (r *reader) part(n *yaml.Node, path string) (value *yaml.Node, example bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return n, false
	}
	values := r.mapping(n, path, valueKey, exampleKey)
	if values == nil {
		return nil, false
	}
	if values[valueKey] == nil {
		r.at(n.Line, path, errorsv1.Reason_REQUIRED, "field", valueKey)
	}
	return values[valueKey], r.flag(values[exampleKey], join(path, exampleKey))
}

// text reads a scalar as text in NFC; what is absent or null is empty.
func (r *reader) text(n *yaml.Node, path string) string {
	if n == nil || !r.plain(n, path) || n.ShortTag() == "!!null" {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.shape(n, path, "…")
		return ""
	}
	r.note(path, n)
	return strings.TrimSpace(vn.NFC(n.Value))
}

// flag reads true or false; what is absent is false.
func (r *reader) flag(n *yaml.Node, path string) bool {
	if n == nil || !r.plain(n, path) {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.shape(n, path, "true, false")
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// number reads a whole number; what is absent is zero.
func (r *reader) number(n *yaml.Node, path string) int64 {
	if n == nil || !r.plain(n, path) {
		return 0
	}
	value, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil {
		r.shape(n, path, "1, 2, 3")
		return 0
	}
	r.note(path, n)
	return value
}

// entries gives a sequence's nodes; what is absent has none.
func (r *reader) entries(n *yaml.Node, path string) []*yaml.Node {
	if n == nil || !r.plain(n, path) || n.ShortTag() == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.shape(n, path, "[…]")
		return nil
	}
	for i, entry := range n.Content {
		r.lines[index(path, i)] = entry.Line
	}
	return n.Content
}

// plain refuses what makes a file mean something else than it shows: anchors, aliases, merges and tags of its own.
func (r *reader) plain(n *yaml.Node, path string) bool {
	what := ""
	switch {
	case n.Kind == yaml.AliasNode:
		what = "*" + n.Value
	case n.Anchor != "":
		what = "&" + n.Anchor
	case n.Style&yaml.TaggedStyle != 0:
		what = n.Tag
	}
	if what == "" {
		return true
	}
	r.at(n.Line, path, errorsv1.Reason_BAD_FORMAT, "value", what, "field", last(path), "expected", "…")
	return false
}

func (r *reader) shape(n *yaml.Node, path, expected string) {
	value := n.Value
	if n.Kind == yaml.MappingNode {
		value = "{…}"
	} else if n.Kind == yaml.SequenceNode {
		value = "[…]"
	}
	r.at(n.Line, path, errorsv1.Reason_BAD_FORMAT, "value", vn.NFC(value), "field", last(path), "expected", expected)
}

// note keeps the line of a value that has no key of its own.
func (r *reader) note(path string, n *yaml.Node) {
	if _, ok := r.lines[path]; !ok {
		r.lines[path] = n.Line
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
