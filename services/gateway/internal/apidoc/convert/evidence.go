package convert

import "github.com/getkin/kin-openapi/openapi3"

// evidenceUpload describes the path that takes a file as evidence of a result, which no annotation can.
func evidenceUpload(doc *openapi3.T) {
	title := openapi3.NewStringSchema()
	title.Description = "What the evidence is called; without it, by its file name."
	form := openapi3.NewObjectSchema()
	form.Required = []string{"file"}
	form.WithProperties(map[string]*openapi3.Schema{"file": openapi3.NewStringSchema().WithFormat("binary"), "title": title})
	none := false
	form.AdditionalProperties = openapi3.AdditionalProperties{Has: &none}
	op := openapi3.NewOperation()
	op.OperationID, op.Tags = "ResultService_AddEvidence", []string{"ResultService"}
	op.Summary = "AddEvidence takes a file for a result that the caller's agency records next: the answer goes into the result's evidence. Its type is told by its bytes; what runs something is refused."
	for _, name := range []string{"plan", "item"} {
		op.AddParameter(openapi3.NewPathParameter(name).WithSchema(openapi3.NewStringSchema()))
	}
	op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).
		WithDescription("A form with one file of at most 50 MiB: pdf, docx, xlsx, pptx, odt, ods, png, jpg, gif, webp, mp3, mp4, txt or csv.").
		WithContent(openapi3.NewContentWithSchema(form, []string{"multipart/form-data"}))}
	ok := openapi3.NewResponse().WithDescription("A successful response.").WithJSONSchemaRef(openapi3.NewSchemaRef("#/components/schemas/v1Evidence", nil))
	op.Responses = openapi3.NewResponses(openapi3.WithStatus(200, &openapi3.ResponseRef{Value: ok}))
	doc.Paths.Set("/v1/plans/{plan}/items/{item}/evidence", &openapi3.PathItem{Post: op})
}
