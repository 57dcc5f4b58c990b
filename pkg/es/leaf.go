package es

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/loa-vn/loa/pkg/id"
)

// Digest is what stands for an event in its leaf: SHA-256 over the type's length in four bytes, the type, the stream's sixteen bytes,
// the version in eight, the command's sixteen and the body. Numbers are big endian. No two events have the same bytes: all but the
// type and the body have a fixed length, and the type says its own. What the log was given is all in it; where and when it was
// recorded is added by the leaf.
func Digest(name string, stream StreamID, version int64, command id.UUID, body []byte) [sha256.Size]byte {
	head := make([]byte, 0, 512)
	head = binary.BigEndian.AppendUint32(head, uint32(len(name)))
	head = append(head, name...)
	head = append(head, stream[:]...)
	head = binary.BigEndian.AppendUint64(head, uint64(version))
	head = append(head, command[:]...)
	if len(head)+len(body) <= cap(head) { // one call is cheaper
		return sha256.Sum256(append(head, body...))
	}
	h := sha256.New()
	h.Write(head)
	h.Write(body)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}

// Leaf is the hash of an event's leaf in the Merkle tree (RFC 6962): SHA-256 over a zero byte, the position in eight bytes, the
// recording time in microseconds since 1970 in eight, and the digest. es.append computes the same under the log's lock.
func Leaf(position int64, recordedAt time.Time, digest [sha256.Size]byte) [sha256.Size]byte {
	var b [1 + 8 + 8 + sha256.Size]byte
	binary.BigEndian.PutUint64(b[1:], uint64(position))
	binary.BigEndian.PutUint64(b[9:], uint64(recordedAt.UnixMicro()))
	copy(b[17:], digest[:])
	return sha256.Sum256(b[:])
}

// Record is an event as its row has it: what a proof is made of, without its meaning.
type Record struct {
	Position   int64
	Stream     StreamID
	Version    int64
	Command    id.UUID
	Type       string
	RecordedAt time.Time
	// Digest and Leaf are the stored ones, which somebody may have altered: see Digest and Leaf for what they have to be.
	Digest, Leaf [sha256.Size]byte
	Body         []byte
}

const selectRecords = `SELECT e.position, e.stream, e.version, e.command, e.type, e.recorded_at, e.digest, e.leaf, e.body
  FROM es.event e WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position`

// postgresEpoch is where PostgreSQL counts microseconds from: 2000-01-01, in microseconds since 1970.
const postgresEpoch = 946_684_800_000_000

// Records gives f the rows after one position up to and including another, in position order. It streams: a record and its body are
// valid only until f returns. An error of f ends it.
func Records(ctx context.Context, db querier, after, until int64, f func(*Record) error) error {
	rows, err := db.Query(ctx, selectRecords, after, until)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r Record
	types := map[string]string{} // they are few
	for rows.Next() {
		// The values as they came, without a scan: a verifier reads millions.
		v := rows.RawValues()
		if len(v) != 9 || len(v[0]) != 8 || len(v[1]) != 16 || len(v[2]) != 8 || len(v[3]) != 16 || len(v[5]) != 8 {
			return errors.New("the rows of the log are not in PostgreSQL's binary format")
		}
		r.Position = int64(binary.BigEndian.Uint64(v[0]))
		copy(r.Stream[:], v[1])
		r.Version = int64(binary.BigEndian.Uint64(v[2]))
		copy(r.Command[:], v[3])
		name, ok := types[string(v[4])]
		if !ok {
			name = string(v[4])
			types[name] = name
		}
		r.Type = name
		r.RecordedAt = time.UnixMicro(int64(binary.BigEndian.Uint64(v[5])) + postgresEpoch).UTC()
		r.Digest, r.Leaf = hashOf(v[6]), hashOf(v[7])
		r.Body = v[8]
		if err := f(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// hashOf is zero for what is no hash, which then differs from what it has to be.
func hashOf(raw []byte) (h [sha256.Size]byte) {
	if len(raw) == len(h) {
		copy(h[:], raw)
	}
	return h
}
