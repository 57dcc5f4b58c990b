package estest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

type door struct {
	Open    bool
	Openers []string
}

type opened struct {
	Width int `json:"width"`
}

func (d *door) Apply(e es.Event) {
	d.Open = true
	d.Openers = append(d.Openers, e.Actor)
}

func (d *door) open(width int) ([]any, error) {
	if d.Open {
		return nil, errs.New(errorsv1.Reason_CONTENT_STATE, "state", "open", "allowed", "closed")
	}
	if width == 0 {
		return nil, nil
	}
	return []any{opened{width}}, nil
}

func catalogue() *es.Catalogue { return es.NewCatalogue(es.EventType[opened]("door.opened.v1")) }

func open(width int) func(*door, int64) ([]any, error) {
	return func(d *door, _ int64) ([]any, error) { return d.open(width) }
}

func TestGivenWhenThen(t *testing.T) {
	estest.Given[door](t, catalogue()).When(open(3)).Then(opened{3}).When(open(4)).ThenRefused(errorsv1.Reason_CONTENT_STATE, "state", "open")
	estest.Given[door](t, catalogue()).When(open(0)).Then()
	by := es.Event{Meta: es.Meta{Actor: "cv.stttt"}, Data: opened{1}}
	if got := estest.Given[door](t, catalogue(), by).State().Openers; len(got) != 1 || got[0] != "cv.stttt" {
		t.Errorf("%v", got)
	}
}

// watch is a testing.TB that keeps failures instead of failing.
type watch struct {
	testing.TB
	said []string
}

func (w *watch) Helper()                   {}
func (w *watch) Error(args ...any)         { w.said = append(w.said, fmt.Sprint(args...)) }
func (w *watch) Fatal(args ...any)         { w.Error(args...); panic(w) }
func (w *watch) Errorf(f string, a ...any) { w.Error(fmt.Sprintf(f, a...)) }
func (w *watch) Fatalf(f string, a ...any) { w.Fatal(fmt.Sprintf(f, a...)) }

func TestWrongOutcomesFail(t *testing.T) {
	for want, f := range map[string]func(w *watch){
		"want [door.opened.v1 {\"width\":4}]": func(w *watch) { estest.Given[door](w, catalogue()).When(open(3)).Then(opened{4}) },
		"refused: ":                           func(w *watch) { estest.Given[door](w, catalogue(), opened{1}).When(open(3)).Then(opened{3}) },
		"not refused": func(w *watch) {
			estest.Given[door](w, catalogue()).When(open(3)).ThenRefused(errorsv1.Reason_FORBIDDEN)
		},
		"refused for CONTENT_STATE": func(w *watch) {
			estest.Given[door](w, catalogue(), opened{1}).When(open(3)).ThenRefused(errorsv1.Reason_FORBIDDEN)
		},
		"{state} is \"open\"": func(w *watch) {
			estest.Given[door](w, catalogue(), opened{1}).When(open(3)).ThenRefused(errorsv1.Reason_CONTENT_STATE, "state", "shut")
		},
		"only Apply may": func(w *watch) {
			estest.Given[door](w, catalogue()).When(func(d *door, _ int64) ([]any, error) { d.Open = true; return nil, errors.New("x") })
		},
		"no event type": func(w *watch) { estest.Given[door](w, catalogue(), "text") },
	} {
		w := &watch{TB: t}
		func() {
			defer func() { _ = recover() }() // a Fatal ends the case
			f(w)
		}()
		if !strings.Contains(strings.Join(w.said, "\n"), want) {
			t.Errorf("want %q, said %q", want, w.said)
		}
	}
}
