package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func open(t *testing.T, folder string) *blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func read(t *testing.T, s *blob.Store, name string) ([]byte, int64, error) {
	t.Helper()
	r, size, err := s.Open(t.Context(), name)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	return content, size, err
}

func TestAFileIsKeptUnderWhatItHolds(t *testing.T) {
	for name, address := range map[string]string{"folder": filepath.Join(t.TempDir(), "a", "b"), "URL": "file://" + t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address)
			for _, content := range []string{"", "Kế hoạch 38/KH-UBND", strings.Repeat("x", 1<<20)} {
				sum := sha256.Sum256([]byte(content))
				for range 2 { // stored already, it is the same
					got, err := s.Put(t.Context(), strings.NewReader(content), 1<<20)
					if err != nil || got.SHA256 != hex.EncodeToString(sum[:]) || got.Size != int64(len(content)) {
						t.Fatalf("stored as %v, %v", got, err)
					}
				}
				back, size, err := read(t, s, hex.EncodeToString(sum[:]))
				if err != nil || string(back) != content || size != int64(len(content)) {
					t.Errorf("read %d bytes of %d, %v", len(back), size, err)
				}
			}
		})
	}
}

func TestAFolderMustBeAbsolute(t *testing.T) {
	for _, address := range []string{"", "blobs", "./blobs", "file://blobs/x", "file:blobs", "nowhere://x", "%"} {
		if _, err := blob.Open(t.Context(), address); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

func TestTooLargeIsRefusedAndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	_, err := s.Put(t.Context(), strings.NewReader("123456"), 5)
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_TOO_LARGE || e.Args["limit"] != "5 byte" {
		t.Errorf("answered %v", err)
	}
	_, err = s.Put(t.Context(), io.LimitReader(zeros{}, 50<<20+1), 50<<20)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Args["limit"] != "50 MiB" {
		t.Errorf("answered %v", err)
	}
	empty(t, folder)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A caller that goes away in the middle, or whose time is over, leaves nothing under any name.
func TestAnAbandonedUploadLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	gone := errors.New("gone")
	if _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(gone)), 100); !errors.Is(err, gone) {
		t.Errorf("answered %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, strings.NewReader("whole"), 100); !errors.Is(err, context.Canceled) {
		t.Errorf("answered %v", err)
	}
	empty(t, folder)
}

func TestWhatACheckRefusesIsNowhere(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	refused := errors.New("refused")
	_, err := s.PutChecked(t.Context(), strings.NewReader("MZ…"), 100, func(whole io.ReaderAt, size int64) error {
		head := make([]byte, 2)
		if _, err := whole.ReadAt(head, 0); err != nil || string(head) != "MZ" || size != 5 {
			t.Errorf("the check was given %q of %d, %v", head, size, err)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("answered %v", err)
	}
	empty(t, folder)
}

func empty(t *testing.T, folder string) {
	t.Helper()
	if left := files(t, folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func files(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{"", "..", "../../../etc/passwd", strings.Repeat("0", 64), strings.Repeat("A", 64), strings.Repeat("0", 63) + "/"} {
		if _, _, err := s.Open(t.Context(), name); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAlteredBytesAreNotTakenForWhole(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	b, err := s.Put(t.Context(), strings.NewReader("Nội dung đã duyệt"), 100)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, b.SHA256[:2], b.SHA256)
	for _, altered := range []string{"Nội dung đã sửa", "", "Nội dung đã duyệt."} {
		if err := os.WriteFile(path, []byte(altered), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(t, s, b.SHA256); !errors.Is(err, blob.ErrAltered) {
			t.Errorf("%q is read with %v", altered, err)
		}
	}
	// Stored again, a file that lost its bytes has them back.
	if _, err := s.Put(t.Context(), strings.NewReader("Nội dung đã duyệt"), 100); err != nil {
		t.Fatal(err)
	}
	if back, _, err := read(t, s, b.SHA256); err != nil || string(back) != "Nội dung đã duyệt" {
		t.Errorf("read %q, %v", back, err)
	}
}

func TestManyStoreTheSameAtOnce(t *testing.T) {
	folder := t.TempDir()
	content := bytes.Repeat([]byte("hồ sơ "), 50_000)
	var all sync.WaitGroup
	for range 8 {
		s := open(t, folder) // as processes of their own would
		all.Go(func() {
			for range 5 {
				if _, err := s.Put(t.Context(), bytes.NewReader(content), 1<<20); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if left := files(t, folder); len(left) != 1 {
		t.Errorf("there are %v", left)
	}
}

// TestMain plays the process that is killed in TestAKillLeavesNoHalfFile: it stores files of the seed's bytes until it is ended.
func TestMain(m *testing.M) {
	folder := os.Getenv("LOA_TEST_BLOB_WRITER")
	if folder == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	s, err := blob.Open(ctx, folder)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for seed := uint64(os.Getpid()); ; seed += 1 << 32 {
		random := rand.New(rand.NewPCG(seed, 38))
		content := make([]byte, random.IntN(2<<20))
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		if _, err := s.Put(ctx, iotest.HalfReader(bytes.NewReader(content)), 2<<20); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("stored")
	}
}

// Whenever a writer is killed, whatever has a name holds what the name says, and the next store opens and writes.
func TestAKillLeavesNoHalfFile(t *testing.T) {
	folder := t.TempDir()
	for round := range 8 {
		writer := exec.CommandContext(t.Context(), os.Args[0])
		writer.Env = append(os.Environ(), "LOA_TEST_BLOB_WRITER="+folder)
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		// Killed somewhere in the file after the first few: each round lets it print another number of bytes.
		if _, err := io.ReadFull(out, make([]byte, (1+round%4)*len("stored\n"))); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(rand.IntN(9_000)) * time.Microsecond)
		if err := writer.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = writer.Wait()
		s := open(t, folder)
		whole := 0
		for _, path := range files(t, folder) {
			name := filepath.Base(path)
			if strings.HasPrefix(name, ".part-") {
				continue
			}
			if _, _, err := read(t, s, name); err != nil {
				t.Errorf("round %d: %s: %v", round, name, err)
			}
			whole++
		}
		if whole < round+1 {
			t.Errorf("round %d: %d files are there", round, whole)
		}
		if _, err := s.Put(t.Context(), strings.NewReader(fmt.Sprint("sau lần tắt ", round)), 100); err != nil {
			t.Error(err)
		}
	}
}

// What a killed process left unfinished is removed a day later, when the place is opened.
func TestAbandonedPartsAreRemoved(t *testing.T) {
	folder := t.TempDir()
	for name, age := range map[string]time.Duration{".part-old": 25 * time.Hour, ".part-new": time.Hour} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, folder)
	if left := files(t, folder); len(left) != 1 || filepath.Base(left[0]) != ".part-new" {
		t.Errorf("left: %v", left)
	}
}
