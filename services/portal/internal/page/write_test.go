package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// TestWritePages leaves every page in the folder that stands after -args, or in a passing one, so
// that html-validate and a browser can read what the package writes:
//
//	go test ./services/portal/internal/page -run TestWritePages -args <folder>
func TestWritePages(t *testing.T) {
	folder := flag.Arg(0)
	if folder == "" {
		folder = t.TempDir()
	}
	for name, content := range rendered(t) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
