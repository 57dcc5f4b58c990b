package sheet

import (
	"io"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/vn"
)

// WriteCSV writes a sheet's heading and rows as RFC 4180 has it: comma, CRLF, UTF-8 with a byte order mark, by which spreadsheet
// programs know it. Numbers have a decimal point and no thousands, days are 2022-03-01, times 2022-03-01T13:20:00+07:00.
// Text that begins with = + - @ TAB or CR gets an apostrophe in front, so that no program takes it for a formula. Lines above the heading,
// drop-downs, prompts and notes have no place in CSV.
func WriteCSV(w io.Writer, s Sheet) error {
	if err := s.check(); err != nil {
		return err
	}
	out := markup.New(w)
	out.Put("\ufeff")
	for i, c := range s.Columns {
		if i > 0 {
			out.Put(",")
		}
		writeField(out, harmless(c.Title))
	}
	out.Put("\r\n")
	err := s.each(func(_ int, row []Cell) error {
		for i := range s.Columns {
			if i > 0 {
				out.Put(",")
			}
			if i < len(row) {
				writeField(out, row[i].csv())
			}
		}
		out.Put("\r\n")
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func harmless(s string) string {
	if dangerous(s) {
		return "'" + s
	}
	return s
}

func (c Cell) csv() string {
	if !c.filled {
		return ""
	}
	switch c.kind {
	case Integers:
		return strconv.FormatInt(c.whole, 10)
	case Decimals, Percents:
		return strconv.FormatFloat(c.number, 'f', -1, 64)
	case Dates:
		return c.at.In(vn.Location()).Format("2006-01-02")
	case Times:
		return c.at.In(vn.Location()).Format("2006-01-02T15:04:05-07:00")
	case Texts, Ordinals: // no cell is of ordinals
	}
	return harmless(c.text)
}

func writeField(out *markup.Writer, s string) {
	if !strings.ContainsAny(s, ",\"\r\n") && strings.TrimSpace(s) == s {
		out.Put(s)
		return
	}
	out.Put("\"")
	out.Put(strings.ReplaceAll(s, `"`, `""`))
	out.Put("\"")
}
