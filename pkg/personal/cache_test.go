package personal

import (
	"fmt"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/id"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

func person(n int) Person {
	return NewPerson(id.Derive(time.Time{}, fmt.Sprint(n)))
}

func answerOf(p Person, s keysv1.KeyState) *keysv1.PersonKey {
	k := &keysv1.PersonKey{Person: string(p), State: s}
	if s == keysv1.KeyState_HELD {
		k.Key = newKey()
	}
	return k
}

// clocked is a cache whose time is the test's.
func clocked(limit int) (*cache, *time.Time) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	return &cache{life: KeyLife, limit: limit, now: func() time.Time { return now }, held: map[Person]*held{}}, &now
}

func stateOf(t *testing.T, c *cache, p Person) state {
	t.Helper()
	s, err := c.use(p, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keep(t *testing.T, c *cache, asked time.Time, p Person, s keysv1.KeyState) {
	t.Helper()
	if _, err := c.keep(asked, p, answerOf(p, s)); err != nil {
		t.Fatal(err)
	}
}

// The time counts from the question: an answer that was long under way is as old as it.
func TestAKeyIsServedForItsLifeAndNotLonger(t *testing.T) {
	c, now := clocked(10)
	asked := *now
	*now = now.Add(10 * time.Second)
	keep(t, c, asked, lan, keysv1.KeyState_HELD)
	*now = asked.Add(KeyLife - time.Nanosecond)
	if stateOf(t, c, lan) != present {
		t.Error("gone too early")
	}
	*now = asked.Add(KeyLife)
	if stateOf(t, c, lan) != absent || c.size() != 0 {
		t.Error("served after its life")
	}
}

// Answers may come in another order than they were asked for.
func TestAKeyAskedForEarlierEndsEarlier(t *testing.T) {
	c, now := clocked(10)
	early, late := *now, now.Add(20*time.Second)
	*now = late
	keep(t, c, late, lan, keysv1.KeyState_HELD)
	keep(t, c, early, minh, keysv1.KeyState_HELD)
	*now = early.Add(KeyLife)
	if stateOf(t, c, minh) != absent || stateOf(t, c, lan) != present {
		t.Error("the order of the answers counted")
	}
}

func TestAnErasureIsBelievedOverAnEarlierKey(t *testing.T) {
	c, now := clocked(10)
	keep(t, c, *now, lan, keysv1.KeyState_HELD)
	keep(t, c, *now, lan, keysv1.KeyState_ERASED)
	if stateOf(t, c, lan) != erased || c.held[lan].key != [KeySize]byte{} {
		t.Error("the key is still there")
	}
	keep(t, c, *now, lan, keysv1.KeyState_HELD) // an answer given before the erasure and late
	if stateOf(t, c, lan) != erased {
		t.Error("the key came back")
	}
}

func TestKeysHeldAreBounded(t *testing.T) {
	c, now := clocked(3)
	var first *held
	for i := range 10 {
		*now = now.Add(time.Millisecond)
		keep(t, c, *now, person(i), keysv1.KeyState_HELD)
		if i == 0 {
			first = c.held[person(0)]
		}
	}
	if c.size() != 3 || stateOf(t, c, person(9)) != present || stateOf(t, c, person(0)) != absent {
		t.Errorf("%d held", c.size())
	}
	if first.key != [KeySize]byte{} {
		t.Error("a key that went was not overwritten")
	}
}

// A key goes when its time is over, though nobody asks for it.
func TestAKeyGoesByItself(t *testing.T) {
	c := &cache{life: 30 * time.Millisecond, limit: 10, now: time.Now, held: map[Person]*held{}}
	for i := range 3 {
		keep(t, c, time.Now(), person(i), keysv1.KeyState_HELD)
	}
	first := c.held[person(0)]
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.size() > 0 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("never")
		}
	}
	if first.key != [KeySize]byte{} {
		t.Error("not overwritten")
	}
}

func TestOddAnswersAreErrors(t *testing.T) {
	c, now := clocked(3)
	for name, odd := range map[string]*keysv1.PersonKey{
		"somebody else's": answerOf(minh, keysv1.KeyState_HELD),
		"no key":          answerOf(lan, keysv1.KeyState_UNKNOWN),
		"no state":        {Person: string(lan), Key: newKey()},
		"half a key":      {Person: string(lan), State: keysv1.KeyState_HELD, Key: newKey()[:16]},
	} {
		if s, err := c.keep(*now, lan, odd); err == nil || s != absent || c.size() != 0 {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}
