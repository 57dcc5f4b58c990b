package docximport

// table reads a table with its merged cells. Rows and cells deleted under tracked changes are left out.
func (r *reader) table(t *node) (Table, error) {
	var out Table
	open := map[int]*Cell{} // by column: the cell that a vertical merge goes on from
	if err := r.rows(t, &out, open); err != nil {
		return Table{}, err
	}
	for i := range out.Rows { // what reaches beyond the last row, after rows were dropped
		for j := range out.Rows[i] {
			c := &out.Rows[i][j]
			c.RowSpan = min(c.RowSpan, len(out.Rows)-i)
		}
	}
	return out, nil
}

func (r *reader) rows(t *node, out *Table, open map[int]*Cell) error {
	for _, k := range t.kids {
		switch k.name {
		case "tr":
			if k.child("trPr").child("del") != nil {
				r.drop(DeletedText)
				continue
			}
			if len(out.Rows) == r.limits.Rows {
				return over("số hàng của một bảng (rows)", int64(r.limits.Rows))
			}
			if err := r.row(k, out, open); err != nil {
				return err
			}
		case "sdt":
			if err := r.rows(k.child("sdtContent").orEmpty(), out, open); err != nil {
				return err
			}
		case "ins", "moveTo", "customXml":
			if err := r.rows(k, out, open); err != nil {
				return err
			}
		case "del", "moveFrom":
			r.drop(DeletedText)
		}
	}
	return nil
}

func (r *reader) row(tr *node, out *Table, open map[int]*Cell) error {
	properties := tr.child("trPr")
	column := properties.child("gridBefore").number()
	if column > r.limits.Columns {
		return over("số cột của một bảng (columns)", int64(r.limits.Columns))
	}
	var row []Cell
	var starts []int // places in row that a merge may go on from
	continued := map[int]bool{}
	for _, k := range cells(tr) {
		p := k.child("tcPr")
		if p.child("cellDel") != nil {
			r.drop(DeletedText)
			continue
		}
		span := max(p.child("gridSpan").number(), 1)
		if column+span > r.limits.Columns {
			return over("số cột của một bảng (columns)", int64(r.limits.Columns))
		}
		merged := p.child("vMerge")
		if above := open[column]; merged != nil && merged.val() != "restart" && above != nil {
			above.RowSpan++
			continued[column] = true
			column += span
			continue
		}
		blocks, err := r.blocks(k)
		if err != nil {
			return err
		}
		r.pending = nil
		if merged != nil {
			starts = append(starts, len(row))
		}
		row = append(row, Cell{Column: column, ColSpan: span, RowSpan: 1, Blocks: blocks})
		column += span
	}
	for col := range open {
		if !continued[col] {
			delete(open, col)
		}
	}
	for _, i := range starts {
		open[row[i].Column] = &row[i]
	}
	out.Columns = max(out.Columns, column)
	if properties.child("tblHeader").on() && out.Header == len(out.Rows) {
		out.Header++
	}
	out.Rows = append(out.Rows, row)
	return nil
}

// cells finds the cells of a row, those in content controls included.
func cells(tr *node) []*node {
	var out []*node
	for _, k := range tr.kids {
		switch k.name {
		case "tc":
			out = append(out, k)
		case "sdt":
			out = append(out, cells(k.child("sdtContent").orEmpty())...)
		case "customXml":
			out = append(out, cells(k)...)
		}
	}
	return out
}

// isLayout says whether a table only arranges text, as the head and the signing block of an official document do: no border of
// its own, of its style or of any cell.
func (r *reader) isLayout(t *node) bool {
	properties := t.child("tblPr")
	borders := properties.child("tblBorders")
	if borders == nil {
		r.ancestry(properties.child("tblStyle").val(), func(s style) {
			if borders == nil {
				borders = s.borders
			}
		})
	}
	if hasLine(borders) {
		return false
	}
	for _, tr := range t.kids {
		for _, tc := range cells(tr) {
			if hasLine(tc.child("tcPr").child("tcBorders")) {
				return false
			}
		}
	}
	return true
}

func hasLine(borders *node) bool {
	for _, k := range borders.orEmpty().kids {
		if v := k.val(); v != "" && v != "nil" && v != "none" {
			return true
		}
	}
	return false
}
