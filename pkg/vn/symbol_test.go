package vn_test

import (
	"testing"

	"github.com/loa-vn/loa/pkg/vn"
)

func TestSymbolsAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		symbol vn.Symbol
		want   string
		valid  bool
	}{
		{vn.Symbol{Form: vn.AdminForm, Number: 1, Type: "KH", Agency: "UBND"}, "01/KH-UBND", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 9, Type: "TB", Agency: "STTTT"}, "09/TB-STTTT", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 10, Type: "QyĐ", Agency: "SKHĐT"}, "10/QyĐ-SKHĐT", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 38, Type: "KH", Agency: "UBND", Year: 2022}, "38/KH-UBND", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 118, Type: "TTr", Agency: "STTTT"}, "118/TTr-STTTT", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 5, Type: "BC", Agency: "UBND-VX"}, "05/BC-UBND-VX", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 999_999, Type: "BC", Agency: "UBND"}, "999999/BC-UBND", true},
		{vn.Symbol{Form: vn.AdminForm, Number: 1_000_000, Type: "BC", Agency: "UBND"}, "1000000/BC-UBND", false},
		{vn.Symbol{Form: vn.AdminForm, Number: 0, Type: "BC", Agency: "UBND"}, "00/BC-UBND", false},
		{vn.Symbol{Form: vn.AdminForm, Number: 38, Type: "XX", Agency: "UBND"}, "38/XX-UBND", false},
		{vn.Symbol{Form: vn.AdminForm, Number: 38, Type: "KH", Agency: "Ubnd"}, "38/KH-Ubnd", false},
		{vn.Symbol{Form: vn.AdminForm, Number: 38, Type: "KH", Agency: ""}, "38/KH-", false},
		{vn.Symbol{Form: vn.LegalForm, Number: 65, Year: 2025, Type: "QĐ", Agency: "UBND"}, "65/2025/QĐ-UBND", true},
		{vn.Symbol{Form: vn.LegalForm, Number: 65, Year: 1999, Type: "QĐ", Agency: "UBND"}, "65/1999/QĐ-UBND", false},
		{vn.Symbol{Form: vn.LegalForm, Number: 65, Year: 2025, Type: "KH", Agency: "UBND"}, "65/2025/KH-UBND", false},
		{vn.Symbol{Form: vn.LetterForm, Number: 1624, Agency: "UBND", Unit: "VXNV"}, "1624/UBND-VXNV", true},
		{vn.Symbol{Form: vn.LetterForm, Number: 1624, Agency: "UBND", Unit: "NC3"}, "1624/UBND-NC3", true},
		{vn.Symbol{Form: vn.LetterForm, Number: 38, Agency: "KH", Unit: "UBND"}, "38/KH-UBND", false}, // reads as the administrative form
		{vn.Symbol{Form: vn.LetterForm, Number: 7, Agency: "UBND"}, "07/UBND-", false},
		{vn.Symbol{Form: "other", Number: 7, Agency: "UBND"}, "", false},
	} {
		if got := c.symbol.String(); got != c.want || c.symbol.Valid() != c.valid {
			t.Errorf("%+v is written %q (valid %v), want %q (%v)", c.symbol, got, c.symbol.Valid(), c.want, c.valid)
		}
	}
}

// What is cited or imported is text: these are real numbers, and none of them is of a form that Loa allocates.
func TestForeignNumbersAreNotOfTheForms(t *testing.T) {
	for _, text := range []string{"20/2020/QĐ-TTg", "91/2025/QH15", "03-NQ/TU", "UBND-NC3", "38a/KH-UBND", "8/KH-UBND", "038/KH-UBND", " 38/KH-UBND", "38/KH-UBND\n"} {
		for _, form := range []vn.SymbolForm{vn.AdminForm, vn.LegalForm, vn.LetterForm} {
			if s, ok := vn.ParseSymbol(form, text); ok {
				t.Errorf("%q is read as %+v", text, s)
			}
		}
	}
}
