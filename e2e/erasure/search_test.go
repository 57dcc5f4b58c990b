package erasure

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// forms are the ways in which a text may stand in a file: Unicode forms, encodings of the bytes, and escapes.
func forms(text string) map[string][]byte {
	all := map[string][]byte{}
	for form, f := range map[string]norm.Form{"": norm.NFC, " decomposed": norm.NFD} {
		t := f.String(text)
		all["UTF-8"+form] = []byte(t)
		var little, big []byte
		var lower, upper strings.Builder
		for _, r := range t {
			for _, u := range utf16.Encode([]rune{r}) {
				little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
				if u < 0x80 {
					lower.WriteByte(byte(u))
					upper.WriteByte(byte(u))
					continue
				}
				fmt.Fprintf(&lower, `\u%04x`, u)
				fmt.Fprintf(&upper, `\u%04X`, u)
			}
		}
		all["UTF-16LE"+form], all["UTF-16BE"+form] = little, big
		all[`\u escapes`+form], all[`\U escapes`+form] = []byte(lower.String()), []byte(upper.String())
		all["ASCII escapes"+form] = []byte(strings.Trim(strconv.QuoteToASCII(t), `"`))
		all["hex"+form], all["HEX"+form] = []byte(hex.EncodeToString([]byte(t))), []byte(strings.ToUpper(hex.EncodeToString([]byte(t))))
		all["path escapes"+form], all["query escapes"+form] = []byte(url.PathEscape(t)), []byte(url.QueryEscape(t))
		// In base64 the text has one of three forms, by where in the whole it begins; its first and last characters mix with what is beside.
		for shift := range 3 {
			whole := append(make([]byte, shift), t...)
			for name, e := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
				encoded := e.WithPadding(base64.NoPadding).EncodeToString(whole)
				all[fmt.Sprintf("%s+%d%s", name, shift, form)] = []byte(encoded[(shift*8+5)/6 : len(encoded)-1])
			}
		}
	}
	return all
}

// found is a text that stands in a file.
type found struct{ text, file, form string }

// search looks for texts in every file below a folder, in every form.
func search(t *testing.T, folder string, texts ...string) (hits []found, files int) {
	t.Helper()
	type wanted struct {
		found
		bytes []byte
	}
	var all []wanted
	seen := map[string]bool{} // many forms of an ASCII text are one
	for _, text := range texts {
		for form, raw := range forms(text) {
			if !seen[string(raw)] {
				seen[string(raw)] = true
				all = append(all, wanted{found{text: text, form: form}, raw})
			}
		}
	}
	everyFile(t, folder, func(path string, content []byte) {
		files++
		for _, w := range all {
			if bytes.Contains(content, w.bytes) {
				w.file = path
				hits = append(hits, w.found)
			}
		}
	})
	return hits, files
}

// everyFile reads the files of running engines, some of which come and go meanwhile.
func everyFile(t *testing.T, folder string, f func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil && path != folder && os.IsNotExist(err) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil {
			f(path, content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The search finds what it looks for, in each form it says it knows, wherever that begins.
func TestTheSearchFinds(t *testing.T) {
	const text = "Đặng Thị Thuỳ Dương"
	for form, written := range forms(text) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "file"), append([]byte("before"), append(written, "after"...)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if hits, files := search(t, folder, text); len(hits) == 0 || files != 1 {
			t.Errorf("%s: not found", form)
		}
	}
	for shift := range 9 {
		folder := t.TempDir()
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text + "yz"))
		if err := os.WriteFile(filepath.Join(folder, "file"), []byte(encoded), 0o600); err != nil {
			t.Fatal(err)
		}
		if hits, _ := search(t, folder, text); len(hits) == 0 {
			t.Errorf("in base64 after %d bytes: not found", shift)
		}
	}
	if hits, _ := search(t, t.TempDir(), "Đặng Thị Thuỳ Dung"); len(hits) != 0 {
		t.Error("found in nothing")
	}
}
