package proof

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/loa-vn/loa/pkg/es"
)

// CheckInclusion checks that an event with this place, time and digest stands in the log that a checkpoint covers.
func CheckInclusion(c Checkpoint, position int64, recordedAt time.Time, digest []byte, hashes [][]byte) error {
	path, err := hashList(hashes)
	if err != nil {
		return err
	}
	if len(digest) != tlog.HashSize {
		return fmt.Errorf("a digest has %d bytes, not %d", tlog.HashSize, len(digest))
	}
	if position < 1 || position > c.Size {
		return fmt.Errorf("the checkpoint covers the positions 1 to %d, not %d", c.Size, position)
	}
	leaf := es.Leaf(position, recordedAt, [tlog.HashSize]byte(digest))
	if err := tlog.CheckRecord(tlog.RecordProof(path), c.Size, c.Root, position-1, leaf); err != nil {
		return &AlteredError{Service: c.Service, Position: position, Why: "the proof does not lead from the event to the checkpoint's root"}
	}
	return nil
}

// CheckConsistency checks that the log of one checkpoint is the beginning of that of another.
func CheckConsistency(older, newer Checkpoint, hashes [][]byte) error {
	path, err := hashList(hashes)
	if err != nil {
		return err
	}
	if older.Service != newer.Service {
		return fmt.Errorf("the checkpoints are of %s and of %s", older.Service, newer.Service)
	}
	if older.Size > newer.Size {
		return fmt.Errorf("the first checkpoint covers %d events and the second %d", older.Size, newer.Size)
	}
	if older.Epoch < newer.Epoch && older.Size > newer.After {
		return fmt.Errorf("epoch %d goes on from position %d, and the checkpoint of epoch %d covers %d: what was lost between cannot be in both",
			newer.Epoch, newer.After, older.Epoch, older.Size)
	}
	if older.Size == newer.Size {
		if older.Root != newer.Root {
			return &AlteredError{Service: older.Service, Why: fmt.Sprintf("two checkpoints of size %d have different roots", older.Size)}
		}
		return nil
	}
	if err := tlog.CheckTree(tlog.TreeProof(path), newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return &AlteredError{Service: older.Service, Why: fmt.Sprintf("the log of size %d is not the beginning of the log of size %d", older.Size, newer.Size)}
	}
	return nil
}

func hashList(raw [][]byte) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(raw))
	for i, h := range raw {
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("a hash of a proof has %d bytes, not %d", tlog.HashSize, len(h))
		}
		copy(all[i][:], h)
	}
	return all, nil
}

func bytesOf(all []tlog.Hash) [][]byte {
	raw := make([][]byte, len(all))
	for i := range all {
		raw[i] = all[i][:]
	}
	return raw
}
