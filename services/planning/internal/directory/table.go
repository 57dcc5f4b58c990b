package directory

// Row is one line of a file by its columns' names, in NFC and without outer spaces. Lines count from 1, the header's.
type Row struct {
	Line  int
	Cells map[string]string
}

// ReadTable reads a CSV file (UTF-8, a byte order mark is tolerated) whose header is exactly the columns, in any order. Errors: INVALID
// with every place that is wrong.
func ReadTable(data []byte, columns []string) ([]Row, error) {
	records, err := readTable(data, columns)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(records))
	for _, r := range records {
		rows = append(rows, Row{Line: r.row, Cells: r.cells})
	}
	return rows, nil
}
