package command

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The template is a whole workbook or no file, with the agencies of a file of agencies or without.
func TestPlanTemplate(t *testing.T) {
	folder := t.TempDir()
	agencies := filepath.Join(folder, "agencies.csv")
	csv := "code,kind,abbreviation,name,parent,valid_from,valid_to,successor\nH24,province,UBND,Ủy ban nhân dân thành phố Hải Phòng,,,,\n"
	if err := os.WriteFile(agencies, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]planTemplateCommand{
		"bare": {Out: filepath.Join(folder, "bare.xlsx")}, "with agencies": {Out: filepath.Join(folder, "agencies.xlsx"), Agencies: agencies},
	} {
		if err := c.Run(&environment{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		book, err := zip.OpenReader(c.Out)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}
	var out bytes.Buffer
	if err := (planTemplateCommand{Out: "-"}).Run(&environment{out: &out}); err != nil || !bytes.HasPrefix(out.Bytes(), []byte("PK")) {
		t.Errorf("on standard output: %v, %d bytes", err, out.Len())
	}
	if err := os.WriteFile(agencies, []byte("code\nH24\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	spoilt := planTemplateCommand{Out: filepath.Join(folder, "none.xlsx"), Agencies: agencies}
	if err := spoilt.Run(&environment{}); err == nil {
		t.Error("a file of agencies without its columns was taken")
	}
	if left, err := filepath.Glob(filepath.Join(folder, "none*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
