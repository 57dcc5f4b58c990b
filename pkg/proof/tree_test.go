package proof

import (
	"context"
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func leafOf(i int64) tlog.Hash {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(i))
	return tlog.RecordHash(b[:])
}

// kept holds the levels of the tiles in memory.
type kept struct{ rows [][]tlog.Hash }

func (k kept) row(_ context.Context, level int, first, n int64) ([]tlog.Hash, error) {
	all := k.rows[level/tileHeight]
	if first+n > int64(len(all)) {
		return nil, absentError{level, first, n}
	}
	return all[first : first+n], nil
}

// grown is a tree by this package and by tlog's own storage.
func grown(t interface{ Fatal(...any) }, size int64) (*edge, kept, tlog.HashReader) {
	var plain []tlog.Hash
	theirs := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		all := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			all[i] = plain[x]
		}
		return all, nil
	})
	ours := kept{rows: make([][]tlog.Hash, 4)}
	e := &edge{filled: func(full tile) { ours.rows[full.level+1] = append(ours.rows[full.level+1], full.root()) }}
	for i := range size {
		more, err := tlog.StoredHashesForRecordHash(i, leafOf(i), theirs)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, more...)
		ours.rows[0] = append(ours.rows[0], leafOf(i))
		e.add(leafOf(i))
	}
	return e, ours, theirs
}

// The tree of this package is that of tlog, which is that of RFC 6962: same roots, same proofs, same tiles.
func TestTheTreeIsTlogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.Int64Range(1, 600), rapid.SampledFrom([]int64{255, 256, 257, 511, 512, 65535, 65536, 65537, 66000})).Draw(t, "size")
		n := rapid.Int64Range(0, size-1).Draw(t, "record")
		e, ours, theirs := grown(t, size)
		root, err := tlog.TreeHash(size, theirs)
		if err != nil || e.root() != root || e.size != size {
			t.Fatalf("root %v, %v, %v", e.root(), root, err)
		}
		path, err := tlog.ProveRecord(size, n, reader{t.Context(), ours})
		if err != nil || tlog.CheckRecord(path, size, root, n, leafOf(n)) != nil {
			t.Fatalf("record: %v", err)
		}
		tree, err := tlog.ProveTree(size, n+1, reader{t.Context(), ours})
		older, err2 := tlog.TreeHash(n+1, theirs)
		if err != nil || err2 != nil || tlog.CheckTree(tree, size, root, n+1, older) != nil {
			t.Fatalf("tree: %v %v", err, err2)
		}
		for _, p := range e.partial() {
			raw, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: p.level, N: p.n, W: len(p.hashes)}, theirs)
			if err != nil || string(raw) != string(p.bytes()) {
				t.Fatalf("tile %d/%d: %v", p.level, p.n, err)
			}
		}
	})
}

// A run of leaves and what covers both its sides give the root.
func TestASpanGivesTheRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 700).Draw(t, "size")
		from := rapid.Int64Range(0, size-1).Draw(t, "from")
		to := rapid.Int64Range(from+1, size).Draw(t, "to")
		e, ours, _ := grown(t, size)
		run := &span{}
		for i := from; i < to; i++ {
			run.add(i, leafOf(i))
		}
		head := segmentHead{From: from + 1, To: to}
		for _, side := range []struct {
			lo, hi int64
			into   *[]tlog.Hash
		}{{0, from, &head.Before}, {to, size, &head.After}} {
			for _, n := range cover(side.lo, side.hi) {
				h, err := reader{t.Context(), ours}.ReadHashes([]int64{tlog.StoredHashIndex(n.level, n.n)})
				if err != nil {
					t.Fatal(err)
				}
				*side.into = append(*side.into, h...)
			}
		}
		if root, err := head.root(size, run); err != nil || root != e.root() {
			t.Fatalf("%v %v", root, err)
		}
		run.hashes[0][3] ^= 1
		if root, err := head.root(size, run); err != nil || root == e.root() {
			t.Fatalf("an altered leaf: %v %v", root, err)
		}
	})
}

func TestCheckpointsAreReadAsTheyAreWritten(t *testing.T) {
	private, public, err := NewKey("loa.example/so-thong-tin")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(private)
	if err != nil || s.Verifier().String() != public {
		t.Fatalf("%v, %s is not %s", err, s.Verifier(), public)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Checkpoint{
			Service: rapid.StringMatching(`[a-z]{1,12}`).Draw(t, "service"), Epoch: rapid.IntRange(1, 1<<30).Draw(t, "epoch"),
			After: rapid.Int64Range(0, 1<<40).Draw(t, "after"), Size: rapid.Int64Range(1, 1<<40).Draw(t, "size"),
			Root: leafOf(rapid.Int64().Draw(t, "root")), RecordedAt: timeOf(rapid.Int64Range(0, 4e15).Draw(t, "at")),
		}
		signed, err := s.sign(c)
		if err != nil {
			t.Fatal(err)
		}
		read, err := s.Verifier().Open(signed.Note)
		if err != nil || string(read.Note) != string(signed.Note) || read.body("x") != c.body("x") {
			t.Fatalf("%+v %v", read, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		private, public, err := KeyFromSeed("loa.example", rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := NewSigner(private); err != nil || s.Verifier().String() != public {
			t.Fatalf("%s: %v", public, err)
		}
	})
	for _, name := range []string{"", "a b", "a+b", "a/"} {
		if _, _, err := NewKey(name); err == nil {
			t.Errorf("a key under the name %q", name)
		}
	}
	if _, err := NewSigner(public); err == nil {
		t.Error("a public key to sign with")
	}
}
