package directory_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
)

const (
	agencyHeader = "code,kind,abbreviation,name,parent,valid_from,valid_to,successor\n"
	personHeader = "id,name,agency,unit,position,role,valid_from,valid_to\n"
)

type directoryCase = estest.Case[directory.Directory, *directory.Directory]

func given(t *testing.T, events ...any) *directoryCase {
	t.Helper()
	return estest.Given[directory.Directory](t, directory.Catalogue(), events...)
}

func importAgencies(rows []directory.AgencyRow) func(*directory.Directory, int64) ([]any, error) {
	return func(d *directory.Directory, _ int64) ([]any, error) { return d.ImportAgencies(rows) }
}

func importPeople(rows []directory.PersonRow) func(*directory.Directory, int64) ([]any, error) {
	return func(d *directory.Directory, _ int64) ([]any, error) { return d.ImportPeople(rows) }
}

func province() directory.AgenciesImported {
	return directory.AgenciesImported{Agencies: []directory.Agency{
		{Code: "H24", Kind: "province", Abbreviation: "UBND", Name: "Ủy ban nhân dân thành phố Hải Phòng"},
		{Code: "H24.02", Kind: "department", Abbreviation: "STTTT", Name: "Sở Thông tin và Truyền thông", Parent: "H24"},
	}}
}

func fields(t *testing.T, err error) []errs.Field {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_INVALID {
		t.Fatalf("refused with %v, want INVALID", err)
	}
	return e.Fields
}

func TestTheSeedsComeInWholeAndAgainChangeNothing(t *testing.T) {
	agencies, err := directory.ReadAgencies(seed(t, "agencies.csv"))
	if err != nil {
		t.Fatal(err)
	}
	filled := given(t).When(importAgencies(agencies)).And()
	d := filled.State()
	if !d.Empty() || d.Changed() != 39 || !d.HasAgency("H24.63") {
		t.Fatalf("changed %d, empty %v", d.Changed(), d.Empty())
	}
	people, err := directory.ReadPeople(seed(t, "people.csv"), true)
	if err != nil {
		t.Fatal(err)
	}
	staffed := filled.When(importPeople(people)).And()
	d = staffed.State()
	p, ok := d.Person("cv.stttt")
	if !ok || p.Name != "Phạm Thu Hà" || p.Agency != "H24.02" || p.Role != "officer" || !p.Example || d.Empty() || d.Changed() != 24 {
		t.Fatalf("cv.stttt is %+v, changed %d", p, d.Changed())
	}
	staffed.When(importAgencies(agencies)).Then()
	staffed.When(importPeople(people)).Then()
}

func TestOnlyNewAndChangedRowsAreRecorded(t *testing.T) {
	rows, err := directory.ReadAgencies([]byte(agencyHeader +
		"H24,province,UBND,Ủy ban nhân dân thành phố Hải Phòng,,,,\n" +
		"H24.02,department,SKHCN,Sở Khoa học và Công nghệ,H24,,,\n" +
		"H24.03,department,SNV,Sở Nội vụ,H24,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	given(t, province()).When(importAgencies(rows)).Then(directory.AgenciesImported{Agencies: []directory.Agency{
		{Code: "H24.02", Kind: "department", Abbreviation: "SKHCN", Name: "Sở Khoa học và Công nghệ", Parent: "H24"},
		{Code: "H24.03", Kind: "department", Abbreviation: "SNV", Name: "Sở Nội vụ", Parent: "H24"},
	}})
}

func TestByteOrderMarkColumnOrderAndDecomposedTextAreRead(t *testing.T) {
	file := "\ufeffname,code,kind,abbreviation,parent,valid_from,valid_to,successor\r\n" +
		norm.NFD.String("Sở Nội vụ") + " ,H24.03,department,SNV,,2022-01-01,,\r\n"
	rows, err := directory.ReadAgencies([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := directory.AgencyRow{Row: 2, Agency: directory.Agency{
		Code: "H24.03", Kind: "department", Abbreviation: "SNV", Name: "Sở Nội vụ", ValidFrom: "2022-01-01",
	}}
	if len(rows) != 1 || rows[0] != want {
		t.Errorf("read %+v", rows)
	}
}

type place struct {
	row    int
	column string
	reason errs.Reason
}

func TestWrongAgenciesAreNamedByLineAndColumn(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []place
	}{
		"empty file": {"", []place{
			{1, "code", errorsv1.Reason_MISSING_COLUMN},
			{1, "kind", errorsv1.Reason_MISSING_COLUMN},
			{1, "abbreviation", errorsv1.Reason_MISSING_COLUMN},
			{1, "name", errorsv1.Reason_MISSING_COLUMN},
			{1, "parent", errorsv1.Reason_MISSING_COLUMN},
			{1, "valid_from", errorsv1.Reason_MISSING_COLUMN},
			{1, "valid_to", errorsv1.Reason_MISSING_COLUMN},
			{1, "successor", errorsv1.Reason_MISSING_COLUMN},
		}},
		"unknown and missing column": {
			"code,kind,abbreviation,ten,parent,valid_from,valid_to,successor\n",
			[]place{{1, "ten", errorsv1.Reason_UNKNOWN_COLUMN}, {1, "name", errorsv1.Reason_MISSING_COLUMN}},
		},
		"column twice": {
			"code,code,kind,abbreviation,name,parent,valid_from,valid_to,successor\n",
			[]place{{1, "code", errorsv1.Reason_DUPLICATE}},
		},
		"encoding":     {agencyHeader + "H24,province,UBND,\xd0y ban,,,,\n", []place{{2, "", errorsv1.Reason_BAD_ENCODING}}},
		"broken quote": {agencyHeader + "H24,province,UBND,\"Ủy ban,,,,\n", []place{{2, "", errorsv1.Reason_BAD_FORMAT}}},
		"short row":    {agencyHeader + "H24,province,UBND\n", []place{{2, "", errorsv1.Reason_BAD_FORMAT}}},
		"duplicate code": {
			agencyHeader + "H24,province,UBND,Ủy ban,,,,\nH24,province,UBND,Ủy ban,,,,\n",
			[]place{{3, "code", errorsv1.Reason_DUPLICATE}},
		},
		"impossible dates": {
			agencyHeader + "H24,province,UBND,Ủy ban,,2022-02-30,2022-13-01,\n",
			[]place{{2, "valid_from", errorsv1.Reason_BAD_DATE}, {2, "valid_to", errorsv1.Reason_BAD_DATE}},
		},
		"ends before it begins": {
			agencyHeader + "H24,province,UBND,Ủy ban,,2022-02-03,2022-02-02,\n",
			[]place{{2, "valid_to", errorsv1.Reason_BAD_FORMAT}},
		},
		"a line inside quotes counts": {
			agencyHeader + "H24,province,UBND,\"Ủy\nban\",,,,\nx,province,UBND,,,,,\n",
			[]place{{4, "code", errorsv1.Reason_BAD_FORMAT}, {4, "name", errorsv1.Reason_REQUIRED}},
		},
		"kind":      {agencyHeader + "H24,city,UBND,Ủy ban,,,,\n", []place{{2, "kind", errorsv1.Reason_BAD_FORMAT}}},
		"long name": {agencyHeader + "H24,province,UBND," + strings.Repeat("ủ", 301) + ",,,,\n", []place{{2, "name", errorsv1.Reason_TOO_LONG}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := directory.ReadAgencies([]byte(c.file))
			var got []place
			for _, f := range fields(t, err) {
				got = append(got, place{f.Row, f.Column, f.Reason})
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestParentsAndSuccessorsAreKnownAndLeadUpwards(t *testing.T) {
	rows, err := directory.ReadAgencies([]byte(agencyHeader +
		"H24.05,department,A,A,H99,,,H98\n" +
		"H24.06,department,B,B,H24.07,,,\n" +
		"H24.07,department,C,C,H24.06,,,\n" +
		"H24.08,department,D,D,H24.06,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []place
	for _, f := range given(t, province()).When(importAgencies(rows)).ThenRefused(errorsv1.Reason_INVALID).Fields {
		got = append(got, place{f.Row, f.Column, f.Reason})
	}
	want := []place{
		{2, "parent", errorsv1.Reason_UNKNOWN_AGENCY},
		{2, "successor", errorsv1.Reason_UNKNOWN_AGENCY},
		{3, "parent", errorsv1.Reason_BAD_FORMAT},
		{4, "parent", errorsv1.Reason_BAD_FORMAT},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOneWrongPersonKeepsAllOut(t *testing.T) {
	rows, err := directory.ReadPeople([]byte(personHeader+
		"cv.stttt,Phạm Thu Hà,H24.02,Phòng,Chuyên viên,officer,2022-01-01,\n"+
		"cv.khac,Người Khác,H24.99,Phòng,Chuyên viên,officer,2022-01-01,\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	got := given(t, province()).When(importPeople(rows)).ThenRefused(errorsv1.Reason_INVALID).Fields
	if len(got) != 1 || got[0].Row != 3 || got[0].Column != "agency" || got[0].Reason != errorsv1.Reason_UNKNOWN_AGENCY {
		t.Errorf("wrong %+v", got)
	}
}

func TestWrongPeopleAreNamedByLineAndColumn(t *testing.T) {
	_, err := directory.ReadPeople([]byte(personHeader+
		"CV,Phạm Thu Hà,H24.02,Phòng,Chuyên viên,officer,,\n"+
		"a,,H24.02,Phòng,Chuyên viên,boss,,\n"+
		"a,B,,,,officer,01/02/2022,\n"), false)
	var got []place
	for _, f := range fields(t, err) {
		got = append(got, place{f.Row, f.Column, f.Reason})
	}
	want := []place{
		{2, "id", errorsv1.Reason_BAD_FORMAT},
		{3, "name", errorsv1.Reason_REQUIRED},
		{3, "role", errorsv1.Reason_BAD_FORMAT},
		{4, "agency", errorsv1.Reason_REQUIRED},
		{4, "unit", errorsv1.Reason_REQUIRED},
		{4, "position", errorsv1.Reason_REQUIRED},
		{4, "valid_from", errorsv1.Reason_BAD_DATE},
		{4, "id", errorsv1.Reason_DUPLICATE},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTooManyRows(t *testing.T) {
	file := agencyHeader + strings.Repeat("H24,province,UBND,Ủy ban,,,,\n", directory.MaxRows+1)
	_, err := directory.ReadAgencies([]byte(file))
	got := fields(t, err)
	if len(got) != 1 || got[0].Reason != errorsv1.Reason_TOO_MANY_ROWS || got[0].Args["count"] != "10001" {
		t.Errorf("wrong %+v", got)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	_, err := directory.ReadAgencies([]byte(agencyHeader + strings.Repeat("x,,,,,,,\n", 500)))
	if got := fields(t, err); len(got) != 100 {
		t.Errorf("%d places", len(got))
	}
}

func TestEventsAreReadAsTheyWereReleased(t *testing.T) {
	es.CheckGoldens(t, directory.Catalogue(), "testdata/events")
}

// What is read is refused or in NFC, within the limits, and imports into an empty directory or is refused there.
func FuzzReadAgencies(f *testing.F) {
	f.Add([]byte(agencyHeader + "H24,province,UBND,Ủy ban nhân dân,,2022-01-01,,\n"))
	f.Add([]byte("\ufeff" + agencyHeader + "\"H24\",\"province\",UBND,\"Ủy \"\"ban\"\"\",,,,\r\n"))
	f.Add([]byte("code,kind\nH24"))
	f.Add([]byte(agencyHeader + "\"H24"))
	f.Add([]byte{0xff, '\n', 0xfe})
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := directory.ReadAgencies(data)
		if err != nil {
			if len(fields(t, err)) == 0 {
				t.Error("refused without a place")
			}
			return
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, r := range rows {
			if r.Code == "" || r.Name == "" || !norm.NFC.IsNormalString(r.Name) || r.Row < 2 || r.Row > lines {
				t.Errorf("read %+v", r)
			}
		}
		empty := given(t)
		if _, err := empty.State().ImportAgencies(rows); err != nil {
			fields(t, err)
			return
		}
		empty.When(importAgencies(rows)).And().When(importAgencies(rows)).Then()
	})
}

func FuzzReadPeople(f *testing.F) {
	f.Add([]byte(personHeader+"cv.stttt,Phạm Thu Hà,H24.02,Phòng,Chuyên viên,officer,2022-01-01,\n"), true)
	f.Add([]byte(personHeader+"a,b,c,d,e,f,g,h\n\n\n,,,,,,,\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, example bool) {
		rows, err := directory.ReadPeople(data, example)
		if err != nil {
			fields(t, err)
			return
		}
		for _, r := range rows {
			if r.ID == "" || r.Agency == "" || r.Example != example || !slices.Contains(directory.Roles(), r.Role) {
				t.Errorf("read %+v", r)
			}
		}
	})
}

func seed(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../../../examples/plan-38/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
