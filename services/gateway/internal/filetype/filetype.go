// Package filetype says which media types a request's body may have when the body is a file. The gateway holds requests against it, and
// the API's description tells it.
package filetype

const office = "application/vnd.openxmlformats-officedocument."

// Accepted are the media types by the name of the field that takes the body. Which of them a method understands, its service says.
func Accepted(field string) []string {
	switch field {
	case "csv":
		return []string{"text/csv"}
	case "yaml": // a plan, which offices also have as a workbook or as a Word table
		return []string{"application/yaml", office + "spreadsheetml.sheet", office + "wordprocessingml.document"}
	default:
		return []string{"application/yaml", "text/csv", office + "spreadsheetml.sheet", office + "wordprocessingml.document"}
	}
}
