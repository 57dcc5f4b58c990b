package paper

import (
	"fmt"
	"strings"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// amendment tells why and what, one change a row.
func (p paper) amendment() []model.Block {
	rows := make([][]model.Cell, 0, len(p.Amendment.Changes))
	for n, c := range p.Amendment.Changes {
		rows = append(rows, []model.Cell{
			model.Words(fmt.Sprint(n + 1)), model.Names(p.what(c)), model.Words(orDash(p.value(c, c.Before))), model.Words(orDash(p.value(c, c.After))),
		})
	}
	return []model.Block{
		model.Heading{Level: 1, Label: "I.", Text: "LÝ DO SỬA ĐỔI, BỔ SUNG"},
		model.Text(p.Amendment.Reason),
		model.Heading{Level: 1, Label: "II.", Text: "NỘI DUNG SỬA ĐỔI, BỔ SUNG"},
		model.Table{
			Summary: "Mỗi hàng là một nội dung được sửa đổi, bổ sung hoặc bãi bỏ, với nội dung trước và sau.",
			Columns: []model.Column{{Weight: 1, Align: model.Center}, {Weight: 6}, {Weight: 6}, {Weight: 6}},
			Header:  model.Headings("TT", "Nội dung", "Trước", "Sau"), Rows: model.Rows(rows...), Small: true,
		},
		model.Heading{Level: 1, Label: "III.", Text: "TỔ CHỨC THỰC HIỆN"},
		model.Text("Các nội dung khác của Kế hoạch số " + p.Plan.Number + " giữ nguyên. Danh mục nhiệm vụ sau khi sửa đổi, bổ sung nêu tại Phụ lục./."),
	}
}

func (p paper) what(c plan.Change) string {
	field := map[string]string{
		"title": "tên", "issuer": "cơ quan ban hành", "from": "ngày bắt đầu", "to": "ngày kết thúc", "lead": "cơ quan chủ trì",
		"coordinators": "cơ quan phối hợp", "purposes": "mục đích, yêu cầu", "themes": "chủ đề", "audiences": "đối tượng", "channels": "kênh",
		"reportPeriods": "kỳ báo cáo", "source": "nguồn", "example": "dấu số liệu minh họa", "code": "số thứ tự", "theme": "chủ đề", "deadline": "thời hạn",
		"target.quantity": "chỉ tiêu", "target.unit": "đơn vị tính", "target.countsPublications": "cách tính chỉ tiêu",
	}[c.Field]
	kind := map[string]string{plan.Added: "Bổ sung", plan.Removed: "Bỏ", plan.ChangedWas: "Sửa"}[c.Kind]
	switch {
	case c.Item != "" && c.Field == "":
		return kind + " nhiệm vụ " + c.ItemCode
	case c.Item != "":
		return kind + " " + field + " của nhiệm vụ " + c.ItemCode
	default:
		return kind + " " + field
	}
}

// value writes what changed as a reader reads it: names for codes, days as documents write them.
func (p paper) value(c plan.Change, text string) string {
	switch c.Field {
	case "":
		return p.itemText(text)
	case "from", "to", "deadline":
		return written(plan.Day(text))
	case "lead", "issuer", "coordinators":
		return each(text, func(code string) string { return p.name(plan.Code(code)) })
	case "theme":
		return p.term(p.Plan.Themes, text)
	case "themes":
		return termText(text)
	case "audiences", "channels":
		list := p.Plan.Channels
		if c.Field == "audiences" {
			list = p.Plan.Audiences
		}
		if c.Item != "" {
			return each(text, func(code string) string { return p.term(list, code) })
		}
		return termText(text)
	case "reportPeriods":
		return periods(strings.Split(text, "; "))
	case "example", "target.countsPublications":
		return map[string]string{"true": "Có", "false": "Không"}[text]
	default:
		return text
	}
}

// each writes codes of a list as names.
func each(list string, name func(string) string) string {
	names := strings.Split(list, ", ")
	for i, code := range names {
		names[i] = name(code)
	}
	return strings.Join(names, "; ")
}

// term names a theme, an audience or a channel, also one that the amendment takes out.
func (p paper) term(list []plan.Term, code string) string {
	for _, c := range p.Amendment.Changes {
		if code != "" && strings.HasPrefix(c.Before, code+": ") {
			return termText(c.Before)
		}
	}
	return termName(list, code)
}

// termText is a theme, an audience or a channel of a change without its code.
func termText(text string) string {
	if _, name, ok := strings.Cut(text, ": "); ok {
		text = name
	}
	if name, ok := strings.CutSuffix(text, " (example)"); ok {
		return name + marked(true)
	}
	return text
}

// itemText is an item of a change, whose words end in "(lead; last day; target)".
func (p paper) itemText(text string) string {
	i := strings.LastIndex(text, " (")
	parts := strings.SplitN(strings.TrimSuffix(text[max(i, 0):], ")"), "; ", 3)
	if i < 0 || len(parts) != 3 {
		return text
	}
	return text[:i] + " (" + p.short(plan.Code(parts[0][2:])) + "; " + written(plan.Day(parts[1])) + "; " + parts[2] + ")"
}
