package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maximumDepth of nested objects and arrays; nothing in the API comes near it.
const maximumDepth = 32

// bodyCheck walks a JSON body along its message, to name the field that is not in it or not of its type.
type bodyCheck struct {
	text   []byte
	hidden []string // fields of the outermost message that the path gives
	in     *json.Decoder
}

func (c *bodyCheck) check(m protoreflect.MessageDescriptor) *errs.Error {
	c.in = json.NewDecoder(bytes.NewReader(c.text))
	c.in.UseNumber()
	err := c.message(m, "", 0)
	if err == nil {
		if _, trailing := c.in.Token(); !errors.Is(trailing, io.EOF) {
			err = fmt.Errorf("more than one value: %w", errSyntax)
		}
	}
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*errs.Error](err); ok {
		return refused
	}
	line, column := c.place()
	return errs.New(errorsv1.Reason_UNREADABLE, "what", fmt.Sprintf("JSON %d:%d", line, column)).Because(err)
}

var errSyntax = errors.New("not JSON as expected")

func (c *bodyCheck) message(m protoreflect.MessageDescriptor, path string, depth int) error {
	token, err := c.in.Token()
	if err != nil {
		return err
	}
	if token == nil && path != "" {
		return nil
	}
	if token != json.Delim('{') {
		return wrongType(path, c.skipFrom(token), "object")
	}
	if depth > maximumDepth {
		return errSyntax
	}
	seen := map[protoreflect.Name]bool{}
	for c.in.More() {
		key, err := c.in.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return errSyntax
		}
		at := join(path, name)
		field := fieldOf(m, name)
		if field == nil || depth == 0 && slices.Contains(c.hidden, string(field.Name())) {
			return errs.New(errorsv1.Reason_UNKNOWN_FIELD, "field", at)
		}
		if seen[field.Name()] {
			return fmt.Errorf("%s twice: %w", at, errSyntax)
		}
		seen[field.Name()] = true
		if err := c.field(field, at, depth+1); err != nil {
			return err
		}
	}
	_, err = c.in.Token()
	return err
}

func (c *bodyCheck) field(f protoreflect.FieldDescriptor, path string, depth int) error {
	switch {
	case f.IsMap():
		return c.entries(f, path, depth)
	case f.IsList():
		token, err := c.in.Token()
		if err != nil || token == nil {
			return err
		}
		if token != json.Delim('[') {
			return wrongType(path, c.skipFrom(token), "array")
		}
		for i := 0; c.in.More(); i++ {
			if err := c.value(f, fmt.Sprintf("%s[%d]", path, i), depth); err != nil {
				return err
			}
		}
		_, err = c.in.Token()
		return err
	default:
		return c.value(f, path, depth)
	}
}

func (c *bodyCheck) entries(f protoreflect.FieldDescriptor, path string, depth int) error {
	token, err := c.in.Token()
	if err != nil || token == nil {
		return err
	}
	if token != json.Delim('{') {
		return wrongType(path, c.skipFrom(token), "object")
	}
	for c.in.More() {
		key, err := c.in.Token()
		if err != nil {
			return err
		}
		if strings.Contains(fmt.Sprint(key), nul) {
			return wrongType(path, "\\u0000", withoutNUL)
		}
		if err := c.value(f.MapValue(), join(path, fmt.Sprint(key)), depth); err != nil {
			return err
		}
	}
	_, err = c.in.Token()
	return err
}

func (c *bodyCheck) value(f protoreflect.FieldDescriptor, path string, depth int) error {
	if f.Message() != nil && !isMessage(f, "google.protobuf.Timestamp") && !isMessage(f, "google.protobuf.FieldMask") {
		return c.message(f.Message(), path, depth)
	}
	token, err := c.in.Token()
	if err != nil || token == nil {
		return err
	}
	switch v := token.(type) {
	case string:
		// Numbers may be quoted, as 64-bit ones are in answers; the rest of what stands in quotes is text.
		if f.Kind() == protoreflect.BoolKind {
			return wrongType(path, v, "true | false")
		}
		if strings.Contains(v, nul) {
			return wrongType(path, strings.ReplaceAll(v, nul, "\\u0000"), withoutNUL)
		}
		if expected := expectedText(f, v); expected != "" {
			return wrongType(path, v, expected)
		}
	case json.Number:
		expected := expectedText(f, v.String())
		if f.Kind() == protoreflect.StringKind || f.Kind() == protoreflect.BytesKind || f.Message() != nil {
			expected = "string"
		}
		if expected != "" {
			return wrongType(path, v.String(), expected)
		}
	case bool:
		if f.Kind() != protoreflect.BoolKind {
			return wrongType(path, strconv.FormatBool(v), kindName(f))
		}
	default:
		return wrongType(path, c.skipFrom(token), kindName(f))
	}
	return nil
}

// skipFrom says how a value that should not be there looks.
func (c *bodyCheck) skipFrom(token json.Token) string {
	switch v := token.(type) {
	case nil:
		return "null"
	case json.Delim:
		return map[json.Delim]string{'{': "{…}", '[': "[…]"}[v]
	default:
		return fmt.Sprint(v)
	}
}

// place is the line and column, from 1, that the decoder has come to.
func (c *bodyCheck) place() (line, column int) {
	before := c.text[:min(int(c.in.InputOffset()), len(c.text))]
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, len(before) - bytes.LastIndexByte(before, '\n')
}

// wrongType names the field, what stood there and what is expected.
func wrongType(field, value, expected string) *errs.Error {
	if field == "" {
		field = "JSON"
	}
	e := errs.New(errorsv1.Reason_UNREADABLE, "what", field)
	e.Fields = []errs.Field{errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", cut(value), "expected", expected)}
	return e
}

// cut keeps a value short enough to be told back.
func cut(value string) string {
	const most = 80
	runes := []rune(value)
	if len(runes) <= most {
		return value
	}
	return string(runes[:most]) + "…"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// expectedText says what a field wants when the text is not that, and nothing when it is.
func expectedText(f protoreflect.FieldDescriptor, text string) string {
	var err error
	switch f.Kind() {
	case protoreflect.BoolKind:
		if text != "true" && text != "false" {
			err = errSyntax
		}
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		_, err = strconv.ParseInt(text, 10, 32)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		_, err = strconv.ParseInt(text, 10, 64)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		_, err = strconv.ParseUint(text, 10, 32)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		_, err = strconv.ParseUint(text, 10, 64)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		_, err = strconv.ParseFloat(text, 64)
	case protoreflect.EnumKind:
		if f.Enum().Values().ByName(protoreflect.Name(text)) == nil {
			err = errSyntax
		}
	case protoreflect.BytesKind:
		_, err = base64.StdEncoding.DecodeString(text)
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if isMessage(f, "google.protobuf.Timestamp") {
			_, err = time.Parse(time.RFC3339Nano, text)
		}
	case protoreflect.StringKind:
	}
	if err != nil {
		return kindName(f)
	}
	return ""
}

func kindName(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return "true | false"
	case protoreflect.StringKind:
		return "string"
	case protoreflect.BytesKind:
		return "base64"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "number"
	case protoreflect.EnumKind:
		return string(f.Enum().Name())
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if isMessage(f, "google.protobuf.Timestamp") {
			return "RFC 3339 (2026-01-31T08:00:00+07:00)"
		}
		return "object"
	default:
		return "integer"
	}
}
