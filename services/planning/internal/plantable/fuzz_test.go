package plantable

import (
	"bytes"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
)

// Whatever the bytes are, reading a workbook ends with its tables or with a refusal that has a reason, and never with more than a file
// may hold.
func FuzzWorkbook(f *testing.F) {
	var template bytes.Buffer
	if err := Template(&template, city()); err != nil {
		f.Fatal(err)
	}
	whole := template.Bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	// A workbook whose parts are swapped in the middle is still an archive.
	turned := bytes.Clone(whole)
	for i := len(turned) / 3; i < len(turned)/3+64; i++ {
		turned[i] ^= 0x5a
	}
	f.Add(turned)
	f.Fuzz(func(t *testing.T, data []byte) {
		tables, err := Workbook(data)
		if err != nil {
			if errs.Status(errs.ReasonOf(err)) != 422 {
				t.Fatalf("without a reason: %v", err)
			}
			return
		}
		if len(tables) > maxTables {
			t.Fatalf("%d tables", len(tables))
		}
		if _, err := Read(tables, city()); err != nil && errs.Status(errs.ReasonOf(err)) != 422 {
			t.Fatalf("without a reason: %v", err)
		}
	})
}

// FuzzReadDay: a day that is understood is one of the calendar.
func FuzzReadDay(f *testing.F) {
	for _, text := range []string{"31/3/2022", "Quý II/2022", "Tháng 3 - 5/2022", "44651", "Thường xuyên", "6 tháng đầu năm"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, how, _ := readDay(text, "2022-12-20", 2022)
		if _, err := d.Start(); (how == NotUnderstood) != (err != nil) {
			t.Fatalf("%q is %q, %s", text, d, how)
		}
	})
}
