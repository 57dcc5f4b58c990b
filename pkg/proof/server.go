package proof

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

// Server serves the checkpoints and proofs of one service's log, to anyone: they tell hashes, places and times. What it is about to
// answer it checks first, so that an altered database is an error here and not a proof that fails elsewhere.
func Server(pool *pgxpool.Pool, service string, v *Verifier) proofv1.ProofServiceServer {
	return &server{pool: pool, service: service, verifier: v}
}

type server struct {
	proofv1.UnimplementedProofServiceServer
	pool     *pgxpool.Pool
	service  string
	verifier *Verifier
}

func (s *server) GetCheckpoint(ctx context.Context, request *proofv1.GetCheckpointRequest) (*proofv1.Checkpoint, error) {
	if err := s.mine(request.GetService()); err != nil {
		return nil, err
	}
	c, err := s.last(ctx, store{s.pool})
	if err != nil {
		return nil, err
	}
	if c.Size == 0 {
		return nil, s.notSealed(1, 0)
	}
	return &proofv1.Checkpoint{
		Service: s.service, Epoch: int32(c.Epoch), Size: c.Size, RecordedAt: timestamppb.New(c.RecordedAt), Note: string(c.Note),
	}, nil
}

func (s *server) ProveEvent(ctx context.Context, request *proofv1.ProveEventRequest) (answer *proofv1.EventProof, err error) {
	if err := s.mine(request.GetService()); err != nil {
		return nil, err
	}
	epoch, position, err := readPlace(request.GetEvent())
	if err != nil {
		return nil, err
	}
	err = s.snapshot(ctx, func(from store) error {
		var there int
		e := &proofv1.EventProof{Service: s.service, Epoch: epoch, Position: position}
		found := false
		err := es.Records(ctx, from.db, position-1, position, func(r *es.Record) error {
			found = true
			e.RecordedAt, e.Digest = timestamppb.New(r.RecordedAt), append([]byte{}, r.Digest[:]...)
			return nil
		})
		if err != nil {
			return err
		}
		if err := from.db.QueryRow(ctx, "SELECT coalesce(max(epoch), 0) FROM es.epoch WHERE after < $1", position).Scan(&there); err != nil {
			return err
		}
		if !found || there != int(epoch) {
			return errs.New(errorsv1.Reason_NOT_FOUND, "what", s.service+"/"+request.GetEvent())
		}
		c, err := s.last(ctx, from)
		if err != nil {
			return err
		}
		if c.Size < position {
			return s.notSealed(position, c.Size)
		}
		path, err := tlog.ProveRecord(c.Size, position-1, reader{ctx, from})
		if err != nil {
			return err
		}
		e.Hashes, e.Checkpoint = bytesOf(path), string(c.Note)
		answer = e
		return CheckInclusion(c, position, e.GetRecordedAt().AsTime(), e.GetDigest(), e.GetHashes())
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (s *server) ProveConsistency(ctx context.Context, request *proofv1.ProveConsistencyRequest) (answer *proofv1.ConsistencyProof, err error) {
	if err := s.mine(request.GetService()); err != nil {
		return nil, err
	}
	err = s.snapshot(ctx, func(from store) error {
		c, err := s.last(ctx, from)
		if err != nil {
			return err
		}
		older, newer := request.GetFrom(), request.GetTo()
		if newer == 0 {
			newer = c.Size
		}
		if older > c.Size || newer > c.Size {
			return s.notSealed(max(older, newer), c.Size)
		}
		if older < 1 || newer < older {
			return errs.Invalid([]errs.Field{errs.At("from", errorsv1.Reason_BAD_FORMAT, "field", "from",
				"value", strconv.FormatInt(request.GetFrom(), 10), "expected", "1 ≤ from ≤ to")})
		}
		answer = &proofv1.ConsistencyProof{Service: s.service, From: older, To: newer}
		first, err1 := from.noteAt(ctx, older)
		second, err2 := from.noteAt(ctx, newer)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		answer.FromCheckpoint, answer.ToCheckpoint = string(first), string(second)
		if older == newer {
			return nil
		}
		path, err := tlog.ProveTree(newer, older, reader{ctx, from})
		if err != nil {
			return err
		}
		answer.Hashes = bytesOf(path)
		return s.bearsOut(ctx, from, c, newer, older, path)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// bearsOut holds a proof against the database's own roots, and those against the last checkpoint.
func (s *server) bearsOut(ctx context.Context, from store, c Checkpoint, newer, older int64, path tlog.TreeProof) error {
	var roots [3]tlog.Hash
	for i, size := range []int64{older, newer, c.Size} {
		var err error
		if roots[i], err = tlog.TreeHash(size, reader{ctx, from}); err != nil {
			return err
		}
	}
	if roots[2] != c.Root {
		return &AlteredError{Service: s.service, Why: "the hashes in the database do not give the root of the last checkpoint"}
	}
	return tlog.CheckTree(path, newer, roots[1], older, roots[0])
}

// snapshot gives f one moment of the log and its proofs.
func (s *server) snapshot(ctx context.Context, f func(from store) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return f(store{tx})
	})
}

// last is the last checkpoint; Size 0 when there is none yet.
func (s *server) last(ctx context.Context, from store) (Checkpoint, error) {
	raw, err := from.lastNote(ctx, 0)
	if err != nil || raw == nil {
		return Checkpoint{}, err
	}
	return s.verifier.Open(raw)
}

func (s *server) mine(service string) error {
	if service != s.service {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", service)
	}
	return nil
}

func (s *server) notSealed(position, size int64) error {
	return errs.New(errorsv1.Reason_NOT_SEALED, "service", s.service, "position", strconv.FormatInt(position, 10), "size", strconv.FormatInt(size, 10))
}

// readPlace reads "1.57".
func readPlace(text string) (epoch int32, position int64, err error) {
	before, after, _ := strings.Cut(text, ".")
	n, err1 := strconv.ParseInt(before, 10, 32)
	position, err2 := strconv.ParseInt(after, 10, 64)
	if err1 != nil || err2 != nil || fmt.Sprintf("%d.%d", n, position) != text || n < 1 || position < 1 {
		return 0, 0, errs.Invalid([]errs.Field{errs.At("event", errorsv1.Reason_BAD_FORMAT, "field", "event", "value", text, "expected", "1.57")})
	}
	return int32(n), position, nil
}
