package keys

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/personal"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

var phone = personal.Field{Purpose: "feedback.case", Name: "phone"}

func refused(t *testing.T, what string, err error, want errs.Reason) {
	t.Helper()
	if errs.ReasonOf(err) != want {
		t.Errorf("%s: %v, wanted %s", what, err, want)
	}
}

// Every method is for services; a key is for the service that made it; that somebody was erased any service may learn.
func TestPolicies(t *testing.T) {
	p, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	key := func(owner string, erased bool) auth.Resource {
		return auth.Resource{Type: "PersonKey", ID: "person_1", Attributes: map[string]any{"owner": owner, "erased": erased}}
	}
	callers := map[string]auth.Principal{"feedback": {Subject: "service:feedback", Service: "feedback"}, "stranger": {Subject: "x"}, "nobody": {}}
	for _, role := range []string{"leader", "deputy", "head", "officer", "clerk", "portal_editor", "records_importer", "auditor", "administrator"} {
		callers[role] = auth.Principal{Subject: "x", Person: &directory.Person{ID: "x", Role: role, Agency: "H24.02"}}
	}
	for _, m := range keysv1.KeyService_ServiceDesc.Methods {
		for name, caller := range callers {
			for what, c := range map[string]struct {
				resource auth.Resource
				allowed  bool
			}{
				"keys at all":          {everything(), name == "feedback"},
				"a key of its own":     {key("feedback", false), name == "feedback"},
				"another's key":        {key("content", false), false},
				"another's, erased":    {key("content", true), name == "feedback"},
				"a key without owner":  {key("", false), false},
				"a log":                {auth.Resource{Type: "Log", ID: Name}, false},
				"nobody's, but erased": {key("", true), name == "feedback"},
			} {
				if got := p.Authorize(auth.With(t.Context(), caller), m.MethodName, c.resource) == nil; got != c.allowed {
					t.Errorf("%s of %s by %s: %v", m.MethodName, what, name, got)
				}
			}
		}
	}
}

func TestNobodyButTheOwnerGetsAKey(t *testing.T) {
	h := newHouse(t)
	p := string(somebody())
	owner, other := h.client(t, "feedback"), h.client(t, "content")
	made, err := owner.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: p})
	if err != nil || made.GetState() != keysv1.KeyState_HELD || len(made.GetKey()) != personal.KeySize {
		t.Fatalf("%v, %v", made, err)
	}
	_, err = other.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: p})
	refused(t, "another service makes it", err, errorsv1.Reason_FORBIDDEN)
	_, err = other.GetKeys(t.Context(), &keysv1.GetKeysRequest{People: []string{string(somebody()), p}})
	refused(t, "another service gets it", err, errorsv1.Reason_FORBIDDEN)
	for _, person := range []string{"cv.stttt", "quan.tri"} {
		as := rpc.WithCaller(t.Context(), h.issuer.Token(t, person))
		_, err := owner.GetKeys(as, &keysv1.GetKeysRequest{People: []string{p}})
		refused(t, "a person gets it", err, errorsv1.Reason_FORBIDDEN)
		_, err = owner.MakeKey(as, &keysv1.MakeKeyRequest{Person: p})
		refused(t, "a person makes it", err, errorsv1.Reason_FORBIDDEN)
	}
	// A service asks as itself, also while it answers a person.
	as := rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt"))
	if _, err := personal.New(owner, personal.Options{}).Seal(as, personal.Person(p), personal.Plain{Field: phone, Text: "x"}); err != nil {
		t.Error(err)
	}
	_, err = owner.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: "0912345678"})
	refused(t, "a number for an id", err, errorsv1.Reason_INVALID)
	if strings.Contains(err.Error(), "0912345678") {
		t.Errorf("the refusal repeats what may be personal: %v", err)
	}
	_, err = owner.GetKeys(t.Context(), &keysv1.GetKeysRequest{People: make([]string, maximumKeys+1)})
	refused(t, "too many", err, errorsv1.Reason_TOO_LARGE)
}

// However many ask at once, and whoever erases meanwhile, a person has one key or none.
func TestOneKeyWhoeverComesFirst(t *testing.T) {
	h := newHouse(t)
	client := h.client(t, "feedback")
	for range 20 {
		p := somebody()
		answers := make([]*keysv1.PersonKey, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				var err error
				if answers[i], err = client.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: string(p)}); err != nil {
					t.Error(err)
				}
			})
		}
		h.erase(t, p) // beside them, at whatever moment
		all.Wait()
		var key []byte
		for _, a := range answers {
			switch {
			case a.GetState() != keysv1.KeyState_HELD:
			case key == nil:
				key = a.GetKey()
			case !bytes.Equal(key, a.GetKey()):
				t.Fatal("two keys of one person")
			}
		}
		after, err := client.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: string(p)})
		if err != nil || after.GetState() != keysv1.KeyState_ERASED || after.GetKey() != nil || after.GetErasedAt() == nil {
			t.Fatalf("after the erasure: %v, %v", after.GetState(), err)
		}
	}
}

// What was sealed opens until the person is erased, for others' caches at most KeyLife longer, and then never again.
func TestErasure(t *testing.T) {
	h := newHouse(t)
	now := time.Now()
	ring := personal.New(h.client(t, "feedback"), personal.Options{Clock: func() time.Time { return now }})
	p, other := somebody(), somebody()
	texts := []personal.Closed{{Person: p, Field: phone}, {Person: other, Field: phone}}
	for i, text := range []string{"0912 345 678", "0987 654 321"} {
		sealed, err := ring.Seal(t.Context(), texts[i].Person, personal.Plain{Field: phone, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		texts[i].Sealed = sealed[0]
	}
	read := func(r *personal.Ring) (string, string) {
		t.Helper()
		v, err := r.OpenAll(t.Context(), texts...)
		if err != nil {
			t.Fatal(err)
		}
		return v[0].Reveal(errs.Vietnamese), v[1].Reveal(errs.Vietnamese)
	}
	fresh := func() *personal.Ring { return personal.New(h.client(t, "feedback"), personal.Options{}) }
	if a, b := read(fresh()); a != "0912 345 678" || b != "0987 654 321" {
		t.Fatalf("read %q and %q", a, b)
	}
	digest, err := ring.Digest(t.Context(), p, []byte("request"))
	if err != nil || bytes.Equal(digest, []byte("request")) {
		t.Fatal(err)
	}
	at, before := h.erase(t, p)
	list, err := Erased(t.Context(), h.owner)
	if err != nil || !slices.ContainsFunc(list, func(s Tombstone) bool {
		return s.Person == p && s.At.Equal(at) && s.By == "van.hanh" && s.Reason == "HS-17/2026"
	}) {
		t.Errorf("the list of the erased: %+v, %v", list, err)
	}
	if again, was := h.erase(t, p); before || !was || !again.Equal(at) {
		t.Errorf("erased again: %v, %v", again, was)
	}
	if a, b := read(fresh()); a != "[đã xoá]" || b != "0987 654 321" {
		t.Errorf("after the erasure a new process reads %q and %q", a, b)
	}
	now = now.Add(personal.KeyLife)
	if a, b := read(ring); a != "[đã xoá]" || b != "0987 654 321" {
		t.Errorf("after the life of a key an old process reads %q and %q", a, b)
	}
	_, err = ring.Seal(t.Context(), p, personal.Plain{Field: phone, Text: "x"})
	refused(t, "sealing for who was erased", err, errorsv1.Reason_PERSON_ERASED)
	_, err = ring.Digest(t.Context(), p, []byte("request"))
	refused(t, "comparing a request of who was erased", err, errorsv1.Reason_PERSON_ERASED)
	if log := h.log.String(); strings.Contains(log, "0912") {
		t.Errorf("the log tells: %s", log)
	}
	if _, _, err := Erase(t.Context(), h.owner, Erasure{Person: somebody(), Reason: "r", By: "b"}); !errors.Is(err, ErrUnseen) {
		t.Errorf("a mistyped id: %v", err)
	}
	unseen := somebody()
	if at, before := h.erase(t, unseen); before || at.IsZero() {
		t.Errorf("somebody unseen: %v, %v", at, before)
	}
	_, err = ring.Seal(t.Context(), unseen, personal.Plain{Field: phone, Text: "x"})
	refused(t, "sealing for who was erased unseen", err, errorsv1.Reason_PERSON_ERASED)
}

// Not even the service's own role, nor the owner, makes an erased person readable or forgotten by a statement.
func TestATombstoneStays(t *testing.T) {
	h := newHouse(t)
	p := somebody()
	h.erase(t, p)
	for _, sql := range []string{
		`DELETE FROM keys.person WHERE person = $1`,
		`UPDATE keys.person SET erased_at = NULL, erased_by = NULL, reason = NULL, envelope = 'a', wrapped = 'b' WHERE person = $1`,
		`UPDATE keys.person SET reason = 'another' WHERE person = $1`,
	} {
		if _, err := h.owner.Exec(t.Context(), sql, string(p)); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
	if _, err := h.owner.Exec(t.Context(), `TRUNCATE keys.person`); err == nil {
		t.Error("truncated")
	}
}

// A row altered in the database gives no key.
func TestAnAlteredRowGivesNoKey(t *testing.T) {
	h := newHouse(t)
	client := h.client(t, "feedback")
	mine, theirs := string(somebody()), string(somebody())
	for _, p := range []string{mine, theirs} {
		if _, err := client.MakeKey(t.Context(), &keysv1.MakeKeyRequest{Person: p}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.owner.Exec(t.Context(), `UPDATE keys.person SET wrapped = (SELECT wrapped FROM keys.person WHERE person = $2) WHERE person = $1`, mine, theirs); err != nil {
		t.Fatal(err)
	}
	_, err := client.GetKeys(t.Context(), &keysv1.GetKeysRequest{People: []string{mine}})
	refused(t, "another's wrapped key", err, errorsv1.Reason_REASON_UNSPECIFIED)
	if err == nil {
		t.Error("given")
	}
	// Handed to another service by a copy of the row under another owner: the owner is bound too.
	if _, err := h.owner.Exec(t.Context(), `ALTER TABLE keys.person DISABLE TRIGGER stays`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(t.Context(), `UPDATE keys.person SET owner = 'content' WHERE person = $1`, theirs); err != nil {
		t.Fatal(err)
	}
	if _, err := h.client(t, "content").GetKeys(t.Context(), &keysv1.GetKeysRequest{People: []string{theirs}}); err == nil {
		t.Error("a key changed hands")
	}
	// The database is that of the other tests too.
	if _, err := h.owner.Exec(t.Context(), `ALTER TABLE keys.person ENABLE TRIGGER stays`); err != nil {
		t.Fatal(err)
	}
	h.erase(t, personal.Person(mine))
	h.erase(t, personal.Person(theirs))
}

// After a rotation the old envelope key opens nothing, and everything opens by the new one.
func TestRewrap(t *testing.T) {
	h := newHouse(t)
	ring := personal.New(h.client(t, "feedback"), personal.Options{})
	p := somebody()
	sealed, err := ring.Seal(t.Context(), p, personal.Plain{Field: phone, Text: "0912"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Rewrap(t.Context(), h.owner, config.Envelope{newKey}); err == nil {
		t.Error("wrapped anew without the old key")
	}
	n, err := Rewrap(t.Context(), h.owner, config.Envelope{newKey, oldKey})
	if err != nil || n == 0 {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := Rewrap(t.Context(), h.owner, config.Envelope{newKey, oldKey}); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	_, err = personal.New(h.client(t, "feedback"), personal.Options{}).Open(t.Context(), p, phone, sealed[0])
	if err == nil {
		t.Error("the old key still opens")
	}
	v, err := personal.New(newHouse(t, newKey).client(t, "feedback"), personal.Options{}).Open(t.Context(), p, phone, sealed[0])
	if err != nil || v.Reveal(errs.English) != "0912" {
		t.Errorf("by the new key: %v", err)
	}
	// Whoever has wrapped anew takes the old form out of the files too.
	if _, err := Scrub(t.Context(), h.owner); err != nil {
		t.Error(err)
	}
	if _, err := Rewrap(t.Context(), h.owner, config.Envelope{oldKey, newKey}); err != nil { // as the other tests left it
		t.Error(err)
	}
}

// With the database away nothing is given, made or said to be unknown.
func TestDatabaseAway(t *testing.T) {
	h := newHouse(t)
	h.serve(t, "postgres://loa_keys:word@127.0.0.1:1/loa_keys")
	ring := personal.New(h.client(t, "feedback"), personal.Options{})
	p := somebody()
	_, err := ring.Seal(t.Context(), p, personal.Plain{Field: phone, Text: "x"})
	refused(t, "sealing", err, errorsv1.Reason_UNAVAILABLE)
	_, err = ring.Open(t.Context(), p, phone, personal.Sealed("p1."+strings.Repeat("A", 80)))
	refused(t, "opening", err, errorsv1.Reason_UNAVAILABLE)
	_, err = ring.Digest(context.WithoutCancel(t.Context()), p, nil)
	refused(t, "keying a digest", err, errorsv1.Reason_UNAVAILABLE)
}
