package architecture_test

import (
	"slices"
	"strings"
)

const root = "github.com/loa-vn/loa"

// edge says that a package imports another; Test is set where only its tests do. Both are import paths.
type edge struct {
	From, To string
	Test     bool
}

// floor is a part of the tree and what it may build on, besides itself, the standard library and other people's modules.
// A part that ends in $ is one package without what lies below it.
type floor struct {
	part string
	on   []string
	why  string
}

// floors lists the tree from the ground up. The services are separate: see other.
func floors() []floor {
	return []floor{
		{"proto", nil, "outsiders import proto, so it stands alone"},
		{"examples", nil, "an example is data for whoever loads it"},
		{"pkg", []string{"proto"}, "everybody builds on pkg, so pkg builds on nobody"},
		{"services/", []string{"proto", "pkg"}, "a service builds on proto and pkg; it meets other services in proto and on the bus"},
		{"workflows", []string{"proto", "pkg"}, "a workflow acts by gRPC, on generated clients"},
		{"services", []string{"pkg", "services", "workflows/worker"}, "the list of modules names them and does nothing else"},
		{"cmd", []string{"proto", "pkg", "services", "workflows", "examples"}, "the product knows no local engine and no browser"},
		{"deploy/local", []string{"proto", "pkg", "services", "workflows", "examples", "cmd"}, "deploy/local runs the product; the journeys run it"},
		{"e2e", []string{"proto", "pkg", "workflows", "examples", "deploy/local/example", "services$"}, "the journeys drive the programs from outside, and read the logs by the catalogues in the list of modules"},
	}
}

// stranger is somebody else's module that only one part of the tree may import or, through others, link.
type stranger struct {
	path, part, why string
}

func strangers() []stranger {
	return []stranger{
		{"github.com/twmb/franz-go", "deploy/local", "the embedded broker is an engine of one machine; the product speaks kafka-go"},
		{"github.com/zitadel/oidc", "deploy/local", "the OIDC provider is an engine of one machine; the product verifies with coreos/go-oidc"},
		{"github.com/fergusstrange/embedded-postgres", "deploy/local", "the product is given a database and starts none"},
		{"github.com/chromedp", "e2e", "only journeys drive a browser"},
		{"go.temporal.io/server", "deploy/temporal", "Temporal's server is a program of its own, outside our build list"},
	}
}

// support lists the packages that exist for tests.
func support() []string {
	return []string{"pkg/engines", "pkg/app/apptest", "pkg/auth/authtest", "pkg/es/estest", "pkg/document/documenttest", "e2e"}
}

// within reports whether an import path is a part of the tree or below it.
func within(path, part string) bool {
	full := root + "/" + part
	if alone, ok := strings.CutSuffix(full, "$"); ok {
		return path == alone
	}
	return path == full || strings.HasPrefix(path, full+"/")
}

// floorOf is the floor a package stands on: the list of modules is services itself, each service is below it.
func floorOf(path string) (f floor, whole string, ok bool) {
	for _, f := range floors() {
		if f.part == "services/" {
			if rest, below := strings.CutPrefix(path, root+"/services/"); below {
				name, _, _ := strings.Cut(rest, "/")
				return f, "services/" + name, true
			}
			continue
		}
		if within(path, f.part) {
			return f, f.part, true
		}
	}
	return floor{}, "", false
}

// broken returns a sentence for each rule that the edges break.
func broken(edges []edge) []string {
	var found []string
	for _, e := range edges {
		how := " imports "
		if e.Test {
			how = " (its tests) imports "
		}
		report := func(why string) { found = append(found, e.From+how+e.To+": "+why) }

		if e.To == root || strings.HasPrefix(e.To, root+"/") {
			f, whole, ok := floorOf(e.From)
			switch {
			case !ok:
				report("no rule knows this part of the tree: say in rules_test.go what it may build on")
			case !within(e.To, whole) && !slices.ContainsFunc(f.on, func(part string) bool { return within(e.To, part) }):
				report(f.why)
			}
		}
		for _, s := range strangers() {
			if strings.HasPrefix(e.To+"/", s.path+"/") && !within(e.From, s.part) {
				report(s.why)
			}
		}
		for _, part := range support() {
			forTests := slices.ContainsFunc(support(), func(p string) bool { return within(e.From, p) })
			if within(e.To, part) && !e.Test && !forTests {
				report("this package exists for tests, and a program that links it carries them along")
			}
		}
	}
	return found
}

// linked returns a sentence, with the way there, for each stranger that a package of ours links through modules of others.
func linked(edges []edge) []string {
	imports := map[string][]string{}
	for _, e := range edges {
		if !e.Test {
			imports[e.From] = append(imports[e.From], e.To)
		}
	}
	var found []string
	for _, s := range strangers() {
		for _, start := range sortedKeys(imports) {
			if !strings.HasPrefix(start, root+"/") || within(start, s.part) {
				continue
			}
			if way := wayTo(imports, start, s.path); len(way) > 2 {
				found = append(found, strings.Join(way, " → ")+": "+s.why)
			}
		}
	}
	return found
}

// wayTo is the shortest chain of imports from a package to one below path; nil when there is none.
func wayTo(imports map[string][]string, start, path string) []string {
	before := map[string]string{start: ""}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != start && strings.HasPrefix(at+"/", path+"/") {
			var way []string
			for ; at != ""; at = before[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, next := range imports[at] {
			if _, seen := before[next]; !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
