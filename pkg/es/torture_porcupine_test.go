package es

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// called and told are what Porcupine sees of an operation, and standing is the state it searches.
type (
	called struct {
		expected int64
		n, after int
	}
	told struct {
		conflict bool
		version  int64
	}
	standing struct {
		version int64
		seen    int // how many saw it so far without changing it
	}
)

// versions is the sequential specification of es.append on one stream, from some version on: an append succeeds if and only if the
// version is the expected one, and whoever is refused is told the version there is. Versions never come again, so that all who saw
// one did before it was left: saying so (after) spares the search from trying their subsets, and rules nothing out.
func versions(from int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return standing{version: from} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(standing), input.(called), output.(told)
			if out.conflict || in.n == 0 {
				return out.version == s.version && out.conflict == (s.version != in.expected), standing{s.version, s.seen + 1}
			}
			return s.version == in.expected && out.version == s.version+int64(in.n) && s.seen == in.after, standing{version: out.version}
		},
	}
}

// windowOf is how many operations Porcupine is given at once: what it remembers grows with their square.
const windowOf = 2000

// checkPorcupine has Porcupine look at every stream's history, cut where it had some version: what led from one version to another
// can be put in order by itself if the whole can. Only checkLinearizable sees the whole at once; this check shares no line with it.
// A search that has not ended within the time is a fault.
func checkPorcupine(t *testing.T, operations []operation, within time.Duration) (checked int) {
	t.Helper()
	deadline := time.Now().Add(within)
	streams := map[int][]operation{}
	for _, o := range operations {
		if o.Outcome != withdrawnOutcome {
			streams[o.Stream] = append(streams[o.Stream], o)
		}
	}
	for stream, history := range streams {
		slices.SortStableFunc(history, func(a, b operation) int { return cmp.Compare(a.Version, b.Version) })
		start, saw := int64(0), []operation(nil)
		for len(history) > 0 {
			n := min(windowOf, len(history))
			for n < len(history) && history[n].Version == history[n-1].Version {
				n++
			}
			all := append(saw, history[:n]...)
			seen := map[int64]int{}
			for _, o := range all {
				if o.Outcome == conflict || o.N == 0 {
					seen[o.Version]++
				}
			}
			var window []porcupine.Operation
			for _, o := range all {
				window = append(window, porcupine.Operation{
					Input: called{o.Expected, o.N, seen[o.Expected]}, Call: o.Start, Output: told{o.Outcome == conflict, o.Version}, Return: o.End,
				})
			}
			end := history[n-1].Version
			if r := porcupine.CheckOperationsTimeout(versions(start), window, max(time.Until(deadline), time.Millisecond)); r != porcupine.Ok {
				t.Errorf("stream %d from version %d to %d, %d operations: Porcupine says %s", stream, start, end, len(window), r)
				break // what follows would fail with it
			}
			saw = nil
			for _, o := range history[:n] { // the next window begins with those too that saw its first version
				if o.Version == end && (o.Outcome == conflict || o.N == 0) {
					saw = append(saw, o)
				}
			}
			checked += n
			history, start = history[n:], end
		}
	}
	return checked
}
