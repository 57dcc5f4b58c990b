package planfile_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/planfile"
)

const small = `number: 38/KH-UBND
date: 2022-02-23
issuer: H24
title: Kế hoạch tuyên truyền
from: 2022-02-23
to: { value: 2022-12-31, example: true }
lead: H24.02
coordinators:
  value: [H24.01]
  example: true
purposes:
  - Nâng cao nhận thức.
themes:
  - { code: mot-cua, name: Một cửa }
audiences:
  - code: nguoi-dan
    name: Người dân
channels:
  - code: portal
    name: Cổng
    example: true
items:
  - code: 1
    title: Tin
    theme: mot-cua
    audiences: [nguoi-dan]
    channels: [portal]
    lead: H24.02
    deadline: { value: 2022-03-10, example: true }
    target: { quantity: 2, unit: tin, counts_publications: true, example: true }
`

type place struct {
	row    int
	path   string
	reason errs.Reason
}

func places(t *testing.T, err error) []place {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_INVALID {
		t.Fatalf("refused with %v, want INVALID", err)
	}
	var got []place
	for _, f := range e.Fields {
		got = append(got, place{f.Row, f.Column, f.Reason})
	}
	return got
}

func anyAgency(plan.Code) bool { return true }

func TestAPlanIsReadWithItsInventedParts(t *testing.T) {
	file, err := planfile.Read([]byte("\ufeff" + norm.NFD.String(small)))
	if err != nil {
		t.Fatal(err)
	}
	d := file.Document
	if d.Title != "Kế hoạch tuyên truyền" || d.To != "2022-12-31" || !slices.Equal(d.ExampleParts, []string{"to", "coordinators"}) ||
		!d.Channels[0].Example || d.Themes[0].Example {
		t.Errorf("read %+v", d)
	}
	i := d.Items[0]
	if i.Code != "1" || i.Deadline != "2022-03-10" || !slices.Equal(i.ExampleParts, []string{"deadline"}) ||
		i.Target != (plan.Target{Quantity: 2, Unit: "tin", CountsPublications: true, Example: true}) || i.Example {
		t.Errorf("read %+v", i)
	}
	if err := file.Locate(d.Check("2022-03-01", anyAgency)); err != nil {
		t.Error(err)
	}
}

func TestTheExamplesAreRightPlans(t *testing.T) {
	for _, name := range []string{"plan.yaml", "plan-current.yaml"} {
		text, err := os.ReadFile("../../../../examples/plan-38/" + name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := planfile.Read([]byte(strings.ReplaceAll(string(text), "${YEAR}", "2026")))
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Locate(file.Document.Check("2026-11-24", anyAgency)); err != nil {
			t.Error(err)
		}
		if !file.Document.HasExample() {
			t.Errorf("%s marks nothing as invented", name)
		}
	}
}

func TestWhatCannotBeReadIsNamedByLineAndKey(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		want     []place
	}{
		"unknown key":          {"lead: H24.02\ncoord", "leader: H24.02\ncoord", []place{{7, "leader", errorsv1.Reason_UNKNOWN_KEY}}},
		"unknown key in items": {"    title: Tin", "    titel: Tin", []place{{24, "items[0].titel", errorsv1.Reason_UNKNOWN_KEY}}},
		"unknown key of a part": {
			"to: { value: 2022-12-31, example: true }", "to: { value: 2022-12-31, sample: true }",
			[]place{{6, "to.sample", errorsv1.Reason_UNKNOWN_KEY}},
		},
		"key twice":     {"issuer: H24", "number: H24", []place{{3, "number", errorsv1.Reason_DUPLICATE}}},
		"not a list":    {"  - Nâng cao nhận thức.", "  Nâng cao", []place{{12, "purposes", errorsv1.Reason_BAD_FORMAT}}},
		"not a mapping": {"  - { code: mot-cua, name: Một cửa }", "  - mot-cua", []place{{14, "themes[0]", errorsv1.Reason_BAD_FORMAT}}},
		"not a number":  {"quantity: 2,", "quantity: hai,", []place{{30, "items[0].target.quantity", errorsv1.Reason_BAD_FORMAT}}},
		"too great":     {"quantity: 2,", "quantity: 99999999999999999999,", []place{{30, "items[0].target.quantity", errorsv1.Reason_BAD_FORMAT}}},
		"not a flag":    {"counts_publications: true", "counts_publications: yes", []place{{30, "items[0].target.counts_publications", errorsv1.Reason_BAD_FORMAT}}},
		"not a text":    {"title: Kế hoạch tuyên truyền", "title: [a]", []place{{4, "title", errorsv1.Reason_BAD_FORMAT}}},
		"anchor":        {"issuer: H24", "issuer: &a H24", []place{{3, "issuer", errorsv1.Reason_BAD_FORMAT}}},
		"tag":           {"issuer: H24", "issuer: !!binary H24", []place{{3, "issuer", errorsv1.Reason_BAD_FORMAT}}},
		"no value":      {"to: { value: 2022-12-31, example: true }", "to: { example: true }", []place{{6, "to", errorsv1.Reason_REQUIRED}}},
		"syntax":        {"issuer: H24", "issuer: [H24", []place{{3, "", errorsv1.Reason_BAD_FORMAT}}},
		"tab":           {"    title: Tin", "\t title: Tin", []place{{23, "", errorsv1.Reason_BAD_FORMAT}}},
		"encoding":      {"issuer: H24", "issuer: H\xff", []place{{3, "", errorsv1.Reason_BAD_ENCODING}}},
		"two documents": {"items:", "---\nitems:", []place{{22, "", errorsv1.Reason_BAD_FORMAT}}},
		"nothing":       {small, "# trống\n", []place{{1, "", errorsv1.Reason_REQUIRED}}},
		"a list":        {small, "- a\n", []place{{1, "", errorsv1.Reason_BAD_FORMAT}}},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, c.old, c.new, 1)
			if text == small {
				t.Fatal("nothing was replaced")
			}
			_, err := planfile.Read([]byte(text))
			if got := places(t, err); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestWhatIsWrongWithThePlanIsNamedByLine(t *testing.T) {
	text := strings.NewReplacer(
		"theme: mot-cua", "theme: khac",
		"value: 2022-03-10", "value: 2022-03-32",
		"lead: H24.02\ncoord", "coord",
		"  - code: nguoi-dan\n    name: Người dân\n", "  - code: nguoi-dan\n    name: Người dân\n  - code: nguoi-dan\n    name: Dân\n",
	).Replace(small)
	file, err := planfile.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = file.Locate(file.Document.Check("2022-03-01", func(c plan.Code) bool { return c != "H24.01" }))
	want := []place{
		{1, "lead", errorsv1.Reason_REQUIRED},
		{8, "coordinators[0]", errorsv1.Reason_UNKNOWN_AGENCY},
		{17, "audiences[1].code", errorsv1.Reason_DUPLICATE},
		{30, "items[0].deadline", errorsv1.Reason_BAD_DATE},
		{26, "items[0].theme", errorsv1.Reason_UNKNOWN_THEME},
	}
	if got := places(t, err); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	e, _ := errors.AsType[*errs.Error](err)
	if row := e.Fields[2].Args["row"]; row != "15" {
		t.Errorf("the first stands in line %s", row)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("items: {value: [], example: true}\n<<: {}\n"))
	f.Add([]byte("{"))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := planfile.Read(data)
		if err == nil {
			err = file.Locate(file.Document.Check("2022-03-01", anyAgency))
		}
		if err == nil {
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		for _, p := range places(t, err) {
			if p.row < 1 || p.row > lines {
				t.Errorf("line %d of %d: %v", p.row, lines, p)
			}
		}
	})
}
