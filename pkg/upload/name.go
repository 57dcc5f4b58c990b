package upload

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// NameLimit is the most characters of a name; file systems hold 255 bytes, and a Vietnamese character may take three.
const NameLimit = 80

// Name makes a file's name safe to show, to save under and to write into a header: in Unicode NFC, without a path, control and
// direction characters, or what a file system reads as something else. A long one is cut before its extension. Errors: FILE_NAME when
// nothing is left to call it.
func Name(raw string) (string, error) {
	name := vn.NFC(strings.ToValidUTF8(raw, ""))
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1 // they are seen nowhere, and turn a name around ("fdp.exe" shown as "exe.pdf")
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`<>:"|?*%;#`, r):
			return '-'
		default:
			return r
		}
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". -")
	extension := path.Ext(name)
	stem := strings.Trim(strings.TrimSuffix(name, extension), ". ")
	if utf8.RuneCountInString(extension) > 6 {
		stem, extension = name, ""
	}
	if slices.Contains(devices(), strings.ToUpper(stem)) {
		stem = "tep-" + stem
	}
	if !strings.ContainsFunc(stem, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", errs.New(errorsv1.Reason_FILE_NAME, "value", shorten(vn.NFC(strings.ToValidUTF8(raw, "?"))), "limit", strconv.Itoa(NameLimit))
	}
	if runes := []rune(stem); len(runes)+utf8.RuneCountInString(extension) > NameLimit {
		stem = strings.TrimRight(string(runes[:NameLimit-utf8.RuneCountInString(extension)]), ". ")
	}
	return stem + extension, nil
}

// Extension of a name in small letters, with its dot; empty when there is none.
func Extension(name string) string { return strings.ToLower(path.Ext(name)) }

// devices are the names that Windows keeps for itself, with any extension.
func devices() []string {
	names := []string{"CON", "PRN", "AUX", "NUL"}
	for n := range 10 {
		names = append(names, "COM"+strconv.Itoa(n), "LPT"+strconv.Itoa(n))
	}
	return names
}

func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '·'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > NameLimit {
		return string(runes[:NameLimit]) + "…"
	}
	return s
}
