package convert

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// narrow says of requests what the gateway refuses: members that a message does not have, pages of less than nothing, numbers
// that are not whole. A message that is both sent and answered gets a second schema for what is sent, so that an answer may grow members.
func narrow(doc *openapi3.T) {
	answered := map[string]bool{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, response := range op.Responses.Map() {
				if response.Value != nil {
					reach(doc, response.Value.Content, answered)
				}
			}
		}
	}
	n := narrower{doc: doc, answered: answered, done: map[string]bool{}}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range op.Parameters {
				if p.Value != nil && p.Value.In == openapi3.ParameterInQuery {
					narrowParameter(p.Value)
				}
			}
			if op.RequestBody == nil || op.RequestBody.Value == nil {
				continue
			}
			if media := op.RequestBody.Value.Content["application/json"]; media != nil {
				op.RequestBody.Value.Required = false // none is read as {}
				n.narrow(media.Schema)
				if mask := op.Parameters.GetByInAndName("query", "updateMask"); mask != nil {
					mask.Schema.Value.Pattern = maskOf(doc, media.Schema)
				}
			}
		}
	}
}

const wholeNumber = `^-?(0|[1-9][0-9]{0,17})$`

// maskOf is the pattern of an update mask over the members of an edit's body.
func maskOf(doc *openapi3.T, body *openapi3.SchemaRef) string {
	schema := body.Value
	if body.Ref != "" {
		schema = doc.Components.Schemas[body.Ref[strings.LastIndexByte(body.Ref, '/')+1:]].Value
	}
	one := "(" + strings.Join(slices.Sorted(maps.Keys(schema.Properties)), "|") + ")"
	return "^" + one + "(," + one + ")*$"
}

func narrowParameter(p *openapi3.Parameter) {
	if p.Schema == nil || p.Schema.Value == nil {
		return
	}
	switch s := p.Schema.Value; {
	case p.Name == "pageSize":
		s.WithMin(0)
	case s.Format == "int64" || s.Format == "uint64":
		s.Pattern = wholeNumber
	}
}

type narrower struct {
	doc      *openapi3.T
	answered map[string]bool
	done     map[string]bool
}

// narrow closes the schema of a request and all that it holds.
func (n narrower) narrow(s *openapi3.SchemaRef) {
	switch {
	case s == nil:
		return
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		s.Ref = "#/components/schemas/" + n.closed(name)
		return
	case s.Value == nil:
		return
	}
	n.narrow(s.Value.Items)
	for _, part := range s.Value.AllOf {
		n.narrow(part)
	}
	for _, property := range s.Value.Properties {
		n.narrow(property)
		n.mayBeNull(property)
	}
	n.narrow(s.Value.AdditionalProperties.Schema)
	switch {
	case s.Value.Type.Is("object") && s.Value.AdditionalProperties.Schema == nil:
		none := false
		s.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &none}
	case s.Value.Format == "int64" || s.Value.Format == "uint64":
		s.Value.Pattern = wholeNumber
	}
}

// mayBeNull says that null is read as nothing given, as many serialisers write it. A reference is wrapped: what it refers to may also be
// an element of a list, where null is refused.
func (n narrower) mayBeNull(s *openapi3.SchemaRef) {
	if s.Ref != "" {
		s.Value, s.Ref = &openapi3.Schema{AllOf: openapi3.SchemaRefs{{Ref: s.Ref}}}, ""
	}
	s.Value.Nullable = true
	if len(s.Value.AllOf) == 1 { // a described reference
		s.Value.Type = &openapi3.Types{"object"}
	}
}

// closed gives the name of the closed schema: its own, or a copy's when answers have it too.
func (n narrower) closed(name string) string {
	schema := n.doc.Components.Schemas[name]
	if schema == nil || strings.HasSuffix(name, "Input") {
		return name
	}
	input := name
	if n.answered[name] {
		input = name + "Input"
	}
	if n.done[input] {
		return input
	}
	n.done[input] = true
	if input != name {
		schema = copied(schema)
		n.doc.Components.Schemas[input] = schema
	}
	n.narrow(schema)
	return input
}

// copied is a schema of its own down to the references it holds.
func copied(s *openapi3.SchemaRef) *openapi3.SchemaRef {
	if s == nil || s.Ref != "" || s.Value == nil {
		if s == nil {
			return nil
		}
		return &openapi3.SchemaRef{Ref: s.Ref, Value: s.Value}
	}
	value := *s.Value
	value.Items = copied(value.Items)
	value.AllOf = nil
	for _, part := range s.Value.AllOf {
		value.AllOf = append(value.AllOf, copied(part))
	}
	if s.Value.Properties != nil {
		value.Properties = openapi3.Schemas{}
		for name, property := range s.Value.Properties {
			value.Properties[name] = copied(property)
		}
	}
	value.AdditionalProperties.Schema = copied(s.Value.AdditionalProperties.Schema)
	return &openapi3.SchemaRef{Value: &value}
}

// reach collects the names of the schemas that an answer holds.
func reach(doc *openapi3.T, content openapi3.Content, into map[string]bool) {
	var walk func(s *openapi3.SchemaRef)
	walk = func(s *openapi3.SchemaRef) {
		if s == nil {
			return
		}
		if s.Ref != "" {
			name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
			if into[name] {
				return
			}
			into[name] = true
			walk(doc.Components.Schemas[name])
			return
		}
		if s.Value == nil {
			return
		}
		walk(s.Value.Items)
		for _, part := range s.Value.AllOf {
			walk(part)
		}
		for _, property := range s.Value.Properties {
			walk(property)
		}
		walk(s.Value.AdditionalProperties.Schema)
	}
	for _, media := range content {
		walk(media.Schema)
	}
}
