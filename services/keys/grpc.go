package keys

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/personal"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

// maximumKeys is how many keys one call gives.
const maximumKeys = 200

// server answers services.
type server struct {
	keysv1.UnimplementedKeyServiceServer
	pool     *pgxpool.Pool
	wrap     *wrap
	policies *auth.Policies
	answered metric.Int64Counter
}

func newServer(pool *pgxpool.Pool, w *wrap, p *auth.Policies) (*server, error) {
	answered, err := otel.Meter("github.com/loa-vn/loa/services/keys").Int64Counter("loa.keys.answered", metric.WithUnit("{key}"),
		metric.WithDescription("Keys asked for, by outcome: made, held, erased, unknown."))
	return &server{pool: pool, wrap: w, policies: p, answered: answered}, err
}

// everything is the resource of asking at all; a key's own decision follows once its owner is known.
func everything() auth.Resource { return auth.Resource{Type: "Keys", ID: Name} }

// MakeKey gives a person's key and makes it at the first call.
func (s *server) MakeKey(ctx context.Context, r *keysv1.MakeKeyRequest) (*keysv1.PersonKey, error) {
	if err := s.policies.Authorize(ctx, "MakeKey", everything()); err != nil {
		return nil, err
	}
	if err := check(r.GetPerson()); err != nil {
		return nil, err
	}
	answer, err := s.find(ctx, "MakeKey", []string{r.GetPerson()})
	if err != nil || answer[0].GetState() != keysv1.KeyState_UNKNOWN {
		return s.counted(ctx, answer, err)
	}
	owner := auth.From(ctx).Service
	key := make([]byte, personal.KeySize)
	rand.Read(key)
	defer clear(key)
	envelope, wrapped := s.wrap.close(key, r.GetPerson(), owner)
	// Whoever inserts the row first, with a key or as erased, decides; the row is read again, so everybody gets the same answer.
	tag, err := s.pool.Exec(ctx, `INSERT INTO keys.person (person, owner, envelope, wrapped, made_at) VALUES ($1, $2, $3, $4, now())
		ON CONFLICT (person) DO NOTHING`, r.GetPerson(), owner, envelope, wrapped)
	if err != nil {
		return nil, err
	}
	s.count(ctx, "made", int(tag.RowsAffected()))
	answer, err = s.find(ctx, "MakeKey", []string{r.GetPerson()})
	if err != nil {
		return nil, err
	}
	return answer[0], nil
}

// GetKeys gives keys in the order asked.
func (s *server) GetKeys(ctx context.Context, r *keysv1.GetKeysRequest) (*keysv1.GetKeysResponse, error) {
	if err := s.policies.Authorize(ctx, "GetKeys", everything()); err != nil {
		return nil, err
	}
	if len(r.GetPeople()) > maximumKeys {
		return nil, errs.New(errorsv1.Reason_TOO_LARGE, "limit", fmt.Sprintf("%d people", maximumKeys))
	}
	for _, p := range r.GetPeople() {
		if err := check(p); err != nil {
			return nil, err
		}
	}
	answer, err := s.find(ctx, "GetKeys", r.GetPeople())
	if _, err := s.counted(ctx, answer, err); err != nil {
		return nil, err
	}
	return &keysv1.GetKeysResponse{Keys: answer}, nil
}

func check(person string) error {
	if err := personal.Person(person).Check(); err != nil {
		// The text may be a name or a number sent by mistake: it is not repeated.
		return errs.Invalid([]errs.Field{errs.At("person", errorsv1.Reason_BAD_FORMAT, "value", "…", "field", "person", "expected", "person_…")})
	}
	return nil
}

// find reads the rows of people, asks the policies for each, and unwraps.
func (s *server) find(ctx context.Context, action string, people []string) ([]*keysv1.PersonKey, error) {
	type row struct {
		Owner, Envelope string
		Wrapped         []byte
		ErasedAt        *time.Time
	}
	found := map[string]row{}
	rows, err := s.pool.Query(ctx, `SELECT person, owner, coalesce(envelope, ''), wrapped, erased_at FROM keys.person WHERE person = ANY($1)`, people)
	if err != nil {
		return nil, err
	}
	var person string
	var r row
	if _, err := pgx.ForEachRow(rows, []any{&person, &r.Owner, &r.Envelope, &r.Wrapped, &r.ErasedAt}, func() error {
		found[person] = r
		r = row{}
		return nil
	}); err != nil {
		return nil, err
	}
	answer := make([]*keysv1.PersonKey, len(people))
	for i, p := range people {
		r, known := found[p]
		answer[i] = &keysv1.PersonKey{Person: p, State: keysv1.KeyState_UNKNOWN}
		if !known {
			continue
		}
		if err := s.policies.Authorize(ctx, action, auth.Resource{Type: "PersonKey", ID: p, Attributes: map[string]any{
			"owner": r.Owner, "erased": r.ErasedAt != nil,
		}}); err != nil {
			return nil, err
		}
		if r.ErasedAt != nil {
			answer[i].State, answer[i].ErasedAt = keysv1.KeyState_ERASED, timestamppb.New(*r.ErasedAt)
			continue
		}
		if answer[i].Key, err = s.wrap.open(r.Envelope, r.Wrapped, p, r.Owner); err != nil {
			return nil, err
		}
		answer[i].State = keysv1.KeyState_HELD
	}
	return answer, nil
}

func (s *server) counted(ctx context.Context, answer []*keysv1.PersonKey, err error) (*keysv1.PersonKey, error) {
	if err != nil {
		return nil, err
	}
	outcomes := map[keysv1.KeyState]string{keysv1.KeyState_HELD: "held", keysv1.KeyState_ERASED: "erased", keysv1.KeyState_UNKNOWN: "unknown"}
	for _, k := range answer {
		s.count(ctx, outcomes[k.GetState()], 1)
	}
	if len(answer) == 0 {
		return nil, nil
	}
	return answer[0], nil
}

func (s *server) count(ctx context.Context, outcome string, n int) {
	if n > 0 {
		s.answered.Add(ctx, int64(n), metric.WithAttributes(attribute.String("loa.outcome", outcome)))
	}
}
