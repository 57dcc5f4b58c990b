package apidoc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document is what the reference shows of the OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string            `json:"operationId"`
		Summary     string            `json:"summary"`
		Tags        []string          `json:"tags"`
		Parameters  []parameter       `json:"parameters"`
		RequestBody *body             `json:"requestBody"`
		Responses   map[string]answer `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
	} `json:"components"`
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Schema      schema `json:"schema"`
}

type body struct {
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type answer struct {
	Headers map[string]any `json:"headers"`
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        string            `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
	AllOf       []schema          `json:"allOf"`
}

func read(raw []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("reading openapi.json: %w", err)
	}
	return &d, nil
}

// named gives the last word of a reference: "Content" of "#/components/schemas/Content".
func named(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// target is the schema's own name when it refers to another, also through an array or a described reference.
func (s schema) target() string {
	switch {
	case s.Ref != "":
		return named(s.Ref)
	case s.Items != nil:
		return s.Items.target()
	case len(s.AllOf) == 1:
		return s.AllOf[0].target()
	default:
		return ""
	}
}

// kind is how the schema's type reads: "string (date-time)", "[Theme]".
func (s schema) kind() string {
	switch {
	case s.Items != nil:
		return "[" + s.Items.kind() + "]"
	case s.target() != "":
		return s.target()
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	default:
		return s.Type
	}
}

// example writes a value of the schema's shape, three levels deep.
func (d *document) example(s schema, depth int) any {
	if name := s.target(); name != "" && s.Items == nil {
		return d.example(d.Components.Schemas[name], depth)
	}
	switch {
	case s.Items != nil:
		return []any{d.example(*s.Items, depth+1)}
	case s.Properties != nil && depth < 3:
		object := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			object[name] = d.example(s.Properties[name], depth+1)
		}
		return object
	case s.Properties != nil:
		return map[string]any{}
	case s.Format == "date-time":
		return "2026-01-31T08:00:00+07:00"
	case s.Format == "int64":
		return "0"
	case s.Type == "integer" || s.Type == "number":
		return 0
	case s.Type == "boolean":
		return false
	default:
		return "…"
	}
}
