// Package convert makes the OpenAPI 3 document of Loa from the Swagger 2 document that buf generates. It runs when code is
// generated, so that neither Swagger nor a converter is in the product.
package convert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/gateway/internal/filetype"
)

// OpenAPI converts, names things as a client reads them, and adds what the gateway does for every operation: identity, headers, files
// as bodies, errors.
func OpenAPI(swagger []byte) ([]byte, error) {
	var v2 openapi2.T
	if err := json.Unmarshal(swagger, &v2); err != nil {
		return nil, fmt.Errorf("reading the Swagger document: %w", err)
	}
	doc, err := openapi2conv.ToV3(&v2)
	if err != nil {
		return nil, fmt.Errorf("converting the Swagger document: %w", err)
	}
	doc.OpenAPI = "3.0.3"
	doc.Info = &openapi3.Info{
		Title: "Loa API", Version: "v1",
		Description: "From a communication plan to approved content, to publication, to the results report. Manners, headers and errors are the same everywhere; see /docs.",
		License:     &openapi3.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"},
	}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	doc.Security = openapi3.SecurityRequirements{openapi3.NewSecurityRequirement().Authenticate("bearer")}
	// Services that only other services call have no REST paths.
	doc.Tags = slices.DeleteFunc(doc.Tags, func(t *openapi3.Tag) bool { return t.Name == "PublishedService" || t.Name == "KeyService" })
	merge(doc.Paths)
	uploads(doc)
	evidenceUpload(doc)
	shared(doc)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			mend(method, path, op)
		}
	}
	narrow(doc)
	return write(doc)
}

// write names schemas without the package's version, drops nothing else, and keeps a stable order.
func write(doc *openapi3.T) ([]byte, error) {
	raw, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	renames := make([]string, 0, 2*len(doc.Components.Schemas))
	for name := range doc.Components.Schemas {
		short := strings.TrimPrefix(name, "v1")
		if i := strings.Index(short, "Service"); i > 0 && strings.HasSuffix(short, "Body") {
			short = short[i+len("Service"):]
		}
		renames = append(renames, `"`+name+`":`, `"`+short+`":`, `schemas/`+name+`"`, `schemas/`+short+`"`)
	}
	raw = []byte(strings.NewReplacer(renames...).Replace(string(raw)))
	var ordered any
	if err := json.Unmarshal(raw, &ordered); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(ordered); err != nil {
		return nil, err
	}
	loaded, err := openapi3.NewLoader().LoadFromData(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the converted document: %w", err)
	}
	if err := loaded.Validate(openapi3.NewLoader().Context); err != nil {
		return nil, fmt.Errorf("the converted document: %w", err)
	}
	return out.Bytes(), nil
}

// merge moves an edit at /v1/contents/{content.id}, named after a field of its body, to where its resource is read,
// /v1/contents/{content}: to a client they are one path.
func merge(paths *openapi3.Paths) {
	dotted := regexp.MustCompile(`\{[^}]*\.[^}]*\}`)
	variable := regexp.MustCompile(`\{[^}]*\}`)
	for path, item := range paths.Map() {
		if !dotted.MatchString(path) {
			continue
		}
		for other, read := range paths.Map() {
			if other == path || variable.ReplaceAllString(other, "{}") != variable.ReplaceAllString(path, "{}") {
				continue
			}
			from, to := variable.FindAllString(path, -1), variable.FindAllString(other, -1)
			for method, op := range item.Operations() {
				for i := range from {
					if p := op.Parameters.GetByInAndName("path", strings.Trim(from[i], "{}")); p != nil {
						p.Name = strings.Trim(to[i], "{}")
					}
				}
				read.SetOperation(method, op)
			}
			paths.Delete(path)
		}
	}
}

func shared(doc *openapi3.T) {
	c := doc.Components
	c.SecuritySchemes = openapi3.SecuritySchemes{"bearer": {Value: openapi3.NewJWTSecurityScheme()}}
	c.Parameters = openapi3.ParametersMap{
		"AcceptLanguage": header("Accept-Language", "The language of errors: vi (default) or en."),
		"RequestId":      header("X-Request-Id", "Your id of the request, 1 to 128 characters of A-Z a-z 0-9 . _ : / + = -; else one is made. It comes back in the answer."),
		"AtLeast":        header("Loa-At-Least", "The Loa-Position of an earlier answer: this one is never older, or 503 READ_MODEL_BEHIND."),
		"IdempotencyKey": header("Idempotency-Key", "At most 128 bytes, yours, kept as long as the log: a repeat gets the first answer, another body 422. Without it one is made and told."),
		"IfMatch":        header("If-Match", "The ETag of the version you see."),
	}
	c.Parameters["IfMatch"].Value.Required = true
	c.Headers = openapi3.Headers{
		"RequestId":      answer("The request's id."),
		"IdempotencyKey": answer("The key that the request was recorded under."),
		"Position":       answer("How far the logs had come, opaque: send it as Loa-At-Least to see at least this."),
		"ETag":           answer("The version of what is answered, for If-Match."),
		"Location":       answer("Where what was made is found."),
		"Disposition":    answer("The name to keep the file under (RFC 6266)."),
		"RetryAfter":     answer("Seconds until it is worth asking again."),
		"Authenticate":   answer(`Bearer realm="loa" (RFC 6750).`),
	}
	c.Schemas["Problem"] = openapi3.NewSchemaRef("", problemSchema())
	c.Responses = openapi3.ResponseBodies{}
	for status, text := range statuses() {
		r := openapi3.NewResponse().WithDescription(text).WithContent(openapi3.Content{
			"application/problem+json": {Schema: openapi3.NewSchemaRef("#/components/schemas/Problem", nil)},
		})
		r.Headers = openapi3.Headers{"X-Request-Id": ref("RequestId")}
		switch status {
		case 401:
			r.Headers["WWW-Authenticate"] = ref("Authenticate")
		case 429, 503:
			r.Headers["Retry-After"] = ref("RetryAfter")
		}
		c.Responses["Problem"+strconv.Itoa(status)] = &openapi3.ResponseRef{Value: r}
	}
	doc.Components = c
}

func statuses() map[int]string {
	return map[int]string{
		400: "Unreadable, or a field that does not exist.", 401: "Not signed in.", 403: "Known, but not allowed.",
		404: "Unknown, or not yours to know.", 409: "The state forbids it; the detail says which state and what would be allowed.",
		412: "If-Match names an older version.", 413: "The body is over 1 MiB.", 415: "The content type is not accepted here.",
		422: "Readable, but wrong.", 428: "If-Match is missing.", 429: "Too many requests.", 500: "An error of Loa's; give the operator the trace id.",
		503: "A part is away, or what is shown has not caught up.",
	}
}

func mend(method, path string, op *openapi3.Operation) {
	_, op.OperationID, _ = strings.Cut(op.OperationID, "_")
	op.OperationID = bound(op.OperationID)
	writes := method != "GET"
	edits := method == "PATCH"
	hasBody := op.RequestBody != nil
	for _, name := range []string{"AcceptLanguage", "RequestId", "AtLeast"} {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/" + name})
	}
	answers := []int{400, 401, 403, 404, 422, 429, 500, 503}
	if strings.HasPrefix(path, "/v1/proof/") { // anybody may ask; a token that is no good is still refused
		op.Security = openapi3.NewSecurityRequirements()
		answers = []int{400, 401, 404, 409, 422, 429, 500, 503}
	}
	headers := openapi3.Headers{"X-Request-Id": ref("RequestId")}
	if writes {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/IdempotencyKey"})
		answers = append(answers, 409)
		headers["Idempotency-Key"], headers["Loa-Position"] = ref("IdempotencyKey"), ref("Position")
	}
	if op.OperationID == "CreateContent" {
		headers["Location"] = ref("Location")
	}
	if edits {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/IfMatch"},
			&openapi3.ParameterRef{Value: openapi3.NewQueryParameter("updateMask").WithSchema(openapi3.NewStringSchema()).
				WithDescription("The fields to edit, separated by commas; without it those of the body.")})
		answers = append(answers, 412, 428)
	}
	if alsoEdits(op.OperationID) {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/IfMatch"})
		answers = append(answers, 412, 428)
	}
	if op.OperationID == "PutRoute" {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Value: header("If-Match", "The ETag of the route you see; needed where there is one already.").Value})
		answers = append(answers, 412, 428)
	}
	switch resource(op) {
	case "Content", "Route", "Dossier", "Report":
		headers["ETag"] = ref("ETag")
	}
	for _, p := range op.Parameters {
		if p.Value != nil && p.Value.Description == "" {
			p.Value.Description = meaning(p.Value.Name)
		}
	}
	if hasBody {
		answers = append(answers, 413, 415)
		if media := fileTypes(op.RequestBody.Value); media != nil {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).
				WithDescription("The file itself, text in UTF-8, at most 1 MiB.").
				WithContent(openapi3.NewContentWithSchema(openapi3.NewStringSchema().WithFormat("binary"), media))}
		}
	}
	for _, response := range op.Responses.Map() {
		if response.Value == nil {
			continue
		}
		response.Value.Headers = headers
		if isFile(response.Value) {
			response.Value.WithDescription("The file.").WithContent(openapi3.NewContentWithSchema(openapi3.NewStringSchema().WithFormat("binary"), []string{"*/*"}))
			response.Value.Headers = openapi3.Headers{"Content-Disposition": ref("Disposition")}
			maps.Copy(response.Value.Headers, headers)
		}
	}
	for _, status := range answers {
		op.Responses.Set(strconv.Itoa(status), &openapi3.ResponseRef{Ref: "#/components/responses/Problem" + strconv.Itoa(status)})
	}
}

// bound is the name of an operation that a method has a second path for: the generator only counts them.
func bound(operation string) string {
	if operation == "ListResults2" { // GET /v1/plans/{plan}/results
		return "ListPlanResults"
	}
	return operation
}

// fileTypes are the media types of a body that is a file, by the name of the field that takes it; none for JSON.
func fileTypes(body *openapi3.RequestBody) []string {
	field, _ := body.Extensions["x-originalParamName"].(string)
	body.Extensions = nil
	content := body.Content.Get("application/json")
	if content == nil || content.Schema == nil || content.Schema.Value == nil || content.Schema.Value.Format != "byte" {
		return nil
	}
	return filetype.Accepted(field)
}

// isFile says whether an operation answers with a file: whole, which the Swagger document has as google.api.HttpBody, or in pieces, which
// it has as a stream of bytes.
func isFile(response *openapi3.Response) bool {
	content := response.Content.Get("application/json")
	if content == nil || content.Schema == nil {
		return false
	}
	if strings.HasSuffix(content.Schema.Ref, "HttpBody") {
		return true
	}
	return content.Schema.Value != nil && content.Schema.Value.Format == "binary"
}

// resource is the name of what the operation answers with.
func resource(op *openapi3.Operation) string {
	content := op.Responses.Value("200").Value.Content.Get("application/json")
	if content == nil || content.Schema == nil {
		return ""
	}
	return strings.TrimPrefix(content.Schema.Ref[strings.LastIndexByte(content.Schema.Ref, '/')+1:], "v1")
}

// meaning is what a parameter of many operations means.
func meaning(name string) string {
	return map[string]string{
		"pageSize": "How many at most: 50 without it, 200 at most.", "pageToken": "The nextPageToken of the page before.",
		"dryRun": "Check everything and record nothing.",
	}[name]
}

func problemSchema() *openapi3.Schema {
	var reasons []any
	values := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		if name := string(values.Get(i).Name()); name != "REASON_UNSPECIFIED" {
			reasons = append(reasons, name)
		}
	}
	reason := openapi3.NewStringSchema().WithEnum(append(reasons, "INTERNAL")...)
	reason.Description = "The stable word a program may act on; all of them stand in /docs/reasons."
	text := func(description string) *openapi3.Schema {
		s := openapi3.NewStringSchema()
		s.Description = description
		return s
	}
	row := openapi3.NewInt32Schema()
	row.Description = "The line in the file, from 1."
	field := openapi3.NewObjectSchema().WithProperties(map[string]*openapi3.Schema{
		"field": text("The field's path."), "row": row, "column": text("The column's name, or the key's path."),
		"reason": text("Why this place is wrong."), "detail": text("The same in the caller's language."),
	})
	problem := openapi3.NewObjectSchema().WithProperties(map[string]*openapi3.Schema{
		"type": text("The reason's place in the reference."), "title": text("What the status means."), "status": openapi3.NewInt32Schema(),
		"detail": text("What is wrong and how to mend it, in the caller's language."), "reason": reason,
		"errors": openapi3.NewArraySchema().WithItems(field), "traceId": text("What the operator finds the request by."),
	})
	problem.Description = "An error (RFC 9457)."
	problem.Required = []string{"type", "title", "status", "detail", "reason"}
	return problem
}

func header(name, description string) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Value: openapi3.NewHeaderParameter(name).WithDescription(description).WithSchema(openapi3.NewStringSchema())}
}

func answer(description string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
		Description: description, Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema()),
	}}}
}

func ref(name string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Ref: "#/components/headers/" + name}
}
