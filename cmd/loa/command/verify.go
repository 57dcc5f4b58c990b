package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/proof"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

type verifyCommand struct {
	Log         verifyLogCommand         `cmd:"" default:"withargs" help:"Check the logs against the checkpoints kept outside (the default)."`
	Segment     verifySegmentCommand     `cmd:"" help:"Check an exported segment, offline."`
	Inclusion   verifyInclusionCommand   `cmd:"" help:"Check the proof that an event stands in a log, offline."`
	Consistency verifyConsistencyCommand `cmd:"" help:"Check the proof that a log only grew between two checkpoints, offline."`
}

// heldFlags are checkpoints that somebody kept by themselves.
type heldFlags struct {
	Checkpoint []string `placeholder:"FILE" help:"A signed checkpoint that you kept; may be repeated." type:"existingfile"`
}

func (h heldFlags) read(v *proof.Verifier) ([]proof.Checkpoint, error) {
	var all []proof.Checkpoint
	for _, file := range h.Checkpoint {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", app.ErrConfiguration, err)
		}
		c, err := v.Open(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, c)
	}
	return all, nil
}

type verifyLogCommand struct {
	Modules   []string `arg:"" optional:"" help:"The modules whose logs are checked; all when left out."`
	AllowLost bool     `help:"Sealed positions that a restore lost, and a later epoch goes on without, are told and are no failure."`
	heldFlags
}

// Run checks each log and goes on to the next when one is altered, so that the answer is whole.
func (c verifyLogCommand) Run(ctx context.Context, e *environment) error {
	var modules []app.Module
	for _, name := range c.Modules {
		m, err := e.module(name)
		if err != nil {
			return err
		}
		if m.Catalogue == nil {
			return fmt.Errorf("%w: %s has no log", app.ErrConfiguration, name)
		}
		modules = append(modules, m)
	}
	if len(c.Modules) == 0 {
		for _, m := range e.program.Modules {
			if m.Catalogue != nil {
				modules = append(modules, m)
			}
		}
	}
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	v, err := app.CheckpointVerifier(e.config)
	if err != nil {
		return err
	}
	held, err := c.read(v)
	if err != nil {
		return err
	}
	var place *proof.Place
	if e.config.Checkpoints != "" || len(held) == 0 {
		if place, err = app.OpenCheckpoints(ctx, e.config); err != nil {
			return err
		}
		defer func() { _ = place.Close() }()
	}
	var failed []error
	for _, m := range modules {
		if err := c.verify(ctx, e, m, v, place, held); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (c verifyLogCommand) verify(ctx context.Context, e *environment, m app.Module, v *proof.Verifier, place *proof.Place, held []proof.Checkpoint) error {
	pool, err := readOnly(ctx, e.config, m.Name)
	if err != nil {
		return err
	}
	defer pool.Close()
	began := time.Now()
	r, err := proof.Verify(ctx, pool, m.Name, v, place, held)
	if err != nil {
		return err
	}
	for _, l := range r.Lost {
		fmt.Fprintf(e.out, "%s: %s\n", m.Name, l)
	}
	switch {
	case r.Last == 0:
		fmt.Fprintf(e.out, "%s: the log is empty\n", m.Name)
		return nil
	case r.Covered.Size == 0:
		return fmt.Errorf("%s: no checkpoint is kept of its %d events, so nothing proves them", m.Name, r.Last)
	case len(r.Lost) > 0 && !c.AllowLost:
		return fmt.Errorf("%s: sealed positions were lost; if they are known to be (docs/proof.md), check with --allow-lost", m.Name)
	}
	fmt.Fprintf(e.out, "%s: %d events are as they were sealed, up to the checkpoint of epoch %d and size %d of %s; %d after it are not sealed yet (%.1f s)\n", m.Name,
		r.Covered.Size, r.Covered.Epoch, r.Covered.Size, r.Covered.RecordedAt.Format(time.RFC3339), r.Last-r.Covered.Size, time.Since(began).Seconds())
	return nil
}

// readOnly opens a module's database for reading alone.
func readOnly(ctx context.Context, c *config.Config, module string) (*pgxpool.Pool, error) {
	if c.Databases[module] == "" {
		return nil, fmt.Errorf("%w: LOA_DATABASES names no database for %s", app.ErrConfiguration, module)
	}
	settings, err := pgxpool.ParseConfig(c.Databases[module])
	if err != nil {
		return nil, fmt.Errorf("%w: LOA_DATABASES: %s: %w", app.ErrConfiguration, module, err)
	}
	settings.MaxConns = 2
	settings.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	settings.ConnConfig.RuntimeParams["application_name"] = "loa verify"
	return pgxpool.NewWithConfig(ctx, settings)
}

type verifySegmentCommand struct {
	File string `arg:"" help:"The segment, as loa export wrote it; - reads standard input." type:"existingfile"`
}

// Run checks a segment. With LOA_CHECKPOINTS, or a copy of what lies there, it can also name a position that agrees with itself.
func (c verifySegmentCommand) Run(ctx context.Context, e *environment) error {
	v, err := app.CheckpointVerifier(e.config)
	if err != nil {
		return err
	}
	var place *proof.Place
	if e.config.Checkpoints != "" {
		if place, err = app.OpenCheckpoints(ctx, e.config); err != nil {
			return err
		}
		defer func() { _ = place.Close() }()
	}
	file, err := input(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	r, err := proof.VerifySegment(ctx, file, v, place)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: the events %d to %d are as they were sealed, by the checkpoint of epoch %d and size %d of %s\n", r.Service, r.First, r.Last,
		r.Covered.Epoch, r.Covered.Size, r.Covered.RecordedAt.Format(time.RFC3339))
	return nil
}

func input(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", app.ErrConfiguration, err)
	}
	return file, nil
}

// claim reads an answer of the API.
func claim(name string, into proto.Message) error {
	file, err := input(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return err
	}
	if !json.Valid(raw) {
		return fmt.Errorf("%w: %s is not JSON", app.ErrConfiguration, name)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %s: %w", app.ErrConfiguration, name, err)
	}
	return nil
}

// only is the checkpoint to believe: the one given apart, else the one in the answer itself.
func (h heldFlags) only(v *proof.Verifier, answered string) (proof.Checkpoint, error) {
	if len(h.Checkpoint) > 1 {
		return proof.Checkpoint{}, fmt.Errorf("%w: more than one --checkpoint", app.ErrConfiguration)
	}
	held, err := h.read(v)
	if err != nil || len(held) == 1 {
		return append(held, proof.Checkpoint{})[0], err
	}
	return v.Open([]byte(answered))
}

type verifyInclusionCommand struct {
	File string `arg:"" help:"The answer of GET /v1/proof/{service}/events/{epoch.position}; - reads standard input." type:"existingfile"`
	heldFlags
}

// Run checks an inclusion proof.
func (c verifyInclusionCommand) Run(e *environment) error {
	v, err := app.CheckpointVerifier(e.config)
	if err != nil {
		return err
	}
	var p proofv1.EventProof
	if err := claim(c.File, &p); err != nil {
		return err
	}
	of, err := c.only(v, p.GetCheckpoint())
	if err != nil {
		return err
	}
	if of.Service != p.GetService() {
		return fmt.Errorf("the checkpoint is that of %s, and the proof that of %s", of.Service, p.GetService())
	}
	if err := proof.CheckInclusion(of, p.GetPosition(), p.GetRecordedAt().AsTime(), p.GetDigest(), p.GetHashes()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: position %d, recorded %s with the digest %x, stands in the log of size %d\n", of.Service, p.GetPosition(),
		p.GetRecordedAt().AsTime().Format(time.RFC3339Nano), p.GetDigest(), of.Size)
	return nil
}

type verifyConsistencyCommand struct {
	File string `arg:"" help:"The answer of GET /v1/proof/{service}/consistency; - reads standard input." type:"existingfile"`
	Old  string `placeholder:"FILE" help:"The older checkpoint, when you kept it." type:"existingfile"`
	New  string `placeholder:"FILE" help:"The newer checkpoint, when you kept it." type:"existingfile"`
}

// Run checks a consistency proof.
func (c verifyConsistencyCommand) Run(e *environment) error {
	v, err := app.CheckpointVerifier(e.config)
	if err != nil {
		return err
	}
	var p proofv1.ConsistencyProof
	if err := claim(c.File, &p); err != nil {
		return err
	}
	one := func(file, answered, which string) (proof.Checkpoint, error) {
		if file == "" && answered == "" {
			return proof.Checkpoint{}, fmt.Errorf("%w: the answer has no checkpoint of size %d: give yours with --%s", app.ErrConfiguration,
				map[string]int64{"old": p.GetFrom(), "new": p.GetTo()}[which], which)
		}
		h := heldFlags{}
		if file != "" {
			h.Checkpoint = []string{file}
		}
		return h.only(v, answered)
	}
	older, err := one(c.Old, p.GetFromCheckpoint(), "old")
	if err != nil {
		return err
	}
	newer, err := one(c.New, p.GetToCheckpoint(), "new")
	if err != nil {
		return err
	}
	if err := proof.CheckConsistency(older, newer, p.GetHashes()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: the log of size %d is the beginning of the log of size %d\n", older.Service, older.Size, newer.Size)
	return nil
}
