package convert

import "github.com/getkin/kin-openapi/openapi3"

// uploads describes the paths that take a file in a form, which no annotation can: those of uploadRoutes in services/gateway.
func uploads(doc *openapi3.T) {
	form := openapi3.NewObjectSchema()
	form.Required = []string{"file"}
	text := func(description string) *openapi3.Schema {
		s := openapi3.NewStringSchema()
		s.Description = description
		return s
	}
	form.WithProperties(map[string]*openapi3.Schema{
		"file":  openapi3.NewStringSchema().WithFormat("binary"),
		"title": text("What the document is called; without it, by its file name."), "form": text("Its form (NĐ 42/2022): Kế hoạch, Công văn, …"),
		"issuer": text("Who issued it."), "number": text("Its number, as written."), "date": text("YYYY-MM-DD."), "abstract": text("What it is about."),
		"alternative": text("What a picture tells those who cannot see it."),
	})
	none := false
	form.AdditionalProperties = openapi3.AdditionalProperties{Has: &none}
	op := openapi3.NewOperation()
	op.OperationID, op.Tags = "ContentService_AddAttachment", []string{"ContentService"}
	op.Summary = "AddAttachment adds a file to an item. Its type is told by its bytes; what runs something is refused. If-Match may carry the item's ETag."
	op.AddParameter(openapi3.NewPathParameter("content").WithSchema(openapi3.NewStringSchema()))
	op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).
		WithDescription("A form with one file of at most 50 MiB: pdf, docx, xlsx, pptx, odt, ods, png, jpg, gif, webp, mp3, mp4, txt or csv.").
		WithContent(openapi3.NewContentWithSchema(form, []string{"multipart/form-data"}))}
	ok := openapi3.NewResponse().WithDescription("A successful response.").WithJSONSchemaRef(openapi3.NewSchemaRef("#/components/schemas/v1Content", nil))
	op.Responses = openapi3.NewResponses(openapi3.WithStatus(200, &openapi3.ResponseRef{Value: ok}))
	const path = "/v1/contents/{content}/attachments"
	item := doc.Paths.Value(path)
	if item == nil {
		item = &openapi3.PathItem{}
		doc.Paths.Set(path, item)
	}
	item.Post = op
}

// alsoEdits says that an operation that is no PATCH needs the ETag of what it changes.
func alsoEdits(operation string) bool {
	return operation == "RemoveAttachment" || operation == "RestoreContent"
}
