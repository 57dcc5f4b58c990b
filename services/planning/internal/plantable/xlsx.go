package plantable

import (
	"bytes"
	"errors"

	"github.com/xuri/excelize/v2"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maxUnzipped bounds what a workbook may unfold to, in bytes: a file of 1 MiB can hold a thousand times that.
const maxUnzipped = 16 << 20

// Workbook reads the worksheets of an XLSX file, hidden ones left out. Cells are raw values: a day is the number that a spreadsheet
// counts it by. Errors: PLAN_FILE.
func Workbook(data []byte) (tables []Table, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true,
	})
	if err != nil {
		return nil, unreadable("XLSX", err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	for _, name := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(name); err != nil || !visible || len(tables) == maxTables {
			continue
		}
		t, err := worksheet(book, name)
		if err != nil {
			return nil, unreadable("XLSX", err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func unreadable(what string, cause error) error {
	return errs.New(errorsv1.Reason_PLAN_FILE, "what", what).Because(cause)
}

// lastRow is how far down a worksheet is read.
const lastRow = 20_000

func worksheet(book *excelize.File, name string) (t Table, err error) {
	t.Name, t.Worksheet = name, true
	rows, err := book.Rows(name)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return t, err
		}
		if row := rowOf(n, cells); len(row.filled()) > 0 || n <= headingRows {
			t.Rows = append(t.Rows, row)
		}
		if len(t.Rows) > maxRows || n > lastRow {
			return t, nil // the reader refuses too many rows; what stands so far down is no plan
		}
	}
	if err := rows.Error(); err != nil {
		return t, err
	}
	return t, spread(book, &t)
}

// spread puts the value of cells that are merged over rows into each of them, in their first column.
func spread(book *excelize.File, t *Table) error {
	merged, err := book.GetMergeCells(t.Name)
	if err != nil {
		return err
	}
	at := map[int]int{}
	for i, row := range t.Rows {
		at[row.Number] = i
	}
	for _, m := range merged[:min(len(merged), maxRows)] {
		column, first, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return err
		}
		_, last, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil {
			return err
		}
		for n := first + 1; n <= min(last, first+maxRows); n++ {
			i, ok := at[n]
			if !ok || column > maxColumns {
				continue
			}
			for len(t.Rows[i].Cells) < column {
				t.Rows[i].Cells = append(t.Rows[i].Cells, "")
			}
			t.Rows[i].Cells[column-1] = clean(bounded(m.GetCellValue()))
		}
	}
	return nil
}
