package apptest

import (
	"errors"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
)

// Refused holds a refusal against its reason and what it says in both languages.
func Refused(t testing.TB, err error, reason errs.Reason, vietnamese, english string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason {
		t.Fatalf("answered %v, want %s", err, reason)
	}
	says(t, e.Reason, e.Args, vietnamese, english)
}

// RefusedPlace holds the one place that a refusal names against what it says in both languages.
func RefusedPlace(t testing.TB, err error, vietnamese, english string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 1 {
		t.Fatalf("answered %v, want one place", err)
	}
	says(t, e.Fields[0].Reason, e.Fields[0].Args, vietnamese, english)
}

func says(t testing.TB, reason errs.Reason, arguments map[string]string, vietnamese, english string) {
	t.Helper()
	for language, want := range map[errs.Language]string{errs.Vietnamese: vietnamese, errs.English: english} {
		if got := errs.Sentence(reason, arguments, language); got != want {
			t.Errorf("%s in language %v: %q, want %q", reason, language, got, want)
		}
	}
}
