package planning

import (
	"bytes"
	"context"
	"strings"

	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// tasksSheet is the table of tasks as a workbook, in the columns that an import recognises.
func (s *planServer) tasksSheet(ctx context.Context, v seen) ([]byte, error) {
	known, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return nil, err
	}
	names := map[plan.Code]string{}
	for _, a := range known.Agencies() {
		names[plan.Code(a.Code)] = string(a.Code) + " – " + a.Name
	}
	d := v.document()
	if v.amendment == "" && v.plan.Exists() {
		d = v.plan.First
	}
	rows := make([][]sheet.Cell, 0, len(d.Items))
	for _, i := range d.Items {
		rows = append(rows, tasksRow(d, i, names))
	}
	book := sheet.Book{Title: d.Title, Author: names[d.Issuer], Sheets: []sheet.Sheet{{
		Name: "Nhiệm vụ", Above: above(d, v), Rows: sheet.Rows(rows),
		Columns: []sheet.Column{
			{Title: "STT", Width: 6},
			{Title: "Nội dung công việc", Width: 60},
			{Title: "Chủ đề", Width: 30},
			{Title: "Đối tượng", Width: 28},
			{Title: "Kênh", Width: 28},
			{Title: "Đơn vị chủ trì", Width: 34},
			{Title: "Cơ quan phối hợp", Width: 34},
			{Title: "Thời hạn", Width: 12, Kind: sheet.Dates},
			{Title: "Chỉ tiêu", Width: 10, Kind: sheet.Integers},
			{Title: "Đơn vị tính", Width: 14},
			{Title: "Tính tin, bài đăng trên cổng", Width: 16},
			{Title: "Số liệu minh họa", Width: 12},
		},
	}}}
	var out bytes.Buffer
	if err := sheet.WriteXLSX(&out, book); err != nil {
		return nil, err
	}
	if out.Len() > maxDocument {
		return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", "3 MiB")
	}
	return out.Bytes(), nil
}

// above are the lines over the table: what it is of, and that it is a draft or holds example data.
func above(d plan.Document, v seen) []string {
	lines := []string{d.Title}
	if d.Number != "" {
		lines = append(lines, "Số "+d.Number)
	}
	if v.amendment == "" && !v.plan.Exists() {
		lines = append(lines, "DỰ THẢO")
	}
	if d.HasExample() {
		lines = append(lines, "Có dữ liệu minh họa")
	}
	return lines
}

func tasksRow(d plan.Document, i plan.Item, names map[plan.Code]string) []sheet.Cell {
	coordinators := make([]string, 0, len(i.Coordinators))
	for _, c := range i.Coordinators {
		coordinators = append(coordinators, names[c])
	}
	due := sheet.Text("")
	if at, err := i.Deadline.Start(); err == nil {
		due = sheet.Date(at)
	}
	return []sheet.Cell{
		sheet.Text(i.Code), sheet.Text(i.Title), sheet.Text(termNames(d.Themes, i.Theme)), sheet.Text(termNames(d.Audiences, i.Audiences...)),
		sheet.Text(termNames(d.Channels, i.Channels...)), sheet.Text(names[i.Lead]), sheet.Text(strings.Join(coordinators, "; ")), due,
		sheet.Integer(i.Target.Quantity), sheet.Text(i.Target.Unit), yesNo(i.Target.CountsPublications), yesNo(d.Example || i.HasExample()),
	}
}

func termNames(terms []plan.Term, codes ...string) string {
	var out []string
	for _, code := range codes {
		for _, t := range terms {
			if t.Code == code {
				out = append(out, t.Name)
			}
		}
	}
	return strings.Join(out, "; ")
}

func yesNo(yes bool) sheet.Cell {
	if yes {
		return sheet.Text("Có")
	}
	return sheet.Text("Không")
}
