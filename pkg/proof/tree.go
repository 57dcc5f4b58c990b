package proof

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree is kept in tiles, as C2SP's tlog-tiles has it: a tile holds up to 256 hashes of one of the levels 0, 8, 16 …; from them
// every hash between two such levels follows.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tile is a tile with its hashes: the n-th of its level counted in tiles, where level l holds the tree's level 8 l.
type tile struct {
	level  int
	n      int64
	hashes []tlog.Hash
}

func (t tile) root() tlog.Hash { return peaks(t.hashes)[0] }

func (t tile) bytes() []byte {
	raw := make([]byte, 0, len(t.hashes)*tlog.HashSize)
	for _, h := range t.hashes {
		raw = append(raw, h[:]...)
	}
	return raw
}

// edge is the right edge of a growing tree: at each level of tiles the one that is not full.
type edge struct {
	size   int64
	levels [][]tlog.Hash
	// filled is told each tile once it is full; nil for nobody.
	filled func(tile)
}

// add appends a leaf.
func (e *edge) add(leaf tlog.Hash) {
	e.size++
	n := e.size
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]tlog.Hash, 0, tileWidth))
		}
		e.levels[level] = append(e.levels[level], leaf)
		if len(e.levels[level]) < tileWidth {
			return
		}
		n >>= tileHeight
		full := tile{level, n - 1, e.levels[level]}
		leaf = full.root()
		if e.filled != nil {
			e.filled(full)
			e.levels[level] = make([]tlog.Hash, 0, tileWidth)
		} else {
			e.levels[level] = e.levels[level][:0]
		}
	}
}

// root is the tree's hash.
func (e *edge) root() tlog.Hash {
	var all []tlog.Hash
	for _, row := range slices.Backward(e.levels) {
		all = append(all, peaks(row)...)
	}
	if len(all) == 0 {
		empty, _ := tlog.TreeHash(0, nil) // which reads nothing
		return empty
	}
	h := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		h = tlog.NodeHash(all[i], h)
	}
	return h
}

// partial are the tiles that are not full and not empty.
func (e *edge) partial() []tile {
	var all []tile
	for level, hashes := range e.levels {
		if len(hashes) > 0 {
			all = append(all, tile{level, e.size >> (tileHeight * (level + 1)), hashes})
		}
	}
	return all
}

// peaks are the roots of the perfect trees that a row of hashes makes, the largest first.
func peaks(row []tlog.Hash) []tlog.Hash {
	var all []tlog.Hash
	work := make([]tlog.Hash, 0, tileWidth)
	for len(row) > 0 {
		width := 1 << (bits.Len(uint(len(row))) - 1)
		work = append(work[:0], row[:width]...)
		row = row[width:]
		for ; width > 1; width /= 2 {
			for i := range width / 2 {
				work[i] = tlog.NodeHash(work[2*i], work[2*i+1])
			}
		}
		all = append(all, work[0])
	}
	return all
}

// node is a place in the tree.
type node struct {
	level int
	n     int64
}

// cover splits the leaves from lo up to and without hi into the largest perfect trees.
func cover(lo, hi int64) []node {
	var all []node
	for lo < hi {
		level := bits.Len64(uint64(hi-lo)) - 1
		if lo > 0 {
			level = min(level, bits.TrailingZeros64(uint64(lo)))
		}
		all = append(all, node{level, lo >> level})
		lo += 1 << level
	}
	return all
}

// span is a run of leaves that need not begin at the log's beginning, merged as far as they go.
type span struct {
	nodes  []node
	hashes []tlog.Hash
}

func (s *span) add(index int64, leaf tlog.Hash) {
	at := node{0, index}
	for last := len(s.nodes) - 1; last >= 0 && at.n&1 == 1 && s.nodes[last] == (node{at.level, at.n - 1}); last-- {
		leaf = tlog.NodeHash(s.hashes[last], leaf)
		at = node{at.level + 1, at.n >> 1}
		s.nodes, s.hashes = s.nodes[:last], s.hashes[:last]
	}
	s.nodes, s.hashes = append(s.nodes, at), append(s.hashes, leaf)
}

// treeOf is the tree hash over the leaves from lo up to and without hi, of hashes that cover them.
func treeOf(known map[node]tlog.Hash, lo, hi int64) (tlog.Hash, error) {
	width := hi - lo
	if width&(width-1) == 0 && lo%width == 0 {
		level := bits.TrailingZeros64(uint64(width))
		if h, ok := known[node{level, lo >> level}]; ok {
			return h, nil
		}
	}
	if width <= 1 {
		return tlog.Hash{}, fmt.Errorf("no hash covers position %d", hi)
	}
	middle := lo + 1<<(bits.Len64(uint64(width-1))-1)
	left, err := treeOf(known, lo, middle)
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := treeOf(known, middle, hi)
	return tlog.NodeHash(left, right), err
}

// hashes gives rows of the tree's levels 0, 8, 16 …: n hashes of a level from the first. It is the store of a log.
type hashes interface {
	row(ctx context.Context, level int, first, n int64) ([]tlog.Hash, error)
}

// reader lets tlog read any hash of a tree from its tiles' levels.
type reader struct {
	ctx  context.Context //nolint:containedctx // tlog's interface takes none; a reader lives for one call
	from hashes
}

// ReadHashes gives hashes by their places in tlog's order.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		down := level % tileHeight
		row, err := r.from.row(r.ctx, level-down, n<<down, 1<<down)
		if err != nil {
			return nil, err
		}
		all[i] = peaks(row)[0]
	}
	return all, nil
}
