package content

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/clean"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/markdown"
	"github.com/loa-vn/loa/services/content/internal/outline"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

// compose checks a text as a whole and names every wrong place at once; what it gives back may be kept. A body in HTML is kept clean.
func compose(t item.Text, p replica.PlanItem, more ...errs.Field) (item.Composed, error) {
	t = item.Normalise(t)
	fields := slices.Concat(item.Check(t), p.Check(t), more)
	body, html, wrong := composeBody("body", t.Body, t)
	fields = append(fields, wrong...)
	t.Body = body
	for n, to := range t.Translations {
		t.Translations[n].Body, t.Translations[n].HTML, wrong = composeBody(item.PlaceOf(to)+".body", to.Body, t)
		fields = append(fields, wrong...)
	}
	if err := errs.Invalid(fields); err != nil {
		return item.Composed{}, err
	}
	return item.Composed{Text: t, HTML: html}, nil
}

// composeBody names what a body must not hold, or gives it as it is kept and as clean HTML in which files have their addresses. One that
// would take long to read is not read.
func composeBody(field, body string, t item.Text) (kept, page string, wrong []errs.Field) {
	unreadable := func(value, expected string) (string, string, []errs.Field) {
		return body, "", []errs.Field{errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", value, "expected", expected)}
	}
	active := func(line int, what string) {
		f := errs.At(field, errorsv1.Reason_ACTIVE_CONTENT, "what", what, "row", strconv.Itoa(line))
		f.Row = line
		wrong = append(wrong, f)
	}
	if t.BodyFormat != "" && t.BodyFormat != item.HTML {
		return body, "", nil // said to be no format by the text's own check
	}
	if t.BodyFormat == item.HTML {
		if clean.TooIntricate(body) {
			return unreadable("HTML", fmt.Sprintf("không quá %d thẻ (at most that many tags)", clean.MaxTags))
		}
		for _, problem := range clean.Check(body) {
			active(problem.Line, problem.What)
		}
		page, err := clean.HTML(body)
		if err != nil {
			return unreadable("HTML", "HTML đọc lại vẫn như cũ (HTML that reads the same again)")
		}
		page = strings.TrimSpace(page)
		return page, outline.Resolve(page, t.Attachments), wrong
	}
	if markdown.TooIntricate(body) {
		return unreadable("Markdown",
			fmt.Sprintf("không quá %d dấu “[”, %d dấu “*” và “_”, %d tầng lồng nhau (at most that many brackets, emphasis marks and levels of nesting)",
				markdown.MaxBrackets, markdown.MaxEmphasis, markdown.MaxNesting))
	}
	page, problems, err := markdown.Read(body)
	for _, problem := range problems {
		active(problem.Line, problem.What)
	}
	if err == nil {
		page, err = clean.HTML(page)
	}
	if err != nil {
		return unreadable("Markdown", "CommonMark")
	}
	return body, outline.Resolve(page, t.Attachments), wrong
}

// textOf takes what a caller may write; what Loa itself tells of an item is not read.
func textOf(c *contentv1.Content) item.Text {
	t := item.Text{
		Plan: c.GetPlan(), PlanItem: c.GetPlanItem(), Title: c.GetTitle(), Summary: c.GetSummary(), Body: c.GetBody(),
		Language: c.GetLanguage(), Theme: c.GetTheme(), Audiences: c.GetAudiences(), Channels: c.GetChannels(), SourceLine: c.GetSourceLine(),
		Example: c.GetExample(), BodyFormat: c.GetBodyFormat(), Attachment: lineOf(c.GetAttachment()),
		Correction:  item.Correction{Kind: c.GetCorrection().GetKind(), Reason: c.GetCorrection().GetReason()},
		UrgentUntil: timeOf(c.GetUrgentUntil()),
	}
	for _, to := range c.GetTranslations() {
		t.Translations = append(t.Translations, item.Translation{
			Language: to.GetLanguage(), Title: to.GetTitle(), Summary: to.GetSummary(), Body: to.GetBody(), OfRevision: to.GetOfRevision(),
		})
	}
	return t
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
		case "body_format":
			is.BodyFormat = to.BodyFormat
		case "translations":
			is.Translations = translated(is.Translations, to.Translations)
		case "correction":
			is.Correction = to.Correction
		case "correction.kind":
			is.Correction.Kind = to.Correction.Kind
		case "correction.reason":
			is.Correction.Reason = to.Correction.Reason
		case "urgent_until":
			is.UrgentUntil = to.UrgentUntil
		case "plan":
			fields = append(fields, unchanged("plan", was.Plan, to.Plan)...)
		case "plan_item":
			fields = append(fields, unchanged("planItem", was.PlanItem, to.PlanItem)...)
		case "id", "agency", "unit", "state", "revision", "hash", "authors", "etag", "created_at", "updated_at", "published_at",
			"imported", "return_comment", "dossier", "attachments", "edition", "publication":
		default:
			if !patchAttachment(&is.Attachment, to.Attachment, path) {
				fields = append(fields, errs.At("updateMask", errorsv1.Reason_BAD_FORMAT, "field", "updateMask", "value", path, "expected",
					"title, summary, body, bodyFormat, language, theme, audiences, channels, sourceLine, attachment, example, translations, correction, urgentUntil"))
			}
		}
	}
	return is, fields
}

// translated edits translations by their languages: one that is given takes the place of that language's, one without words is taken
// away, and the others stay.
func translated(was, given []item.Translation) []item.Translation {
	is := slices.Clone(was)
	for _, g := range given {
		language := strings.TrimSpace(g.Language)
		is = slices.DeleteFunc(is, func(w item.Translation) bool { return w.Language == language })
	}
	for _, g := range given {
		if g.Title+g.Summary+g.Body != "" || g.Language == "" {
			is = append(is, g)
		}
	}
	return is
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

func setPaths(c proto.Message) []string {
	var paths []string
	fields := c.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); c.ProtoReflect().Has(f) {
			paths = append(paths, string(f.Name()))
		}
	}
	return paths
}
