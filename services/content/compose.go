package content

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/markdown"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

// compose checks a text as a whole and names every wrong place at once; what it gives back may be kept.
func compose(t item.Text, p replica.PlanItem, more ...errs.Field) (item.Composed, error) {
	t = item.Normalise(t)
	fields := slices.Concat(item.Check(t), p.Check(t), more)
	fields = append(fields, checkBody(t.Body)...)
	if err := errs.Invalid(fields); err != nil {
		return item.Composed{}, err
	}
	html, err := markdown.Render(t.Body)
	return item.Composed{Text: t, HTML: html}, err
}

// checkBody names what a body must not hold. One that would take long to read is not read.
func checkBody(body string) []errs.Field {
	if markdown.TooIntricate(body) {
		return []errs.Field{errs.At("body", errorsv1.Reason_BAD_FORMAT, "field", "body", "value", "Markdown", "expected",
			fmt.Sprintf("không quá %d dấu “[”, %d dấu “*” và “_”, %d tầng lồng nhau (at most that many brackets, emphasis marks and levels of nesting)",
				markdown.MaxBrackets, markdown.MaxEmphasis, markdown.MaxNesting))}
	}
	var fields []errs.Field
	for _, problem := range markdown.Check(body) {
		f := errs.At("body", errorsv1.Reason_ACTIVE_CONTENT, "what", problem.What, "row", strconv.Itoa(problem.Line))
		f.Row = problem.Line
		fields = append(fields, f)
	}
	return fields
}

// textOf takes what a caller may write; what Loa itself tells of an item is not read.
func textOf(c *contentv1.Content) item.Text {
	a := c.GetAttachment()
	return item.Text{
		Plan: c.GetPlan(), PlanItem: c.GetPlanItem(), Title: c.GetTitle(), Summary: c.GetSummary(), Body: c.GetBody(),
		Language: c.GetLanguage(), Theme: c.GetTheme(), Audiences: c.GetAudiences(), Channels: c.GetChannels(), SourceLine: c.GetSourceLine(),
		Example: c.GetExample(),
		Attachment: item.Attachment{
			Title: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: a.GetDate(), Abstract: a.GetAbstract(),
		},
	}
}

// drafted gives a new text what its author left to the plan item, and the language of most of them.
func drafted(c *contentv1.Content, p replica.PlanItem) item.Text {
	t := p.Complete(textOf(c))
	if t.Language == "" {
		t.Language = "vi"
	}
	return t
}

// patch gives the text with the fields that a mask names taken from another. Without a mask these are the fields that are set
// (AIP-134). What only Loa writes is passed over, so that a caller may send back what they read; the plan item stays what it was.
func patch(was item.Text, c *contentv1.Content, paths []string) (item.Text, []errs.Field) {
	to, is := textOf(c), was
	if len(paths) == 0 {
		paths = setPaths(c)
	}
	var fields []errs.Field
	for _, path := range paths {
		switch path {
		case "title":
			is.Title = to.Title
		case "summary":
			is.Summary = to.Summary
		case "body":
			is.Body = to.Body
		case "language":
			is.Language = to.Language
		case "theme":
			is.Theme = to.Theme
		case "audiences":
			is.Audiences = to.Audiences
		case "channels":
			is.Channels = to.Channels
		case "source_line":
			is.SourceLine = to.SourceLine
		case "example":
			is.Example = to.Example
		case "plan":
			fields = append(fields, unchanged("plan", was.Plan, to.Plan)...)
		case "plan_item":
			fields = append(fields, unchanged("planItem", was.PlanItem, to.PlanItem)...)
		case "id", "agency", "unit", "state", "revision", "hash", "authors", "etag", "created_at", "updated_at", "published_at",
			"imported", "return_comment", "dossier":
		default:
			if !patchAttachment(&is.Attachment, to.Attachment, path) {
				fields = append(fields, errs.At("updateMask", errorsv1.Reason_BAD_FORMAT, "field", "updateMask", "value", path, "expected",
					"title, summary, body, language, theme, audiences, channels, sourceLine, attachment, example"))
			}
		}
	}
	return is, fields
}

func patchAttachment(is *item.Attachment, to item.Attachment, path string) bool {
	if path == "attachment" {
		*is = to
		return true
	}
	part, ok := strings.CutPrefix(path, "attachment.")
	if !ok {
		return false
	}
	switch part {
	case "title":
		is.Title = to.Title
	case "form":
		is.Form = to.Form
	case "issuer":
		is.Issuer = to.Issuer
	case "number":
		is.Number = to.Number
	case "date":
		is.Date = to.Date
	case "abstract":
		is.Abstract = to.Abstract
	default:
		return false
	}
	return true
}

func unchanged(field, was, to string) []errs.Field {
	if to == was {
		return nil
	}
	return []errs.Field{errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", to, "expected", fmt.Sprintf("không đổi được (cannot change): %s", was))}
}

func setPaths(c *contentv1.Content) []string {
	var paths []string
	fields := c.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); c.ProtoReflect().Has(f) {
			paths = append(paths, string(f.Name()))
		}
	}
	return paths
}
