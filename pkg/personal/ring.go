package personal

import (
	"context"
	"crypto/cipher"
	"fmt"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

const (
	// KeyLife is how long a process keeps a person's key in memory, from the moment it asks for it: the longest time for which an
	// erased person can still be read.
	KeyLife = time.Minute
	// keysHeld is how many people's keys a process keeps at most.
	keysHeld = 4096
	// patience is how long the key service may take to answer.
	patience = 5 * time.Second
	// atOnce is how many keys are asked for in one call.
	atOnce = 200
)

// Ring is one service's way to its people's keys. It is safe for concurrent use. Every method fails with UNAVAILABLE while the key
// service or its database is away and the key is not in memory; then nothing was sealed, and nothing half-done.
type Ring struct {
	keys  keysv1.KeyServiceClient
	cache cache
}

// Options of a ring; the zero value is for everybody but tests.
type Options struct {
	// Life is how long a key stays in memory. It can only be shorter than KeyLife, which is also the default.
	Life time.Duration
	// Limit is how many keys are held. Default: 4,096.
	Limit int
	// Clock tells how old a key is. Default: the machine's.
	Clock func() time.Time
}

// New makes a ring on a connection to the key service: keysv1.NewKeyServiceClient(host.Dial("keys")).
func New(keys keysv1.KeyServiceClient, o Options) *Ring {
	if o.Life <= 0 || o.Life > KeyLife {
		o.Life = KeyLife
	}
	if o.Limit <= 0 {
		o.Limit = keysHeld
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Ring{keys: keys, cache: cache{life: o.Life, limit: o.Limit, now: o.Clock, held: map[Person]*held{}}}
}

// Seal encrypts texts of one person, whose key is made at the first call. Errors: PERSON_ERASED, UNAVAILABLE.
func (r *Ring) Seal(ctx context.Context, p Person, texts ...Plain) ([]Sealed, error) {
	var aead cipher.AEAD
	err := r.making(ctx, p, func(key []byte) (err error) {
		aead, err = sealing(key)
		return err
	})
	if err != nil {
		return nil, err
	}
	sealed := make([]Sealed, len(texts))
	for i, t := range texts {
		if sealed[i], err = seal(aead, p, t.Field, t.Text); err != nil {
			return nil, fmt.Errorf("sealing %s of %s: %w", t.Field.Name, p, err)
		}
	}
	return sealed, nil
}

// Digest keys the digest of a request (es.Command.Digest) by the person's key, so that it cannot be compared with a guess once the
// person is erased. Errors as of Seal.
func (r *Ring) Digest(ctx context.Context, p Person, of []byte) (made []byte, err error) {
	err = r.making(ctx, p, func(key []byte) (err error) {
		made, err = digest(key, of)
		return err
	})
	return made, err
}

// making uses a person's key and has it made when there is none.
func (r *Ring) making(ctx context.Context, p Person, use func(key []byte) error) error {
	if err := p.Check(); err != nil {
		return err
	}
	state, err := r.cache.use(p, use)
	if state == absent {
		asked := r.cache.now()
		answering, cancel := context.WithTimeout(rpc.AsService(ctx), patience)
		defer cancel()
		key, callErr := r.keys.MakeKey(answering, &keysv1.MakeKeyRequest{Person: string(p)})
		if callErr != nil {
			return callErr
		}
		if state, err = r.cache.keep(asked, p, key); err == nil && state == present {
			err = use(key.GetKey())
		}
		clear(key.GetKey())
	}
	if err == nil && state == erased {
		err = errs.New(errorsv1.Reason_PERSON_ERASED)
	}
	return err
}

// Closed is a sealed text with whose it is and what.
type Closed struct {
	Person Person
	Field  Field
	Sealed Sealed
}

// Open opens one sealed text. Errors: UNAVAILABLE; any other means that the text was not sealed so, or was altered.
func (r *Ring) Open(ctx context.Context, p Person, f Field, s Sealed) (Value, error) {
	values, err := r.OpenAll(ctx, Closed{p, f, s})
	if err != nil {
		return Value{}, err
	}
	return values[0], nil
}

// OpenAll opens texts of many people, for a list: their keys are asked for together. Errors as of Open.
func (r *Ring) OpenAll(ctx context.Context, texts ...Closed) ([]Value, error) {
	locks := make(map[Person]lock, len(texts))
	var missing []string
	for _, t := range texts {
		if _, known := locks[t.Person]; known {
			continue
		}
		if err := t.Person.Check(); err != nil {
			return nil, err
		}
		var l lock
		state, err := r.cache.use(t.Person, l.by)
		if err != nil {
			return nil, err
		}
		if state == absent {
			missing = append(missing, string(t.Person))
		}
		locks[t.Person] = l // without a key for who was erased, and for who is asked for next
	}
	for people := range slices.Chunk(missing, atOnce) {
		if err := r.fetch(ctx, people, locks); err != nil {
			return nil, err
		}
	}
	values := make([]Value, len(texts))
	for i, t := range texts {
		var err error
		if values[i], err = locks[t.Person].open(t); err != nil {
			return nil, fmt.Errorf("opening %s of %s: %w", t.Field.Name, t.Person, err)
		}
	}
	return values, nil
}

// lock opens one person's texts; without a key it says that they were erased.
type lock struct{ aead cipher.AEAD }

func (l *lock) by(key []byte) (err error) {
	l.aead, err = sealing(key)
	return err
}

func (l lock) open(t Closed) (Value, error) {
	if l.aead == nil {
		return Value{erased: true}, t.Sealed.Check()
	}
	text, err := open(l.aead, t.Person, t.Field, t.Sealed)
	return Value{text: text}, err
}

// fetch asks for the keys of people.
func (r *Ring) fetch(ctx context.Context, people []string, locks map[Person]lock) error {
	asked := r.cache.now()
	answering, cancel := context.WithTimeout(rpc.AsService(ctx), patience)
	defer cancel()
	answer, err := r.keys.GetKeys(answering, &keysv1.GetKeysRequest{People: people})
	if err != nil {
		return err
	}
	if len(answer.GetKeys()) != len(people) {
		return fmt.Errorf("the key service answered %d of %d people", len(answer.GetKeys()), len(people))
	}
	for i, key := range answer.GetKeys() {
		p := Person(people[i])
		state, err := r.cache.keep(asked, p, key)
		if err != nil {
			return err
		}
		var l lock
		if state == present {
			if err := l.by(key.GetKey()); err != nil {
				return err
			}
		}
		clear(key.GetKey())
		locks[p] = l
	}
	return nil
}

// Held is how many people's keys are in memory now.
func (r *Ring) Held() int { return r.cache.size() }
