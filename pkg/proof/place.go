package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///…
	"gocloud.dev/gcerrors"
	"golang.org/x/mod/sumdb/tlog"
)

// Place is where checkpoints and leaves are kept outside the database. Files are only added; one that is there is never written
// again. It is safe for concurrent use. Under <service>/<epoch>/ it has
//
//	checkpoint/000/001/234/567   the signed note of size 1,234,567
//	tile/<level>/<n>[.p/<width>] the hashes of the tree (C2SP tlog-tiles)
type Place struct {
	bucket *blob.Bucket
	folder string // of a place that is one on this machine, else ""
}

// OpenPlace opens a place by its URL: file:///var/lib/loa/checkpoints. The folder is made when it is missing.
func OpenPlace(ctx context.Context, address string) (*Place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no URL", address)
	}
	p := &Place{}
	if u.Scheme == "file" {
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return nil, fmt.Errorf("%q names no absolute folder: it is like file:///var/lib/loa/checkpoints", address)
		}
		p.folder = filepath.Clean(u.Path)
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("metadata", "skip")
		u.RawQuery = q.Encode()
	}
	p.bucket, err = blob.OpenBucket(ctx, u.String())
	return p, err
}

// Close ends it.
func (p *Place) Close() error { return p.bucket.Close() }

// conflictError says that a file is there with other bytes.
type conflictError struct{ key string }

func (c conflictError) Error() string { return c.key + " is kept already, with other bytes" }

// write adds a file and returns when it is on disk. The same bytes may be there already.
func (p *Place) write(ctx context.Context, key string, content []byte) error {
	var err error
	if p.folder != "" {
		err = p.writeFile(filepath.Join(p.folder, filepath.FromSlash(key)), content)
	} else {
		err = p.bucket.WriteAll(ctx, key, content, &blob.WriterOptions{IfNotExist: true, ContentType: "application/octet-stream"})
	}
	if !errors.Is(err, fs.ErrExist) && gcerrors.Code(err) != gcerrors.FailedPrecondition {
		return err
	}
	there, found, err := p.read(ctx, key)
	if err == nil && (!found || !bytes.Equal(there, content)) {
		return conflictError{key}
	}
	return err
}

// writeFile adds a file to a folder of this machine. The library's own way would leave an empty one behind when the power fails, and
// an empty checkpoint is an alarm: here a file gets its name when it is on disk.
func (p *Place) writeFile(path string, content []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	named := os.Link(f.Name(), path) // which never replaces a file
	for ; len(folder) >= len(p.folder); folder = filepath.Dir(folder) {
		d, err := os.Open(folder)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return named
}

func (p *Place) read(ctx context.Context, key string) (content []byte, found bool, err error) {
	content, err = p.bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, false, nil
	}
	return content, err == nil, err
}

// listTries is how often a folder is listed again when a file in it was given its name meanwhile: the library then fails to find the
// one it began with.
const listTries = 10

// names are the folders, or the files, directly below one.
func (p *Place) names(ctx context.Context, folder string) (all []string, err error) {
	for range listTries {
		if all, err = p.list(ctx, folder); gcerrors.Code(err) != gcerrors.NotFound {
			break
		}
	}
	return all, err
}

func (p *Place) list(ctx context.Context, folder string) ([]string, error) {
	var all []string
	list := p.bucket.List(&blob.ListOptions{Prefix: folder, Delimiter: "/"})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(o.Key, folder), "/"))
	}
}

func lineKey(service string, epoch int) string { return service + "/" + strconv.Itoa(epoch) + "/" }

// noteKey is where the checkpoint of a size is; a folder has at most a thousand names.
func noteKey(service string, epoch int, size int64) string {
	digits := fmt.Sprintf("%012d", size)
	n := len(digits)
	return lineKey(service, epoch) + "checkpoint/" + digits[:n-9] + "/" + digits[n-9:n-6] + "/" + digits[n-6:n-3] + "/" + digits[n-3:]
}

// tileKey is C2SP's: tlog's path without the height, which is always 8.
func tileKey(service string, epoch int, t tlog.Tile) string {
	return lineKey(service, epoch) + "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

func (t tile) key(service string, epoch int) string {
	return tileKey(service, epoch, tlog.Tile{H: tileHeight, L: t.level, N: t.n, W: len(t.hashes)})
}

// latest is the size of the largest checkpoint of an epoch, 0 when there is none.
func (p *Place) latest(ctx context.Context, service string, epoch int) (int64, error) {
	folder, digits := lineKey(service, epoch)+"checkpoint/", ""
	for level := range 4 {
		names, err := p.names(ctx, folder)
		if err != nil {
			return 0, err
		}
		largest := ""
		for _, name := range names {
			if _, err := strconv.ParseUint(name, 10, 32); err == nil && (len(name) == 3 || level == 0 && len(name) > 3) && larger(name, largest) {
				largest = name
			}
		}
		if largest == "" {
			return 0, nil
		}
		digits += largest
		folder += largest + "/"
	}
	return strconv.ParseInt(digits, 10, 64)
}

func larger(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// epochsOf lists the epochs of a service of which something is kept, in order.
func (p *Place) epochsOf(ctx context.Context, service string) ([]int, error) {
	names, err := p.names(ctx, service+"/")
	if err != nil {
		return nil, err
	}
	largest := 0
	there := map[int]bool{}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n > 0 {
			there[n] = true
			largest = max(largest, n)
		}
	}
	var all []int
	for n := 1; n <= largest; n++ {
		if there[n] {
			all = append(all, n)
		}
	}
	return all, nil
}

// Checkpoint is the last checkpoint kept of an epoch of a service's log; not ok when there is none. Its signature is checked.
func (p *Place) Checkpoint(ctx context.Context, v *Verifier, service string, epoch int) (c Checkpoint, ok bool, err error) {
	size, err := p.latest(ctx, service, epoch)
	if err != nil || size == 0 {
		return c, false, err
	}
	c, ok, err = p.checkpointAt(ctx, v, service, epoch, size)
	if err == nil && !ok {
		err = fmt.Errorf("%s went away while it was read", noteKey(service, epoch, size))
	}
	return c, ok, err
}

func (p *Place) checkpointAt(ctx context.Context, v *Verifier, service string, epoch int, size int64) (c Checkpoint, ok bool, err error) {
	raw, ok, err := p.read(ctx, noteKey(service, epoch, size))
	if err != nil || !ok {
		return c, false, err
	}
	c, err = v.Open(raw)
	if err != nil {
		return c, false, &AlteredError{Service: service, Why: fmt.Sprintf("%s: %v", noteKey(service, epoch, size), err)}
	}
	if c.Service != service || c.Epoch != epoch || c.Size != size {
		return c, false, &AlteredError{Service: service, Why: fmt.Sprintf("%s is the checkpoint of %s, epoch %d, size %d", noteKey(service, epoch, size), c.Service, c.Epoch, c.Size)}
	}
	return c, true, nil
}

// leaves reads the leaves that a checkpoint covers from its tiles, each held against the checkpoint's root before it is given.
type leaves struct {
	place *Place
	of    Checkpoint
	// parents holds tiles above level 0, which are read again and again.
	parents map[tlog.Tile][]byte

	ctx   context.Context //nolint:containedctx // tlog's interface takes none; it is that of the call of at
	first int64
	held  []tlog.Hash
}

// leavesAtOnce is how many leaves are read together.
const leavesAtOnce = 16 * tileWidth

func (p *Place) leaves(of Checkpoint) *leaves {
	return &leaves{place: p, of: of, parents: map[tlog.Tile][]byte{}}
}

// at gives the leaf of a position, from 1 to the checkpoint's size.
func (l *leaves) at(ctx context.Context, position int64) (tlog.Hash, error) {
	index := position - 1
	if index < l.first || index >= l.first+int64(len(l.held)) {
		first := index - index%leavesAtOnce
		n := min(leavesAtOnce, l.of.Size-first)
		indexes := make([]int64, n)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		l.ctx = ctx
		held, err := tlog.TileHashReader(tlog.Tree{N: l.of.Size, Hash: l.of.Root}, l).ReadHashes(indexes)
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("the tiles of %s do not bear out its checkpoint of size %d: %w", lineKey(l.of.Service, l.of.Epoch), l.of.Size, err)
		}
		l.first, l.held = first, held
	}
	return l.held[index-l.first], nil
}

// Height is tlog's.
func (l *leaves) Height() int { return tileHeight }

// ReadTiles reads what tlog asks for; a tile that was partial may be full by now.
func (l *leaves) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		if raw, ok := l.parents[t]; ok {
			all[i] = raw
			continue
		}
		raw, found, err := l.place.read(l.ctx, tileKey(l.of.Service, l.of.Epoch, t))
		if err == nil && !found && t.W < tileWidth {
			full := t
			full.W = tileWidth
			raw, found, err = l.place.read(l.ctx, tileKey(l.of.Service, l.of.Epoch, full))
			raw = raw[:min(len(raw), t.W*tlog.HashSize)]
		}
		if err != nil {
			return nil, err
		}
		if !found || len(raw) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is not kept", tileKey(l.of.Service, l.of.Epoch, t))
		}
		all[i] = raw
	}
	return all, nil
}

// SaveTiles is told the tiles that were held against the root.
func (l *leaves) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, t := range tiles {
		if t.L > 0 {
			l.parents[t] = data[i]
		}
	}
}
