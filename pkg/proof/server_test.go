package proof

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

// What the server answers is checked by what an outsider has: the verifier key and the answer.
func TestAnswersCheckOut(t *testing.T) {
	w := newWorld(t)
	s := Server(w.pool, "test", w.signer.Verifier())
	_, err := s.GetCheckpoint(t.Context(), &proofv1.GetCheckpointRequest{Service: "test"})
	if errs.ReasonOf(err) != errorsv1.Reason_NOT_SEALED {
		t.Errorf("before the first: %v", err)
	}
	w.write(t, 257)
	older := w.seal(t)
	w.write(t, 500)
	newer := w.seal(t)
	answer, err := s.GetCheckpoint(t.Context(), &proofv1.GetCheckpointRequest{Service: "test"})
	if err != nil || answer.GetNote() != string(newer.Note) || answer.GetSize() != 757 || answer.GetEpoch() != 1 {
		t.Fatalf("%v %v", answer, err)
	}
	for _, event := range []string{"1.1", "1.256", "1.257", "1.512", "1.757"} {
		e, err := s.ProveEvent(t.Context(), &proofv1.ProveEventRequest{Service: "test", Event: event})
		if err != nil {
			t.Fatalf("%s: %v", event, err)
		}
		c, err := w.signer.Verifier().Open([]byte(e.GetCheckpoint()))
		if err != nil {
			t.Fatal(err)
		}
		at := e.GetRecordedAt().AsTime()
		if err := CheckInclusion(c, e.GetPosition(), at, e.GetDigest(), e.GetHashes()); err != nil {
			t.Errorf("%s: %v", event, err)
		}
		other := append([]byte{}, e.GetDigest()...)
		other[0] ^= 1
		for name, err := range map[string]error{
			"another position": CheckInclusion(c, e.GetPosition()%757+1, at, e.GetDigest(), e.GetHashes()),
			"another time":     CheckInclusion(c, e.GetPosition(), at.Add(1000), e.GetDigest(), e.GetHashes()),
			"another digest":   CheckInclusion(c, e.GetPosition(), at, other, e.GetHashes()),
			"a shorter path":   CheckInclusion(c, e.GetPosition(), at, e.GetDigest(), e.GetHashes()[1:]),
			"another tree":     CheckInclusion(older, min(e.GetPosition(), 257), at, e.GetDigest(), e.GetHashes()),
		} {
			if err == nil {
				t.Errorf("%s: %s is proven", event, name)
			}
		}
	}
	p, err := s.ProveConsistency(t.Context(), &proofv1.ProveConsistencyRequest{Service: "test", From: 257})
	if err != nil || p.GetTo() != 757 || p.GetFromCheckpoint() != string(older.Note) || p.GetToCheckpoint() != string(newer.Note) {
		t.Fatalf("%v %v", p, err)
	}
	if err := CheckConsistency(older, newer, p.GetHashes()); err != nil {
		t.Error(err)
	}
	forked := older
	forked.Root[0] ^= 1
	if err := CheckConsistency(forked, newer, p.GetHashes()); !isAltered(err) {
		t.Errorf("a fork: %v", err)
	}
	if err := CheckConsistency(newer, older, p.GetHashes()); err == nil {
		t.Error("the newer before the older")
	}
	if p, err := s.ProveConsistency(t.Context(), &proofv1.ProveConsistencyRequest{Service: "test", From: 100, To: 100}); err != nil || len(p.GetHashes()) > 0 || p.GetToCheckpoint() != "" {
		t.Errorf("%v %v", p, err)
	}
}

func TestWhatCannotBeProvenIsRefused(t *testing.T) {
	w := newWorld(t)
	w.write(t, 20)
	w.seal(t)
	w.write(t, 5)
	s := Server(w.pool, "test", w.signer.Verifier())
	for event, want := range map[string]errs.Reason{
		"1.21": errorsv1.Reason_NOT_SEALED, "1.26": errorsv1.Reason_NOT_FOUND, "2.3": errorsv1.Reason_NOT_FOUND,
		"": errorsv1.Reason_INVALID, "3": errorsv1.Reason_INVALID, "1.0": errorsv1.Reason_INVALID, "1.-1": errorsv1.Reason_INVALID,
		"01.3": errorsv1.Reason_INVALID, "1.3.": errorsv1.Reason_INVALID, "1.99999999999999999999": errorsv1.Reason_INVALID,
	} {
		if _, err := s.ProveEvent(t.Context(), &proofv1.ProveEventRequest{Service: "test", Event: event}); errs.ReasonOf(err) != want {
			t.Errorf("%q: %v", event, err)
		}
	}
	for sizes, want := range map[[2]int64]errs.Reason{
		{0, 0}: errorsv1.Reason_INVALID, {-1, 20}: errorsv1.Reason_INVALID, {5, 4}: errorsv1.Reason_INVALID, {21, 0}: errorsv1.Reason_NOT_SEALED, {1, 25}: errorsv1.Reason_NOT_SEALED,
	} {
		_, err := s.ProveConsistency(t.Context(), &proofv1.ProveConsistencyRequest{Service: "test", From: sizes[0], To: sizes[1]})
		if errs.ReasonOf(err) != want {
			t.Errorf("%v: %v", sizes, err)
		}
	}
	if _, err := s.GetCheckpoint(t.Context(), &proofv1.GetCheckpointRequest{Service: "other"}); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
	// A proof that would not check out is not given.
	w.asSuperuser(t, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `UPDATE es.event SET leaf = sha256('x') WHERE position = 5`); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := s.ProveEvent(t.Context(), &proofv1.ProveEventRequest{Service: "test", Event: "1.3"}); !isAltered(err) {
		t.Errorf("an altered log: %v", err)
	}
	if _, err := s.ProveConsistency(t.Context(), &proofv1.ProveConsistencyRequest{Service: "test", From: 3}); !isAltered(err) {
		t.Errorf("an altered log: %v", err)
	}
}
