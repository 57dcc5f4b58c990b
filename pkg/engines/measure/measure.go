// Package measure runs the variants of a benchmark in turns and compares them with the first. It throws away by itself what it measured
// while other programs used the machine.
package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Run says how a benchmark is measured.
type Run struct {
	// Rounds is how many count; each runs every variant once, and figures are medians of them.
	Rounds int
	// Busy is the part of all CPUs that programs not started by this one may use; a round with more is made again.
	Busy float64
}

// Variant is one way to do the same thing.
type Variant struct {
	Name string
	// Measure does it for one round.
	Measure func(b *testing.B) Figures
}

// Figures are what one round of a variant gave.
type Figures struct {
	// Rate is how much was done a second.
	Rate float64
	// P50 and P99 are how long one took; zero where that was not measured.
	P50, P99 time.Duration
	// Count is how many were done, with which Interleave gives the CPU time of one; zero leaves it out.
	Count int

	cpu time.Duration // of one, in this process and all that it started
}

// Interleave measures the variants in turns and prints a line for each: medians, and the ratio to every baseline, which is the median
// of the ratios within each round. The first variants, as many as baselines says, are the baselines.
func (r Run) Interleave(b *testing.B, unit string, baselines int, variants ...Variant) [][]Figures {
	b.Helper()
	b.ReportMetric(0, "ns/op") // of all of it together: it would mean nothing
	results := make([][]Figures, len(variants))
	discarded, most := 0, 3*r.Rounds
	began, fsyncs := time.Now(), []float64{}
	for len(results[0]) < r.Rounds {
		r.quiet(b)
		fsyncs = append(fsyncs, FsyncRate(b))
		others := Others(b)
		var round []Figures
		for _, v := range variants {
			used := family(b)
			f := v.Measure(b)
			if f.Count > 0 {
				f.cpu = time.Duration((family(b) - used) * float64(tick) / float64(f.Count))
			}
			round = append(round, f)
		}
		if share := others(); share > r.Busy {
			if discarded++; discarded > most {
				b.Fatalf("discarded: other programs used %.0f %% of the CPUs during the last of %d rounds; try again on a quiet machine, or allow more by -busy",
					100*share, discarded)
			}
			b.Logf("a round is discarded: other programs used %.0f %% of the CPUs", 100*share)
			continue
		}
		for i, f := range round {
			results[i] = append(results[i], f)
		}
	}
	b.Logf("%s: medians of %d rounds in %.0f s, %d discarded; fsyncs a second %.0f (%.0f to %.0f)", b.Name(), r.Rounds, time.Since(began).Seconds(),
		discarded, Median(fsyncs), slices.Min(fsyncs), slices.Max(fsyncs))
	for i, v := range variants {
		b.Log(line(v.Name, unit, results[i], results[:baselines], variants))
	}
	return results
}

func line(name, unit string, mine []Figures, baselines [][]Figures, variants []Variant) string {
	var rates, p50, p99, cpu []float64
	for _, f := range mine {
		rates, p50, p99 = append(rates, f.Rate), append(p50, milliseconds(f.P50)), append(p99, milliseconds(f.P99))
		cpu = append(cpu, float64(f.cpu.Nanoseconds())/1000)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "| %-34s | %9.0f %s/s", name, Median(rates), unit)
	if Median(p50) > 0 {
		fmt.Fprintf(&text, " | p50 %7.2f ms, p99 %7.2f ms", Median(p50), Median(p99))
	}
	if Median(cpu) > 0 {
		fmt.Fprintf(&text, " | CPU %.0f µs each", Median(cpu))
	}
	for i, base := range baselines {
		var ratio, tail []float64
		for r := range mine {
			ratio = append(ratio, mine[r].Rate/base[r].Rate)
			if base[r].P99 > 0 {
				tail = append(tail, float64(mine[r].P99)/float64(base[r].P99))
			}
		}
		fmt.Fprintf(&text, " | %.2f× %s (%.2f to %.2f)", Median(ratio), variants[i].Name, slices.Min(ratio), slices.Max(ratio))
		if len(tail) > 0 && Median(tail) > 0 {
			fmt.Fprintf(&text, ", p99 %.2f×", Median(tail))
		}
	}
	text.WriteString(" |")
	return text.String()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Callers has n goroutines call f over and over for a while, after a few calls that do not count.
func Callers(b *testing.B, n int, long time.Duration, f func(b *testing.B) error) Figures {
	b.Helper()
	for range 20 {
		if err := f(b); err != nil {
			b.Fatal(err)
		}
	}
	var mu sync.Mutex
	var all []time.Duration
	var calling sync.WaitGroup
	start := time.Now()
	for range n {
		calling.Go(func() {
			var mine []time.Duration
			for time.Since(start) < long {
				s := time.Now()
				if err := f(b); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(s))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	calling.Wait()
	return Of(b, all, time.Since(start))
}

// Of gives the figures of calls that took so long, made within a time.
func Of(b *testing.B, all []time.Duration, within time.Duration) Figures {
	b.Helper()
	if len(all) == 0 {
		b.Fatal("nothing was done")
	}
	slices.Sort(all)
	return Figures{Rate: float64(len(all)) / within.Seconds(), P50: all[len(all)/2], P99: all[len(all)*99/100], Count: len(all)}
}

// Median of figures; of an even number the greater of the middle two.
func Median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
}

// FsyncRate writes and syncs pages for half a second where the engines of tests keep their data, in the folder for temporary files, and
// gives how many a second.
func FsyncRate(b *testing.B) float64 {
	b.Helper()
	f, err := os.CreateTemp(b.TempDir(), "fsync")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 8192)
	n, start := 0, time.Now()
	for time.Since(start) < time.Second/2 {
		if _, err := f.WriteAt(page, 0); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds()
}

// quiet waits until the machine is, or ends the benchmark: figures of a busy machine mean nothing.
func (r Run) quiet(b *testing.B) {
	b.Helper()
	var share float64
	for range 60 {
		others := Others(b)
		<-time.After(500 * time.Millisecond)
		if share = others(); share <= r.Busy {
			return
		}
	}
	b.Fatalf("discarded: other programs use %.0f %% of the CPUs; try again on a quiet machine, or allow more by -busy", 100*share)
}

// Others begins to watch; the function it gives says what part of all CPUs was used meanwhile by processes that are neither this one
// nor descend from it.
func Others(b *testing.B) func() (share float64) {
	b.Helper()
	busy, all := machine(b)
	mine := family(b)
	return func() float64 {
		busyNow, allNow := machine(b)
		return max(0, (busyNow-busy)-(family(b)-mine)) / max(allNow-all, 1)
	}
}

// tick is what /proc counts CPU time in: USER_HZ, which is 100 on every Linux that Go runs on.
const tick = time.Second / 100

// machine gives the time that all CPUs were busy, and all their time, in ticks.
func machine(b *testing.B) (busy, all float64) {
	b.Helper()
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		b.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	for i, word := range strings.Fields(first)[1:9] {
		var n float64
		if _, err := fmt.Sscan(word, &n); err != nil {
			b.Fatal(err)
		}
		all += n
		if i != 3 && i != 4 { // idle, waiting for a disk
			busy += n
		}
	}
	return busy, all
}

// family gives the CPU time of this process, its living descendants, and the dead ones that those have waited for, in ticks.
func family(b *testing.B) float64 {
	b.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	type process struct {
		parent int
		used   float64
	}
	processes := map[int]process{}
	for _, f := range found {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		var pid int
		if _, err := fmt.Sscan(string(raw), &pid); err != nil {
			b.Fatal(err)
		}
		// After the name in brackets, which may hold anything: state, parent, …; from the twelfth on user, system, children's two.
		words := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		var p process
		if _, err := fmt.Sscan(words[1], &p.parent); err != nil {
			b.Fatal(err)
		}
		for _, w := range words[11:15] {
			var n float64
			if _, err := fmt.Sscan(w, &n); err != nil {
				b.Fatal(err)
			}
			p.used += n
		}
		processes[pid] = p
	}
	sum := 0.0
	for pid, p := range processes {
		for at, ok := pid, true; ok; at = processes[at].parent {
			if at == os.Getpid() {
				sum += p.used
				break
			}
			_, ok = processes[at]
		}
	}
	return sum
}
