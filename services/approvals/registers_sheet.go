package approvals

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

const (
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	// sheetLimit is what one answer of gRPC may hold; a register of some 50,000 numbers.
	sheetLimit = 4<<20 - 64<<10
	sheetPage  = 1_000
)

// ExportNumbers gives the whole register as a workbook: the register of outgoing documents of NĐ 30/2020/NĐ-CP, Appendix IV, with what
// became of each number.
func (s *server) ExportNumbers(ctx context.Context, r *approvalsv1.ExportNumbersRequest) (*httpbody.HttpBody, error) {
	of, err := s.registerFor(ctx, r.GetRegister(), "ExportNumbers")
	if err != nil {
		return nil, err
	}
	if f := r.GetFormat(); f != "xlsx" {
		return nil, errs.Invalid([]errs.Field{errs.At("format", errorsv1.Reason_BAD_FORMAT, "field", "format", "value", f, "expected", "xlsx")})
	}
	issuer, _, err := s.host.Directory.Agency(ctx, of.Issuer, time.Time{})
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, registerBook(of, issuer.Name, s.everyNumber(ctx, of.ID))); err != nil {
		return nil, err
	}
	if file.Len() > sheetLimit {
		return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", "4 MB")
	}
	name := fmt.Sprintf("so-van-ban-%s-%d.xlsx", vn.Slug(of.Issuer), of.Year)
	return &httpbody.HttpBody{ContentType: xlsx, Data: file.Bytes()}, rpc.SetFileName(ctx, name)
}

// everyNumber reads a register's numbers page by page.
func (s *server) everyNumber(ctx context.Context, of string) iter.Seq2[readmodel.Number, error] {
	return func(yield func(readmodel.Number, error) bool) {
		for after := 0; ; {
			numbers, err := readmodel.ListNumbers(ctx, s.host.Pool, of, after, sheetPage)
			if err != nil {
				yield(readmodel.Number{}, err)
				return
			}
			for _, n := range numbers {
				if !yield(n, nil) {
					return
				}
				after = n.Number
			}
			if len(numbers) < sheetPage {
				return
			}
		}
	}
}

func registerBook(of register.Register, issuer string, numbers iter.Seq2[readmodel.Number, error]) sheet.Book {
	title := of.Name
	if title == "" {
		title = fmt.Sprintf("Sổ đăng ký văn bản đi năm %d", of.Year)
	}
	return sheet.Book{Title: title, Author: issuer, Created: of.OpenedAt, Sheets: []sheet.Sheet{{
		Name:  fmt.Sprintf("Sổ %d", of.Year),
		Above: []string{title, issuer},
		Columns: []sheet.Column{
			{Title: "Số", Width: 8, Kind: sheet.Ordinals},
			{Title: "Số, ký hiệu", Width: 20},
			{Title: "Ngày, tháng", Width: 14, Kind: sheet.Dates},
			{Title: "Loại", Width: 14},
			{Title: "Trích yếu nội dung", Width: 60},
			{Title: "Người ký", Width: 24},
			{Title: "Trạng thái", Width: 16},
			{Title: "Lý do hủy", Width: 30},
			{Title: "Ghi chú", Width: 24},
		},
		Rows: func(yield func([]sheet.Cell, error) bool) {
			for n, err := range numbers {
				if !yield(numberRow(n), err) || err != nil {
					return
				}
			}
		},
	}}}
}

func numberRow(n readmodel.Number) []sheet.Cell {
	// A date that is none would be a fault of the log, where it was checked; it shows as it is missing.
	date, _ := time.ParseInLocation(time.DateOnly, n.Date, vn.Location())
	note := ""
	switch {
	case n.Entered && n.Example:
		note = "Số của hệ thống khác; dữ liệu minh họa"
	case n.Entered:
		note = "Số của hệ thống khác"
	case n.Example:
		note = "Dữ liệu minh họa"
	}
	return []sheet.Cell{
		sheet.Integer(int64(n.Number)), sheet.Text(n.Text), sheet.Date(date), sheet.Text(typeName(n.DocumentType)), sheet.Text(n.Title),
		sheet.Text(n.Signer), sheet.Text(stateName(n.State)), sheet.Text(n.Reason), sheet.Text(note),
	}
}

func stateName(state string) string {
	switch state {
	case "issued":
		return "đã phát hành"
	case "voided":
		return "đã hủy"
	default:
		return "đang cấp số"
	}
}

func typeName(documentType string) string {
	switch documentType {
	case "content":
		return "Tin, bài"
	case "correction":
		return "Đính chính"
	case "report":
		return "Báo cáo"
	case "plan":
		return "Kế hoạch"
	case "amendment":
		return "Sửa đổi kế hoạch"
	case "withdrawal":
		return "Thu hồi"
	default:
		return documentType
	}
}
