package apidoc

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// view is what a page shows, in one language.
type view struct {
	Lang, OtherLang, Path string
	Words                 words
	Groups                []group
	Schemas               []schemaView
	Reasons               []reasonView
}

type group struct {
	ID, Title  string
	Operations []operationView
}

type operationView struct {
	ID, Method, Path, Title, Note string
	Parameters                    []row
	Body                          []bodyView
	Answer                        row
	AnswerHeaders                 []row
	Problems                      []string
	Example                       string
}

// row is one name with its type and meaning.
type row struct {
	Name, In, Kind, Target, Note string
	Required                     bool
}

type bodyView struct {
	Media  string
	Kind   string
	Target string
	Fields []row
}

type schemaView struct {
	Name, Note string
	Fields     []row
}

type reasonView struct {
	Name, Detail string
	Status       int
}

func newView(d *document, spoken errs.Language, path string) (view, error) {
	v := view{Lang: string(spoken), OtherLang: string(errs.English), Path: path, Words: wordsOf(spoken), Reasons: reasons(spoken)}
	if spoken == errs.English {
		v.OtherLang = string(errs.Vietnamese)
	}
	byTag := map[string][]operationView{}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			op, ok := d.Paths[path][method]
			if !ok {
				continue
			}
			title, ok := operationTitle(op.OperationID, spoken)
			if !ok {
				title = op.OperationID
			}
			shown := operationView{ID: op.OperationID, Method: strings.ToUpper(method), Path: path, Title: title, Note: op.Summary}
			for _, p := range op.Parameters {
				if p.Ref != "" {
					p = d.Components.Parameters[named(p.Ref)]
				}
				if p.In == "header" && !p.Required && p.Name != "Idempotency-Key" {
					continue // the headers that every operation takes stand once, at the top
				}
				shown.Parameters = append(shown.Parameters, row{Name: p.Name, In: p.In, Kind: p.Schema.kind(), Note: p.Description, Required: p.Required})
			}
			if op.RequestBody != nil {
				for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
					s := op.RequestBody.Content[media].Schema
					shown.Body = append(shown.Body, bodyView{Media: media, Kind: s.kind(), Target: s.target(), Fields: fields(s)})
				}
			}
			for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
				if status != "200" {
					shown.Problems = append(shown.Problems, status)
					continue
				}
				shown.Answer = row{Name: status, Kind: "file"}
				if media, ok := op.Responses[status].Content["application/json"]; ok {
					shown.Answer = row{Name: status, Kind: media.Schema.kind(), Target: media.Schema.target()}
				}
				for _, name := range slices.Sorted(maps.Keys(op.Responses[status].Headers)) {
					shown.AnswerHeaders = append(shown.AnswerHeaders, row{Name: name})
				}
			}
			var err error
			if shown.Example, err = d.curl(shown, op.RequestBody); err != nil {
				return view{}, err
			}
			byTag[op.Tags[0]] = append(byTag[op.Tags[0]], shown)
		}
	}
	for _, tag := range tags() {
		v.Groups = append(v.Groups, group{ID: tag.name, Title: tag.title(spoken), Operations: byTag[tag.name]})
		delete(byTag, tag.name)
	}
	for _, name := range slices.Sorted(maps.Keys(byTag)) {
		v.Groups = append(v.Groups, group{ID: name, Title: name, Operations: byTag[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		v.Schemas = append(v.Schemas, schemaView{Name: name, Note: s.Description, Fields: fields(s)})
	}
	return v, nil
}

func fields(s schema) []row {
	var rows []row
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		rows = append(rows, row{Name: name, Kind: p.kind(), Target: p.target(), Note: p.Description})
	}
	return rows
}

// curl shows the call as it is typed.
func (d *document) curl(o operationView, b *body) (string, error) {
	lines := []string{`curl "$LOA_URL` + o.Path + `"`, `-H "Authorization: Bearer $TOKEN"`}
	if o.Method != "GET" {
		lines[0] = `curl -X ` + o.Method + ` "$LOA_URL` + o.Path + `"`
	}
	for _, p := range o.Parameters {
		if p.In == "header" && p.Required {
			lines = append(lines, `-H '`+p.Name+`: "1"'`)
		}
	}
	if b != nil {
		for media, content := range b.Content {
			lines = append(lines, `-H "Content-Type: `+media+`"`)
			if media != "application/json" {
				lines = append(lines, "--data-binary @"+map[string]string{"text/csv": "file.csv", "application/yaml": "plan.yaml"}[media])
				continue
			}
			text, err := json.MarshalIndent(d.example(content.Schema, 0), "", "  ")
			if err != nil {
				return "", err
			}
			lines = append(lines, "-d '"+string(text)+"'")
		}
	}
	return strings.Join(lines, " \\\n  "), nil
}

func reasons(spoken errs.Language) []reasonView {
	var list []reasonView
	values := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		reason := errorsv1.Reason(values.Get(i).Number())
		name := reason.String()
		if reason == errorsv1.Reason_REASON_UNSPECIFIED {
			name = "INTERNAL"
		}
		list = append(list, reasonView{Name: name, Status: errs.Status(reason), Detail: errs.Sentence(reason, nil, spoken)})
	}
	slices.SortStableFunc(list, func(a, b reasonView) int { return a.Status - b.Status })
	return list
}
