package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// segmentForm names the form of an exported segment.
const segmentForm = "loa.segment.v1"

// segmentHead is the first line of a segment: what it holds, the checkpoint that covers it, and the hashes of the tree beside it, with
// which its events give the checkpoint's root.
type segmentHead struct {
	Form       string `json:"form"`
	Service    string `json:"service"`
	From       int64  `json:"from"`
	To         int64  `json:"to"`
	Checkpoint string `json:"checkpoint"`
	// Before and After cover the positions below From and above To, each split into the largest perfect trees, from left to right.
	Before []tlog.Hash `json:"before"`
	After  []tlog.Hash `json:"after"`
}

// ErrNotSealed says that no checkpoint covers what is asked for.
var ErrNotSealed = errors.New("no checkpoint covers it yet")

// Export writes the events from one position to another, both included, with what proves them against the last checkpoint. A `to` of 0
// means the checkpoint's end. Error: ErrNotSealed.
func Export(ctx context.Context, db beginner, service string, v *Verifier, from, to int64, w io.Writer) (Checkpoint, error) {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Checkpoint{}, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	s := store{tx}
	raw, err := s.lastNote(ctx, 0)
	if err != nil {
		return Checkpoint{}, err
	}
	if raw == nil {
		return Checkpoint{}, ErrNotSealed
	}
	c, err := v.Open(raw)
	if err != nil {
		return c, err
	}
	if to == 0 {
		to = c.Size
	}
	if to > c.Size {
		return c, fmt.Errorf("position %d: %w; the last covers %d", to, ErrNotSealed, c.Size)
	}
	if from < 1 || from > to {
		return c, fmt.Errorf("there are no positions from %d to %d", from, to)
	}
	head := segmentHead{Form: segmentForm, Service: service, From: from, To: to, Checkpoint: string(c.Note)}
	if head.Before, err = s.covering(ctx, 0, from-1); err != nil {
		return c, err
	}
	if head.After, err = s.covering(ctx, to, c.Size); err != nil {
		return c, err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(head); err != nil {
		return c, err
	}
	var line []byte
	err = es.Records(ctx, tx, from-1, to, func(r *es.Record) error {
		line = appendLine(line[:0], r)
		_, err := out.Write(line)
		return err
	})
	return c, errors.Join(err, out.Flush())
}

// covering reads the hashes of the trees that cover a run of leaves.
func (s store) covering(ctx context.Context, lo, hi int64) ([]tlog.Hash, error) {
	indexes := []int64{}
	for _, n := range cover(lo, hi) {
		indexes = append(indexes, tlog.StoredHashIndex(n.level, n.n))
	}
	return reader{ctx, s}.ReadHashes(indexes)
}

// largestLine is more than an event's line can have: a body of 16 MiB in base64.
const largestLine = 32 << 20

// VerifySegment checks an exported segment with nothing but the verifier key. With a place, or copies of its files, it can name the
// first altered position also where somebody made the altered event agree with itself; place may be nil.
//
// Errors: AlteredError; another error for a file of another form.
func VerifySegment(ctx context.Context, r io.Reader, v *Verifier, place *Place) (Report, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<20), largestLine)
	if !lines.Scan() {
		return Report{}, errors.Join(errors.New("the segment is empty"), lines.Err())
	}
	var head segmentHead
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return Report{}, fmt.Errorf("the first line is not that of a segment: %w", err)
	}
	if head.Form != segmentForm {
		return Report{}, fmt.Errorf("the first line says %q and not %q", head.Form, segmentForm)
	}
	c := newChecker(head.Service)
	c.loose = head.From > 1
	of, err := v.Open([]byte(head.Checkpoint))
	if err != nil {
		return c.report, c.altered(0, "%v", err)
	}
	if of.Service != head.Service || head.From < 1 || head.To < head.From || head.To > of.Size {
		return c.report, c.altered(0, "the first line says %s %d to %d, and its checkpoint is that of %s, size %d", head.Service, head.From, head.To, of.Service, of.Size)
	}
	c.report.First = head.From
	if place != nil {
		kept, ok, err := place.Checkpoint(ctx, v, head.Service, of.Epoch)
		if err != nil {
			return c.report, err
		}
		if ok {
			c.lines = append(c.lines, line{place.leaves(kept), min(kept.Size, of.Size)})
		}
	}
	run := &span{}
	read := func(_ context.Context, give func(*es.Record) error) error {
		for lines.Scan() {
			if err := give(&es.Record{Body: lines.Bytes()}); err != nil {
				return err
			}
		}
		return lines.Err()
	}
	err = inOrder(ctx, read, parseLine, func(h *hashed) error {
		if err := c.next(ctx, h); err != nil {
			return err
		}
		if h.Position > head.To {
			return c.altered(h.Position, "the segment goes on after its end, %d", head.To)
		}
		run.add(h.Position-1, h.leaf)
		return nil
	})
	if err != nil {
		return c.report, err
	}
	if c.report.Last < head.To {
		return c.report, c.altered(max(c.report.Last+1, head.From), "the segment ends before it, and says that it goes to %d", head.To)
	}
	root, err := head.root(of.Size, run)
	if err != nil || root != of.Root {
		return c.report, c.altered(0, "one of the positions %d to %d is not what the checkpoint covers, or the hashes in the first line are wrong; which can be told only with the tiles kept outside",
			head.From, head.To)
	}
	c.report.Covered = of
	return c.report, nil
}

// root is the tree hash that the segment and the hashes beside it give.
func (h segmentHead) root(size int64, run *span) (tlog.Hash, error) {
	known := map[node]tlog.Hash{}
	for _, side := range []struct {
		nodes  []node
		hashes []tlog.Hash
	}{{cover(0, h.From-1), h.Before}, {run.nodes, run.hashes}, {cover(h.To, size), h.After}} {
		if len(side.nodes) != len(side.hashes) {
			return tlog.Hash{}, errors.New("another number of hashes beside the segment")
		}
		for i, n := range side.nodes {
			known[n] = side.hashes[i]
		}
	}
	return treeOf(known, 0, size)
}

// An event's line has nine fields with tabs between them: position, stream, version, command, type, time of recording, digest, leaf and
// body; the last three in base64.
func appendLine(line []byte, r *es.Record) []byte {
	line = strconv.AppendInt(line, r.Position, 10)
	line = append(append(line, '\t'), r.Stream.String()...)
	line = strconv.AppendInt(append(line, '\t'), r.Version, 10)
	line = append(append(line, '\t'), r.Command.String()...)
	line = append(append(line, '\t'), r.Type...)
	line = r.RecordedAt.AppendFormat(append(line, '\t'), timeForm)
	for _, raw := range [][]byte{r.Digest[:], r.Leaf[:], r.Body} {
		line = base64.StdEncoding.AppendEncode(append(line, '\t'), raw)
	}
	return append(line, '\n')
}

// parseLine reads the event of a line, which is in its body, and hashes it.
func parseLine(h *hashed) {
	var field [9][]byte
	rest := h.Body
	for i := range field {
		var more bool
		field[i], rest, more = bytes.Cut(rest, []byte{'\t'})
		if more != (i < len(field)-1) {
			h.broken = fmt.Errorf("it has not %d fields", len(field))
			return
		}
	}
	var err [8]error
	h.Position, err[0] = strconv.ParseInt(string(field[0]), 10, 64)
	h.Stream, err[1] = parseUUID(field[1])
	h.Version, err[2] = strconv.ParseInt(string(field[2]), 10, 64)
	h.Command, err[3] = parseUUID(field[3])
	h.Type = string(field[4])
	h.RecordedAt, err[4] = time.Parse(timeForm, string(field[5]))
	h.Record.Digest, err[5] = parseHash(field[6])
	h.Record.Leaf, err[6] = parseHash(field[7])
	n, failed := base64.StdEncoding.Decode(field[8], field[8]) // in place: what is decoded is shorter
	h.Body, err[7] = field[8][:n], failed
	if h.broken = errors.Join(err[:]...); h.broken == nil {
		h.hash()
	}
}

func parseHash(text []byte) (h [tlog.HashSize]byte, err error) {
	if base64.StdEncoding.DecodedLen(len(text)) != len(h)+1 {
		return h, fmt.Errorf("%q is no hash", text)
	}
	var raw [tlog.HashSize + 1]byte
	n, err := base64.StdEncoding.Decode(raw[:], text)
	if err != nil || n != len(h) {
		return h, fmt.Errorf("%q is no hash", text)
	}
	return [tlog.HashSize]byte(raw[:]), nil
}

func parseUUID(text []byte) (u id.UUID, err error) {
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		var digits [32]byte
		copy(digits[:], text[:8])
		copy(digits[8:], text[9:13])
		copy(digits[12:], text[14:18])
		copy(digits[16:], text[19:23])
		copy(digits[20:], text[24:])
		if _, err := hex.Decode(u[:], digits[:]); err == nil {
			return u, nil
		}
	}
	return u, fmt.Errorf("%q is no UUID", text)
}
