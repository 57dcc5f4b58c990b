package es

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/engines"
)

// loadedEvents is the length of the aggregate whose load is measured.
const loadedEvents = 5_000

// BenchmarkLoad measures how long an aggregate of 5,000 events takes to load (aim: under 20 ms): the whole fold, the load from
// its snapshot with as many events after it as there ever are, and a command on it.
//
//	go test ./pkg/es -run '^$' -bench '^BenchmarkLoad$'
func BenchmarkLoad(b *testing.B) {
	owner, address := engines.Clone(b, "es", prepare)
	defer owner.Close()
	_ = address
	l, err := Open(b.Context(), owner, notes(), Options{Service: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	repo := NewRepo[note](l, "note")
	n := newNote()
	// An event of about 400 bytes, which is what a decision or a number of a register has.
	text := strings.Repeat("chữ ", 10)
	for range loadedEvents / 500 {
		if _, err := repo.Execute(b.Context(), n, command(), write(slices.Repeat([]string{text}, 500)...)); err != nil {
			b.Fatal(err)
		}
	}
	load := func(repo *Repo[note, *note]) error {
		a, version, err := repo.Load(b.Context(), n)
		if err == nil && (version < loadedEvents || len(a.Lines) < loadedEvents) {
			err = fmt.Errorf("%d lines at version %d", len(a.Lines), version)
		}
		return err
	}
	measure := func(name string, once func() error) {
		b.Run(name, func(b *testing.B) {
			var all []float64
			for b.Loop() {
				start := time.Now()
				if err := once(); err != nil {
					b.Fatal(err)
				}
				all = append(all, float64(time.Since(start).Microseconds())/1000)
			}
			slices.Sort(all)
			b.ReportMetric(all[len(all)/2], "ms/load(median)")
		})
	}
	measure("whole", func() error {
		_, err := repo.LoadAt(b.Context(), n, loadedEvents) // folds every event
		return err
	})
	kept := func() (version int64) {
		err := owner.QueryRow(b.Context(), "SELECT coalesce(max(version), 0) FROM es.snapshot").Scan(&version)
		if err != nil {
			b.Fatal(err)
		}
		return version
	}
	for kept() < loadedEvents {
		if err := load(repo); err != nil {
			b.Fatal(err)
		}
	}
	// The most that a load ever folds beside the snapshot.
	if _, err := repo.Execute(b.Context(), n, command(), write(slices.Repeat([]string{text}, snapshotEvery-1)...)); err != nil {
		b.Fatal(err)
	}
	measure("from-snapshot", func() error { return load(repo) })
	measure("command", func() error {
		_, err := repo.Execute(b.Context(), n, command(), func(*note, int64) ([]any, error) { return nil, nil })
		return err
	})
	if kept() != loadedEvents {
		b.Errorf("the snapshot is of version %d", kept())
	}
}
