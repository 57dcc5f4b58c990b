package approvals

import (
	"context"
	"sync"

	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

// registries remembers the registries that were asked for, so that an order is held against a register of thousands of numbers without
// reading them all: only what came since is read. What is allocated is decided by the log alone.
type registries struct {
	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	epoch    int
	version  int64
	registry register.Registry
}

// registry gives a registry as it stands now.
func (s *server) registry(ctx context.Context, of string) (*register.Registry, error) {
	stream, err := id.Parse(register.RegistryPrefix, of)
	if err != nil {
		return nil, err
	}
	s.remembered.mu.Lock()
	r := s.remembered.known[of]
	s.remembered.mu.Unlock()
	if epoch := s.host.Log.Epoch(); r.epoch != epoch { // of a log that was restored since
		r = remembered{epoch: epoch}
	}
	events, err := s.host.Log.ReadStream(ctx, stream, r.version)
	if err != nil {
		return nil, err
	}
	for _, e := range events { // Apply leaves what the others hold as it is
		r.registry.Apply(e)
		r.version = e.Version
	}
	s.remembered.mu.Lock()
	defer s.remembered.mu.Unlock()
	if s.remembered.known == nil {
		s.remembered.known = map[string]remembered{}
	}
	if before := s.remembered.known[of]; before.epoch != r.epoch || before.version < r.version {
		s.remembered.known[of] = r
	}
	return &r.registry, nil
}
