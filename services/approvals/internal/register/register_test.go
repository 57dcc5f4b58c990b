package register_test

import (
	"errors"
	"strings"
	"testing"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/register"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

const today = "2022-06-15"

func plans() register.Type {
	return register.Type{Document: "plan", Form: vn.AdminForm, Abbreviation: "KH"}
}

func spec(edit func(*register.Spec)) register.Spec {
	s := register.Spec{Issuer: "H24", Year: 2022, Types: []register.Type{plans(), {Document: route.Report, Form: vn.AdminForm, Abbreviation: "BC"}}}
	if edit != nil {
		edit(&s)
	}
	return register.Normalise(s)
}

type (
	past   = estest.Case[register.Registry, *register.Registry]
	decide = func(*register.Registry, int64) ([]any, error)
)

func given(t *testing.T) *past {
	t.Helper()
	return estest.Given[register.Registry](t, es.NewCatalogue(register.Types()...))
}

func open(s register.Spec) decide {
	return func(r *register.Registry, _ int64) ([]any, error) { return r.Open(s) }
}

func order(dossier string, edit func(*register.Order)) register.Order {
	o := register.Order{Dossier: dossier, Document: "plan_" + dossier, Type: "plan", Title: "Kế hoạch", Hash: "h", Issuer: "H24", Year: 2022}
	if edit != nil {
		edit(&o)
	}
	return o
}

func allocate(o register.Order) decide { return allocateOn(o, today) }

func allocateOn(o register.Order, today string) decide {
	return func(r *register.Registry, _ int64) ([]any, error) {
		return r.Allocate(o, today, func(day string) (string, error) {
			switch { // the agency changed its name in mid-year
			case o.Issuer == "H00":
				return "", nil
			case day >= "2022-06-01":
				return "UBND", nil
			default:
				return "UBHC", nil
			}
		})
	}
}

func dated(date string) func(*register.Order) {
	return func(o *register.Order) { o.Date = date }
}

func numbered(number string) func(*register.Order) {
	return func(o *register.Order) { o.Number = number }
}

func last(t *testing.T, c *past) register.Register {
	t.Helper()
	registers := c.State().Registers
	return registers[len(registers)-1]
}

func texts(t *testing.T, c *past, orders ...register.Order) (texts []string, after *past) {
	t.Helper()
	for _, o := range orders {
		events, err := allocate(o)(c.State(), 0)
		if err != nil {
			t.Fatal(err)
		}
		one, _ := events[0].(register.Allocated)
		texts = append(texts, one.Text)
		c = c.When(allocate(o)).And()
	}
	return texts, c
}

func TestNumbersFollowEachOtherWithinARegister(t *testing.T) {
	c := given(t).When(open(spec(nil))).And()
	report := func(o *register.Order) { o.Type = route.Report }
	got, c := texts(t, c, order("a", nil), order("b", report), order("c", nil))
	if strings.Join(got, " ") != "01/KH-UBND 02/BC-UBND 03/KH-UBND" {
		t.Errorf("%v", got)
	}
	// Another register of the same agency and year has its own series.
	c = c.When(open(spec(func(s *register.Spec) {
		s.Types = []register.Type{{Document: "correction", Form: vn.AdminForm, Abbreviation: "TB"}}
	}))).And()
	got, _ = texts(t, c, order("d", func(o *register.Order) { o.Type = "correction" }), order("e", nil))
	if strings.Join(got, " ") != "01/TB-UBND 04/KH-UBND" {
		t.Errorf("%v", got)
	}
}

func TestARegisterMayStartInMidYear(t *testing.T) {
	c := given(t).When(open(spec(func(s *register.Spec) { s.First = 38 }))).And()
	c.When(allocate(order("a", nil))).Then(register.Allocated{
		Register: last(t, c).ID, Number: 38, Text: "38/KH-UBND", Date: today, Dossier: "a", DocumentType: "plan", Document: "plan_a", Title: "Kế hoạch", Hash: "h",
	})
	full := given(t).When(open(spec(func(s *register.Spec) { s.First = vn.LastNumber }))).And().When(allocate(order("a", nil))).And()
	full.When(allocate(order("b", nil))).ThenRefused(errorsv1.Reason_REGISTER_FULL)
}

func TestATypeIsInOneRegisterOfAnAgencyAndYear(t *testing.T) {
	c := given(t).When(open(spec(nil))).And()
	c.When(open(spec(func(s *register.Spec) {
		s.Types = []register.Type{{Document: "amendment", Abbreviation: "KH"}, plans()}
	}))).
		ThenRefused(errorsv1.Reason_REGISTER_TYPE_TAKEN, "type", "plan", "register", last(t, c).ID)
	c.When(allocate(order("a", func(o *register.Order) { o.Type = "withdrawal" }))).
		ThenRefused(errorsv1.Reason_REGISTER_MISSING, "issuer", "H24", "year", "2022", "type", "withdrawal")
	if register.RegistryID("H24", 2022) == register.RegistryID("H24", 2023) || register.RegistryID("H24", 2022) == register.RegistryID("H24.02", 2022) {
		t.Error("two registries share a stream")
	}
}

func TestDatesNeverDecrease(t *testing.T) {
	c := given(t).When(open(spec(nil))).And().When(allocate(order("a", dated("2022-03-01")))).And()
	if r := last(t, c); r.Last != 1 || r.LastDate != "2022-03-01" {
		t.Errorf("%+v", r)
	}
	c.When(allocate(order("b", dated("2022-02-28")))).ThenRefused(errorsv1.Reason_NUMBER_DATE_EARLY, "date", "2022-02-28", "last", "2022-03-01")
	c.When(allocate(order("b", dated("2022-06-16")))).ThenRefused(errorsv1.Reason_NUMBER_DATE_FUTURE, "today", today)
	c.When(allocate(order("b", dated("2021-12-31")))).ThenRefused(errorsv1.Reason_NUMBER_DATE_YEAR, "year", "2022")
	c.When(allocateOn(order("b", nil), "2023-01-01")).ThenRefused(errorsv1.Reason_NUMBER_DATE_YEAR, "date", "2023-01-01")
	c.When(allocate(order("b", dated("2022-02-30")))).ThenRefused(errorsv1.Reason_BAD_DATE)
	c.When(allocate(order("b", dated("2022-03-01")))).And().When(allocate(order("c", dated(today)))).And()
}

// The issuer's abbreviation is that of the day, unless the register says another.
func TestAbbreviationsAreThoseOfTheDay(t *testing.T) {
	c := given(t).When(open(spec(nil))).And()
	got, _ := texts(t, c, order("a", dated("2022-05-31")), order("b", dated("2022-06-01")))
	if strings.Join(got, " ") != "01/KH-UBHC 02/KH-UBND" {
		t.Errorf("%v", got)
	}
	own := given(t).When(open(spec(func(s *register.Spec) { s.Abbreviation = "UBND-VX" }))).And()
	if got, _ := texts(t, own, order("a", dated("2022-05-31"))); got[0] != "01/KH-UBND-VX" {
		t.Errorf("%v", got)
	}
	c.When(allocate(order("a", func(o *register.Order) { o.Issuer = "H00" }))).ThenRefused(errorsv1.Reason_ISSUER_ABBREVIATION, "issuer", "H00")
	c.When(func(r *register.Registry, _ int64) ([]any, error) {
		return r.Allocate(order("a", nil), today, func(string) (string, error) { return "Sở", nil })
	}).ThenRefused(errorsv1.Reason_SYMBOL_FORM, "value", "01/KH-Sở")
	broken := errors.New("no directory")
	if _, err := c.State().Allocate(order("a", nil), today, func(string) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestTheOtherForms(t *testing.T) {
	legal := given(t).When(open(spec(func(s *register.Spec) {
		s.Types = []register.Type{{Document: "plan", Form: vn.LegalForm, Abbreviation: "QĐ"}}
	}))).And()
	if got, _ := texts(t, legal, order("a", nil)); got[0] != "01/2022/QĐ-UBND" {
		t.Errorf("%v", got)
	}
	letters := given(t).When(open(spec(func(s *register.Spec) {
		s.First, s.Types = 1624, []register.Type{{Document: "plan", Form: vn.LetterForm, Unit: "VXNV"}}
	}))).And()
	got, _ := texts(t, letters, order("a", nil), order("b", func(o *register.Order) { o.Unit = "NC3" }))
	if strings.Join(got, " ") != "1624/UBND-VXNV 1625/UBND-NC3" {
		t.Errorf("%v", got)
	}
	letters.When(allocate(order("a", func(o *register.Order) { o.Unit = "Văn xã" }))).ThenRefused(errorsv1.Reason_SYMBOL_FORM)
}

func TestNumbersFromElsewhereAreCheckedOnly(t *testing.T) {
	c := given(t).When(open(spec(func(s *register.Spec) { s.Elsewhere = true }))).And()
	c.When(allocate(order("a", nil))).ThenRefused(errorsv1.Reason_REQUIRED, "field", "number")
	for _, wrong := range []string{"38", "38a/KH-UBND", "8/KH-UBND", "38/BC-UBND", "38/KH-STTTT", "38/2022/QĐ-UBND", "38/KH-UBND.", "0/KH-UBND"} {
		c.When(allocate(order("a", numbered(wrong)))).ThenRefused(errorsv1.Reason_NUMBER_FORM, "value", wrong, "expected", "38/KH-UBND")
	}
	c = c.When(allocate(order("a", numbered(" 38/KH-UBND")))).Then(register.Allocated{
		Register: last(t, c).ID, Number: 38, Text: "38/KH-UBND", Date: today, Entered: true,
		Dossier: "a", DocumentType: "plan", Document: "plan_a", Title: "Kế hoạch", Hash: "h",
	})
	c.When(allocate(order("b", numbered("38/KH-UBND")))).ThenRefused(errorsv1.Reason_NUMBER_TAKEN, "number", "38")
	// In any order, on any earlier day: the office's system is who orders them.
	c = c.When(allocate(order("b", func(o *register.Order) { o.Number, o.Date = "07/KH-UBHC", "2022-01-04" }))).And()
	if r := last(t, c); r.Last != 38 || !r.Has(7) || r.Has(8) {
		t.Errorf("%+v", r)
	}
	here := given(t).When(open(spec(nil))).And()
	here.When(allocate(order("a", numbered("38/KH-UBND")))).ThenRefused(errorsv1.Reason_NUMBER_ALLOCATED)
}

func TestAVoidedNumberIsNeverUsedAgain(t *testing.T) {
	c := given(t).When(open(spec(nil))).And()
	_, c = texts(t, c, order("a", nil), order("b", nil))
	id := last(t, c).ID
	void := func(register string, number int) decide {
		return func(r *registry, _ int64) ([]any, error) { return r.Void(register, number, "Nhầm loại") }
	}
	c = c.When(void(id, 2)).Then(register.Voided{Register: id, Number: 2, Reason: "Nhầm loại"})
	c.When(void(id, 2)).ThenRefused(errorsv1.Reason_NUMBER_VOIDED, "number", "2")
	c.When(void(id, 3)).ThenRefused(errorsv1.Reason_NOT_FOUND)
	c.When(void(id, 0)).ThenRefused(errorsv1.Reason_NOT_FOUND)
	c.When(void("register_1", 1)).ThenRefused(errorsv1.Reason_NOT_FOUND)
	if got, _ := texts(t, c, order("c", nil)); got[0] != "03/KH-UBND" {
		t.Errorf("%v", got)
	}
}

type registry = register.Registry

func TestCheckNamesEveryPlaceOfARegister(t *testing.T) {
	types := func(types ...register.Type) func(*register.Spec) {
		return func(s *register.Spec) { s.Types = types }
	}
	for _, c := range []struct {
		name string
		edit func(*register.Spec)
		want string
	}{
		{"a whole one", nil, ""},
		{"next year's", func(s *register.Spec) { s.Year = 2027 }, ""},
		{"the year after that", func(s *register.Spec) { s.Year = 2028 }, "year BAD_FORMAT"},
		{"of 1999", func(s *register.Spec) { s.Year = 1999 }, "year BAD_FORMAT"},
		{"nobody's", func(s *register.Spec) { s.Issuer = "" }, "issuer REQUIRED"},
		{"a first number below 1", func(s *register.Spec) { s.First = -1 }, "first BAD_FORMAT"},
		{"a first number of seven digits", func(s *register.Spec) { s.First = 1_000_000 }, "first BAD_FORMAT"},
		{"a first number where none is given", func(s *register.Spec) { s.First, s.Elsewhere = 1, true }, "first BAD_FORMAT"},
		{"no type", types(), "types REQUIRED"},
		{"an unknown type", types(register.Type{Document: "notice", Abbreviation: "TB"}), "types[0].documentType BAD_FORMAT"},
		{"a type twice", types(plans(), plans()), "types[1].documentType DUPLICATE"},
		{"no abbreviation", types(register.Type{Document: "plan"}), "types[0].abbreviation BAD_FORMAT"},
		{"an abbreviation that is none", types(register.Type{Document: "plan", Abbreviation: "kh"}), "types[0].abbreviation BAD_FORMAT"},
		{"a plan in the form of laws", types(register.Type{Document: "plan", Form: vn.LegalForm, Abbreviation: "KH"}), "types[0].abbreviation BAD_FORMAT"},
		{"a unit outside of letters", types(register.Type{Document: "plan", Abbreviation: "KH", Unit: "VX"}), "types[0].unit BAD_FORMAT"},
		{"letters", types(register.Type{Document: "plan", Form: vn.LetterForm, Unit: "VXNV"}), ""},
		{"letters of any unit", types(register.Type{Document: "plan", Form: vn.LetterForm}), ""},
		{"letters of a unit that is none", types(register.Type{Document: "plan", Form: vn.LetterForm, Unit: "Văn xã"}), "types[0].unit BAD_FORMAT"},
		{"letters with a type", types(register.Type{Document: "plan", Form: vn.LetterForm, Abbreviation: "KH"}), "types[0].abbreviation BAD_FORMAT"},
		{"an unknown form", types(register.Type{Document: "plan", Form: "other", Abbreviation: "KH"}), "types[0].form BAD_FORMAT"},
		{"an agency's abbreviation that is none", func(s *register.Spec) { s.Abbreviation, s.Types = "Sở", s.Types[:1] }, "abbreviation BAD_FORMAT"},
		{"a long name", func(s *register.Spec) { s.Name = strings.Repeat("ổ", 201) }, "name TOO_LONG"},
		{"a name with a NUL", func(s *register.Spec) { s.Name = "a\x00" }, "name BAD_FORMAT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range register.Check(spec(c.edit), 2026) {
				got = append(got, f.Field+" "+f.Reason.String())
				for _, language := range []errs.Language{errs.Vietnamese, errs.English} {
					if text := errs.Sentence(f.Reason, f.Args, language); strings.Contains(text, "{") {
						t.Errorf("%q", text)
					}
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
