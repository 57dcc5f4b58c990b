package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/personal"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

// The aggregate: what a citizen wrote. It knows sealed texts only, as every aggregate with personal data does.

type entryWritten struct {
	Person  string `json:"person"`
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Text    string `json:"text"`
	Control string `json:"control"` // nothing personal: what the search has to find, or it proves nothing
}

type entryCorrected struct {
	Person  string `json:"person"`
	Phone   string `json:"phone"`
	Control string `json:"control"`
}

type entry struct {
	Person, Name, Phone, Text, Control string
}

func (a *entry) Apply(e es.Event) {
	switch d := e.Data.(type) {
	case entryWritten:
		*a = entry(d)
	case entryCorrected:
		a.Phone = d.Phone
	}
}

// write and correct are the use cases; decide may run twice, on the same sealed texts.
func write(w entryWritten) func(*entry, int64) ([]any, error) {
	return func(a *entry, version int64) ([]any, error) {
		if version > 0 {
			return nil, errs.New(errorsv1.Reason_CONTENT_STATE, "state", "written", "allowed", "new")
		}
		return []any{w}, nil
	}
}

func correct(c entryCorrected) func(*entry, int64) ([]any, error) {
	return func(a *entry, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", "entry")
		}
		return []any{c}, nil
	}
}

func entries() es.Projection {
	return es.Projection{
		Name:   "entries",
		Schema: `CREATE TABLE entry (id text PRIMARY KEY, person text NOT NULL, name text NOT NULL, phone text NOT NULL, text text NOT NULL, control text NOT NULL)`,
		Apply: func(ctx context.Context, tx pgx.Tx, events []es.Event) error {
			for _, e := range events {
				var err error
				switch d := e.Data.(type) {
				case entryWritten:
					_, err = tx.Exec(ctx, `INSERT INTO entry VALUES ($1, $2, $3, $4, $5, $6)`, e.Aggregate, d.Person, d.Name, d.Phone, d.Text, d.Control)
				case entryCorrected:
					_, err = tx.Exec(ctx, `UPDATE entry SET phone = $2 WHERE id = $1`, e.Aggregate, d.Phone)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func catalogue() *es.Catalogue {
	return es.NewCatalogue(es.EventType[entryWritten]("diary.entry_written.v1"), es.EventType[entryCorrected]("diary.entry_corrected.v1"))
}

// publish tells others of an entry by references.
func publish(e es.Event) (proto.Message, error) {
	if d, ok := e.Data.(entryWritten); ok {
		return wrapperspb.String(e.Aggregate + " " + d.Person + " " + d.Control), nil
	}
	return nil, nil
}

// diary is the module under test; reader follows it and starts a workflow per entry, with references alone.
type diary struct {
	host  *app.Host
	repo  *es.Repo[entry, *entry]
	ring  *personal.Ring
	clock func() time.Time
}

func (d *diary) module() app.Module {
	return app.Module{
		Name: "diary", Database: true, Catalogue: catalogue(), Projections: []es.Projection{entries()}, Publish: publish,
		Policies: fstest.MapFS{}, // what every service has: others may read what it published
		Start: func(_ context.Context, h *app.Host) error {
			d.host, d.repo, d.ring = h, es.NewRepo[entry](h.Log, "entry"), d.fresh(h)
			return nil
		},
	}
}

// fresh is the ring of a process that holds no key yet.
func (d *diary) fresh(h *app.Host) *personal.Ring {
	return personal.New(keysv1.NewKeyServiceClient(h.Dial("keys")), personal.Options{Clock: d.clock})
}

const temporalQueue = "diary"

func reader() app.Module {
	return app.Module{
		Name: "reader", Database: true, Migrations: `CREATE TABLE IF NOT EXISTS seen (entry text PRIMARY KEY, told text NOT NULL)`,
		Start: func(_ context.Context, h *app.Host) error {
			temporal, err := h.Temporal()
			if err != nil {
				return err
			}
			h.Consume(bus.Consumer{
				Name: "reader", Sources: []string{"diary"}, Types: []string{string((&wrapperspb.StringValue{}).ProtoReflect().Descriptor().FullName())},
				Handle: func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
					for _, m := range messages {
						told := m.Payload.(*wrapperspb.StringValue).GetValue()
						if _, err := tx.Exec(ctx, `INSERT INTO reader.seen VALUES ($1, $2) ON CONFLICT DO NOTHING`, m.Key, told); err != nil {
							return err
						}
						options := client.StartWorkflowOptions{ID: "entry-" + m.Key, TaskQueue: temporalQueue}
						if _, err := temporal.ExecuteWorkflow(ctx, options, "EntryWorkflow", told); err != nil {
							return err
						}
					}
					return nil
				},
			})
			h.Go("workflows", func(ctx context.Context) error {
				w := worker.New(temporal, temporalQueue, worker.Options{})
				w.RegisterWorkflowWithOptions(entryWorkflow, workflow.RegisterOptions{Name: "EntryWorkflow"})
				if err := w.Start(); err != nil {
					return err
				}
				<-ctx.Done()
				w.Stop()
				return nil
			})
			return nil
		},
	}
}

// entryWorkflow waits, as workflows do, and ends with the references it was given.
func entryWorkflow(ctx workflow.Context, told string) (string, error) {
	return told, workflow.Sleep(ctx, time.Second)
}

// story is what a citizen tells.
type story struct{ name, phone, text string }

// fields say what each text is.
func field(name string) personal.Field { return personal.Field{Purpose: "diary.entry", Name: name} }

// write is what a handler does: seal once, key the digest, run the command. The key of the command names entry and person, so that a
// repeat means the same ones.
func (d *diary) write(ctx context.Context, key, control string, s story) (entryID string, p personal.Person, err error) {
	command := d.command(key, s)
	entryID, p = id.Format("entry", id.Derive(time.Time{}, "entry", command.Key.String())), personal.NewPerson(command.Key)
	sealed, err := d.ring.Seal(ctx, p, personal.Plain{Field: field("name"), Text: s.name}, personal.Plain{Field: field("phone"), Text: s.phone},
		personal.Plain{Field: field("text"), Text: s.text})
	if err == nil {
		command.Digest, err = d.ring.Digest(ctx, p, command.Digest)
	}
	if err != nil {
		d.host.Logger.ErrorContext(ctx, "not written", "person", string(p), "text", personal.Plain{Text: s.text}, "error", err)
		return entryID, p, err
	}
	_, err = d.repo.Execute(ctx, entryID, command, write(entryWritten{
		Person: string(p), Name: string(sealed[0]), Phone: string(sealed[1]), Text: string(sealed[2]), Control: control,
	}))
	d.host.Logger.InfoContext(ctx, "written", "entry", entryID, "person", string(p), "control", control, "error", err)
	return entryID, p, err
}

func (d *diary) command(key string, s story) es.Command {
	return es.Command{Key: id.Derive(time.Time{}, "diary", key), Digest: []byte(strings.Join([]string{s.name, s.phone, s.text}, "\x00"))}
}

// correct changes the phone number of an entry.
func (d *diary) correct(ctx context.Context, key, entryID string, p personal.Person, control, phone string) error {
	command := es.Command{Key: id.Derive(time.Time{}, "diary", key), Digest: []byte(phone)}
	sealed, err := d.ring.Seal(ctx, p, personal.Plain{Field: field("phone"), Text: phone})
	if err != nil {
		return err
	}
	if command.Digest, err = d.ring.Digest(ctx, p, command.Digest); err != nil {
		return err
	}
	_, err = d.repo.Execute(ctx, entryID, command, correct(entryCorrected{Person: string(p), Phone: string(sealed[0]), Control: control}))
	return err
}

// read is what a page does: the read model's row, opened for who may see it.
func (d *diary) read(ctx context.Context, ring *personal.Ring, entryID string) (story, error) {
	var p personal.Person
	var name, phone, text personal.Sealed
	err := es.Query(ctx, d.host.Pool, "entries", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT person, name, phone, text FROM entry WHERE id = $1`, entryID).Scan(&p, &name, &phone, &text)
	})
	if err != nil {
		return story{}, err
	}
	v, err := ring.OpenAll(ctx, personal.Closed{Person: p, Field: field("name"), Sealed: name},
		personal.Closed{Person: p, Field: field("phone"), Sealed: phone}, personal.Closed{Person: p, Field: field("text"), Sealed: text})
	if err != nil {
		return story{}, err
	}
	d.host.Logger.InfoContext(ctx, "read", "entry", entryID, "name", v[0], "values", v)
	if encoded, err := json.Marshal(v); err != nil || strings.Contains(string(encoded), v[0].Reveal(errs.English)) {
		return story{}, errors.Join(err, errors.New("a value wrote itself into JSON"))
	}
	return story{v[0].Reveal(errs.Vietnamese), v[1].Reveal(errs.Vietnamese), v[2].Reveal(errs.Vietnamese)}, nil
}
