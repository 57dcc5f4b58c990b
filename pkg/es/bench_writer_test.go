package es

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines/measure"
)

var benchAddress = flag.String("bench.writer", "", "run as a writer process of BenchmarkAppend on this database")

// benchWriters are processes that append to one log, each with a committer of its own.
type benchWriters []benchWriter

type benchWriter struct {
	in  io.Writer
	out *bufio.Reader
}

// turn is what a writer process is told for one round; it answers with how long every call took.
type turn struct {
	Callers int
	For     time.Duration
}

func startBenchWriters(b *testing.B, address string, n int) (all benchWriters) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for range n {
		cmd := exec.CommandContext(b.Context(), exe, "-bench.writer", address)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			_ = in.Close() // it ends with its input, or has ended
			_ = cmd.Wait()
		})
		all = append(all, benchWriter{in, bufio.NewReader(out)})
	}
	return all
}

// measure has the writers append at the same time, the callers shared out among them.
func (all benchWriters) measure(b *testing.B, callers int) measure.Figures {
	b.Helper()
	answers := make([][]time.Duration, len(all))
	var working sync.WaitGroup
	for i, w := range all {
		working.Go(func() {
			text, err := json.Marshal(turn{max(1, (callers+i)/len(all)), *roundFor})
			if err == nil {
				_, err = w.in.Write(append(text, '\n'))
			}
			if err == nil {
				text, err = w.out.ReadBytes('\n')
			}
			if err == nil {
				err = json.Unmarshal(text, &answers[i])
			}
			if err != nil {
				b.Errorf("a writer process: %v", err)
			}
		})
	}
	working.Wait()
	return measure.Of(b, slices.Concat(answers...), *roundFor)
}

// benchWriterMain is such a process. It ends with its input.
func benchWriterMain(address string) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return err
	}
	defer pool.Close()
	l, err := Open(ctx, pool, notes(), Options{Service: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer l.Close()
	once := benchAppend(l)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var t turn
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return err
		}
		calls := make([][]time.Duration, t.Callers)
		failures := make([]error, t.Callers)
		var calling sync.WaitGroup
		for i := range calls {
			calling.Go(func() {
				for start := time.Now(); time.Since(start) < t.For && failures[i] == nil; {
					s := time.Now()
					failures[i] = once(ctx)
					calls[i] = append(calls[i], time.Since(s))
				}
			})
		}
		calling.Wait()
		for _, err := range failures {
			if err != nil {
				return err
			}
		}
		text, err := json.Marshal(slices.Concat(calls...))
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	return nil
}
