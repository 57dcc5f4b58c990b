package gateway

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// check reads the request before the generated code does, which drops unknown query fields and tells of a wrong body in its own words.
func (g *gateway) check(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		op, ok := g.operations[r.Method+" "+pattern.String()]
		if !ok {
			g.refuse(w, r, internal(r, errUndescribed(pattern.String())))
			return
		}
		nameRoute(r, op.route)
		query, refused := op.checkQuery(r.URL.RawQuery)
		for _, value := range path {
			if refused == nil && strings.Contains(value, nul) {
				refused = errs.New(errorsv1.Reason_UNREADABLE, "what", "U+0000")
			}
		}
		if refused == nil {
			refused = op.checkBody(r)
		}
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		r.URL.RawQuery = query
		if op.streams {
			g.forwardStream(w, r, path, next)
			return
		}
		next(w, r, path)
	}
}

// nul is the one character of Unicode that no text of ours can hold, since PostgreSQL's cannot.
const (
	nul        = "\x00"
	withoutNUL = "text without U+0000"
)

type errUndescribed string

func (e errUndescribed) Error() string { return "no operation is described for " + string(e) }

func (op operation) checkBody(r *http.Request) *errs.Error {
	if r.ContentLength > bodyLimit {
		return tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	switch {
	case err != nil:
		return errs.New(errorsv1.Reason_UNREADABLE, "what", "body").Because(err)
	case len(body) > bodyLimit:
		return tooLarge()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	if op.files == nil && op.body == nil {
		return errs.New(errorsv1.Reason_UNREADABLE, "what", r.Method+" + body")
	}
	if refused := op.checkType(r.Header); refused != nil {
		return refused
	}
	if op.files != nil {
		return nil
	}
	if !utf8.Valid(body) {
		return errs.New(errorsv1.Reason_UNREADABLE, "what", "UTF-8")
	}
	c := bodyCheck{text: body}
	if op.wholeBody {
		c.hidden = op.bound
	}
	return c.check(op.body)
}

func (op operation) checkType(head http.Header) *errs.Error {
	sent := head.Get("Content-Type")
	media, parameters, err := mime.ParseMediaType(sent)
	expected := op.files
	if expected == nil {
		expected = []string{"application/json"}
	}
	if err == nil && slices.Contains(expected, canonical(media)) && isUTF8(parameters["charset"]) && head.Get("Content-Encoding") == "" {
		return nil
	}
	if encoding := head.Get("Content-Encoding"); encoding != "" {
		sent += " (" + encoding + ")"
	}
	return errs.New(errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE, "type", sent, "expected", strings.Join(expected, ", "))
}

// canonical is the registered name of a media type (RFC 9512 for YAML).
func canonical(media string) string {
	switch media {
	case "application/x-yaml", "text/yaml", "text/x-yaml":
		return "application/yaml"
	default:
		return media
	}
}

func isUTF8(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func tooLarge() *errs.Error { return errs.New(errorsv1.Reason_TOO_LARGE, "limit", "1 MiB") }

// checkQuery refuses a field that the request does not have or that the path or the body already gives, and a value of another type.
// It returns the query with the paths of a field mask in the names the services know.
func (op operation) checkQuery(raw string) (string, *errs.Error) {
	if raw == "" {
		return "", nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", errs.New(errorsv1.Reason_UNREADABLE, "what", "query").Because(err)
	}
	for name, given := range values {
		field, path := findField(op.query, name)
		if field == nil || op.isBound(path) {
			return "", errs.New(errorsv1.Reason_UNKNOWN_FIELD, "field", name)
		}
		if isMessage(field, "google.protobuf.FieldMask") {
			for i, mask := range given {
				if given[i], err = op.mask(mask); err != nil {
					return "", errs.New(errorsv1.Reason_UNKNOWN_FIELD, "field", err.Error())
				}
			}
			continue
		}
		if len(given) > 1 && !field.IsList() {
			return "", wrongType(name, strings.Join(given, ", "), "1")
		}
		for _, value := range given {
			if strings.Contains(value, nul) {
				return "", wrongType(name, value, withoutNUL)
			}
			if expected := expectedText(field, value); expected != "" {
				return "", wrongType(name, value, expected)
			}
		}
	}
	return values.Encode(), nil
}

// mask turns "sourceLine,title" into "source_line,title"; its error is the path that the body's message does not have.
func (op operation) mask(text string) (string, error) {
	paths := strings.Split(text, ",")
	for i, name := range paths {
		field, path := findField(op.body, strings.TrimSpace(name))
		if field == nil {
			return "", unknownPath(name)
		}
		paths[i] = path
	}
	return strings.Join(paths, ","), nil
}

type unknownPath string

func (u unknownPath) Error() string { return string(u) }

// findField follows a dotted path in JSON or proto names and gives its last field and the path in proto names.
func findField(m protoreflect.MessageDescriptor, dotted string) (field protoreflect.FieldDescriptor, path string) {
	var names []string
	for name := range strings.SplitSeq(dotted, ".") {
		if m == nil {
			return nil, ""
		}
		if field = fieldOf(m, name); field == nil {
			return nil, ""
		}
		names = append(names, string(field.Name()))
		m = field.Message()
	}
	return field, strings.Join(names, ".")
}

func fieldOf(m protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if f := m.Fields().ByJSONName(name); f != nil {
		return f
	}
	return m.Fields().ByTextName(name)
}

func isMessage(f protoreflect.FieldDescriptor, name protoreflect.FullName) bool {
	return f.Message() != nil && f.Message().FullName() == name
}
