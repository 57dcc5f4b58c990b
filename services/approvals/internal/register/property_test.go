package register_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

// number is one number as this test remembers it.
type number struct {
	number  int
	date    string
	dossier string
	void    bool
}

// Whatever is asked of a registry, in whatever order, on whatever day and from wherever the clock goes: what Loa gives is first, first
// + 1, … without a gap, with dates that never decrease and none of the future, each to one dossier; what is entered is given once; what
// is void stays, and nothing is given twice.
func TestRegisters(t *testing.T) {
	catalogue := es.NewCatalogue(register.Types()...)
	rapid.Check(t, func(t *rapid.T) {
		r := &register.Registry{}
		version := int64(0)
		record := func(events []any) {
			for _, e := range events {
				name, raw, err := catalogue.Encode(e)
				if err != nil {
					t.Fatal(err)
				}
				data, err := catalogue.Decode(name, raw)
				if err != nil {
					t.Fatal(err)
				}
				version++
				before := fmt.Sprintf("%+v", *r)
				next := *r
				next.Apply(es.Event{Version: version, Data: data, RecordedAt: time.Unix(version, 0).UTC()})
				if fmt.Sprintf("%+v", *r) != before {
					t.Fatal("a former state changed under its holder")
				}
				*r = next
			}
		}
		kinds := []register.Spec{
			{Types: []register.Type{plans()}, First: rapid.IntRange(0, 30).Draw(t, "first")},
			{Types: []register.Type{{Document: "report", Abbreviation: "BC"}, {Document: "amendment", Abbreviation: "QĐ"}}, Elsewhere: true},
			{Types: []register.Type{{Document: "withdrawal", Form: vn.LetterForm, Unit: "VX"}}, First: 999_990},
		}
		var opened []register.Spec
		given := map[string][]number{}
		day := vn.Day(2022, time.January, 1)
		dossiers := 0
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				s := rapid.SampledFrom(kinds).Draw(t, "spec")
				s.Issuer, s.Year = "H24", 2022
				s = register.Normalise(s)
				if fields := register.Check(s, 2022); fields != nil {
					t.Fatal(fields)
				}
				events, err := r.Open(s)
				if taken := slices.ContainsFunc(opened, func(x register.Spec) bool { return x.Types[0].Document == s.Types[0].Document }); taken != (err != nil) {
					t.Fatalf("opened before: %v; %v", taken, err)
				}
				if err == nil {
					opened = append(opened, s)
				}
				record(events)
			},
			"allocate": func(t *rapid.T) {
				dossiers++
				o := order(fmt.Sprint(dossiers), nil)
				o.Type = rapid.SampledFrom(kinds).Draw(t, "kind").Types[0].Document
				if rapid.Bool().Draw(t, "dated") {
					o.Date = day.AddDate(0, 0, rapid.IntRange(-20, 3).Draw(t, "days")).Format(time.DateOnly)
				}
				if rapid.Bool().Draw(t, "numbered") {
					o.Number = vn.Symbol{Form: vn.AdminForm, Number: rapid.IntRange(1, 40).Draw(t, "number"), Type: "BC", Agency: "UBND"}.String()
				}
				today := day.Format(time.DateOnly)
				events, err := r.Allocate(o, today, func(string) (string, error) { return "UBND", nil })
				if err != nil {
					return
				}
				x, _ := events[0].(register.Allocated)
				if x.Date > today || o.Date != "" && x.Date != o.Date || x.Dossier != o.Dossier || o.Number != "" && x.Text != o.Number {
					t.Fatalf("%+v was answered %+v on %s", o, x, today)
				}
				given[x.Register] = append(given[x.Register], number{x.Number, x.Date, x.Dossier, false})
				record(events)
			},
			"void": func(t *rapid.T) {
				if len(r.Registers) == 0 {
					return
				}
				of := rapid.SampledFrom(r.Registers).Draw(t, "register")
				n := rapid.IntRange(0, 45).Draw(t, "number")
				events, err := r.Void(of.ID, n, "lý do")
				at := slices.IndexFunc(given[of.ID], func(x number) bool { return x.number == n })
				if may := at >= 0 && !given[of.ID][at].void; may != (err == nil) {
					t.Fatalf("voiding %d: may %v, %v", n, may, err)
				}
				if err == nil {
					given[of.ID][at].void = true
				}
				record(events)
			},
			"another day": func(t *rapid.T) { // and the clock may be set back
				day = day.AddDate(0, 0, rapid.IntRange(-2, 40).Draw(t, "days"))
			},
			"": func(t *rapid.T) {
				seen := map[string]bool{}
				for _, of := range r.Registers {
					numbers := given[of.ID]
					once := map[int]bool{}
					for i, x := range numbers {
						if once[x.number] || seen[x.dossier] {
							t.Fatalf("given twice: %+v", x)
						}
						once[x.number], seen[x.dossier] = true, true
						if !of.Has(x.number) || of.IsVoid(x.number) != x.void {
							t.Fatalf("the register forgot what became of %+v: %+v", x, of)
						}
						if of.Elsewhere {
							continue
						}
						if x.number != of.First+i {
							t.Fatalf("%d came in the place of %d", x.number, of.First+i)
						}
						if i > 0 && x.date < numbers[i-1].date {
							t.Fatalf("dates decrease: %+v after %+v", x, numbers[i-1])
						}
					}
					if of.Has(0) || of.Has(of.Last+1) {
						t.Fatalf("the register has numbers that were not given: %+v", of)
					}
				}
			},
		})
	})
}

// Numbers are entered in any order; the register knows exactly those.
func TestEnteredNumbersAreKnownInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &register.Registry{}
		apply := func(events []any, err error) {
			if err != nil {
				t.Fatal(err)
			}
			r.Apply(es.Event{Data: events[0]})
		}
		apply(r.Open(register.Normalise(register.Spec{Issuer: "H24", Year: 2022, Elsewhere: true, Types: []register.Type{plans()}})))
		numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 20), 0, 20, rapid.ID[int]).Draw(t, "numbers")
		for i, n := range numbers {
			o := order(fmt.Sprint(i), numbered(vn.Symbol{Form: vn.AdminForm, Number: n, Type: "KH", Agency: "UBND"}.String()))
			apply(r.Allocate(o, today, func(string) (string, error) { return "UBND", nil }))
			for k := range 22 {
				if given := slices.Contains(numbers[:i+1], k); r.Registers[0].Has(k) != given {
					t.Fatalf("after %v: has %d: %v", numbers[:i+1], k, !given)
				}
			}
		}
		if spans := r.Registers[0].Entered; len(spans) > 10 {
			t.Fatalf("neighbours are not joined: %v", spans)
		}
	})
}
