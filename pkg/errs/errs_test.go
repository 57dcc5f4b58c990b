package errs

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Every reason has a status and a sentence in both languages that names the same things.
func TestEveryReasonAnswersInBothLanguages(t *testing.T) {
	name := regexp.MustCompile(`\{[a-z]+\}`)
	values := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		r := Reason(values.Get(i).Number())
		a := answer(r)
		if a.GetStatus() < 400 || a.GetVi() == "" || a.GetEn() == "" {
			t.Errorf("%s: status %d, vi %q, en %q", r, a.GetStatus(), a.GetVi(), a.GetEn())
		}
		vi, en := name.FindAllString(a.GetVi(), -1), name.FindAllString(a.GetEn(), -1)
		slices.Sort(vi)
		slices.Sort(en)
		if !slices.Equal(slices.Compact(vi), slices.Compact(en)) {
			t.Errorf("%s: the sentences name %v and %v", r, vi, en)
		}
	}
}

func TestSentenceFillsNames(t *testing.T) {
	got := Sentence(errorsv1.Reason_UNKNOWN_AGENCY, map[string]string{"value": "H99"}, Vietnamese)
	if got != "Không có cơ quan nào mang mã “H99”." {
		t.Errorf("got %q", got)
	}
}

func TestReasonSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("while approving: %w", New(errorsv1.Reason_FOUR_EYES))
	if ReasonOf(err) != errorsv1.Reason_FOUR_EYES || Status(ReasonOf(err)) != 403 {
		t.Errorf("reason %s", ReasonOf(err))
	}
	if ReasonOf(fmt.Errorf("plain")) != errorsv1.Reason_REASON_UNSPECIFIED {
		t.Error("an error that is none of ours is internal")
	}
}
