package gateway

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loa-vn/loa/services/gateway/internal/filetype"
)

// operation is what the annotation of one gRPC method says about its request.
type operation struct {
	// route is the path as telemetry names it ("/v1/contents/{content}:submit").
	route string
	// query is the message whose fields may stand in the query.
	query protoreflect.MessageDescriptor
	// bound are the field paths set by the URL's path or by the body, in proto names; the query must not name them.
	bound []string
	// body is the message in the JSON body; nil when there is none or the body is a file.
	body protoreflect.MessageDescriptor
	// wholeBody says that the body holds every field the path does not bind.
	wholeBody bool
	// files are the media types of a body that is a file ("text/csv"), else none.
	files []string
	// streams says that the answer comes in pieces.
	streams bool
}

// operations maps "POST /v1/contents/{content=*}:submit", as the multiplexer names a pattern, to its operation.
func operations() map[string]operation {
	table := map[string]operation{}
	for _, s := range append(services(), proofService()) {
		for _, file := range s.files {
			for i := range file.Services().Len() {
				describeAll(table, file.Services().Get(i).Methods())
			}
		}
	}
	return table
}

func describeAll(table map[string]operation, methods protoreflect.MethodDescriptors) {
	for i := range methods.Len() {
		rule, ok := proto.GetExtension(methods.Get(i).Options(), annotations.E_Http).(*annotations.HttpRule)
		if !ok || rule == nil {
			continue
		}
		for _, rule := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			method, path := methodAndPath(rule)
			op := describe(methods.Get(i).Input(), rule.GetBody(), path)
			op.streams, op.route = methods.Get(i).IsStreamingServer(), variable().ReplaceAllString(path, "{$1}")
			table[method+" "+variable().ReplaceAllString(path, "{$1=*}")] = op
		}
	}
}

func describe(input protoreflect.MessageDescriptor, body, path string) operation {
	op := operation{query: input}
	for _, name := range variable().FindAllStringSubmatch(path, -1) {
		op.bound = append(op.bound, name[1])
	}
	switch field := input.Fields().ByTextName(body); {
	case body == "*":
		op.body, op.wholeBody, op.query = input, true, nil
	case field == nil:
	case field.Kind() == protoreflect.BytesKind:
		op.bound = append(op.bound, body)
		op.files = filetype.Accepted(body)
	default:
		op.bound = append(op.bound, body)
		op.body = field.Message()
	}
	return op
}

func (op operation) isBound(path string) bool {
	return slices.ContainsFunc(op.bound, func(b string) bool {
		return path == b || strings.HasPrefix(path, b+".") || strings.HasPrefix(b, path+".")
	})
}

// methodsAt are the methods that a path takes, in order; none for a path that no operation has.
func methodsAt(table map[string]operation, path string) []string {
	var methods []string
	for name := range table {
		method, pattern, _ := strings.Cut(name, " ")
		if matches(pattern, path) && !slices.Contains(methods, method) {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return methods
}

// matches says whether a path has the pattern's words and something in the place of each variable.
func matches(pattern, path string) bool {
	pattern, verb, _ := strings.Cut(pattern, "}:")
	if verb != "" {
		var ok bool
		if path, ok = strings.CutSuffix(path, ":"+verb); !ok {
			return false
		}
		pattern += "}"
	}
	words, given := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(words) != len(given) {
		return false
	}
	for i, word := range words {
		if strings.HasPrefix(word, "{") && given[i] != "" && !strings.Contains(given[i], ":") {
			continue
		}
		if word != given[i] {
			return false
		}
	}
	return true
}

func variable() *regexp.Regexp { return regexp.MustCompile(`\{([a-z0-9_.]+)\}`) }

func methodAndPath(rule *annotations.HttpRule) (method, path string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", p.Get
	case *annotations.HttpRule_Post:
		return "POST", p.Post
	case *annotations.HttpRule_Put:
		return "PUT", p.Put
	case *annotations.HttpRule_Patch:
		return "PATCH", p.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", p.Delete
	default:
		return "", ""
	}
}
