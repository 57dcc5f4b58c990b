package page

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestBothLanguagesHaveEveryWord(t *testing.T) {
	vi, en := reflect.ValueOf(vietnamese()), reflect.ValueOf(english())
	for i := range vi.NumField() {
		name := vi.Type().Field(i).Name
		for lang, word := range map[Lang]string{Vi: vi.Field(i).String(), En: en.Field(i).String()} {
			if strings.TrimSpace(word) == "" || !norm.NFC.IsNormalString(word) {
				t.Errorf("%s has no proper %s: %q", lang, name, word)
			}
		}
		if verbs(vi.Field(i).String()) != verbs(en.Field(i).String()) {
			t.Errorf("%s: the languages fill different places", name)
		}
	}
}

func verbs(format string) string {
	var b strings.Builder
	for i := 0; i+1 < len(format); i++ {
		if format[i] == '%' {
			b.WriteByte(format[i+1])
		}
	}
	return b.String()
}
