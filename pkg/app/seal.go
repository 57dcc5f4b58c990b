package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/proof"

	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

// seals is what the logs of a process are sealed with.
type seals struct {
	signer   *proof.Signer
	verifier *proof.Verifier
	place    *proof.Place
}

// openSeals reads the key and opens the place, when the process has a log.
func (r *runner) openSeals(ctx context.Context) (err error) {
	logs := false
	for _, p := range r.parts {
		logs = logs || p.module.Catalogue != nil
	}
	if !logs {
		return nil
	}
	if r.seals.signer, err = proof.NewSigner(r.Config.CheckpointKey.Reveal()); err != nil {
		return fmt.Errorf("%w: LOA_CHECKPOINT_KEY: %w; loa new-key makes one", ErrConfiguration, err)
	}
	if r.seals.verifier, err = CheckpointVerifier(r.Config); err != nil {
		return err
	}
	r.seals.place, err = OpenCheckpoints(ctx, r.Config)
	return err
}

// OpenCheckpoints opens the place where checkpoints are kept.
func OpenCheckpoints(ctx context.Context, c *config.Config) (*proof.Place, error) {
	if c.Checkpoints == "" {
		return nil, fmt.Errorf("%w: LOA_CHECKPOINTS is not set", ErrConfiguration)
	}
	place, err := proof.OpenPlace(ctx, c.Checkpoints)
	if err != nil {
		return nil, fmt.Errorf("%w: LOA_CHECKPOINTS: %w", ErrConfiguration, err)
	}
	return place, nil
}

// CheckpointVerifier is what checks checkpoints: the public half of the key that signs them, where that is set, and the keys set to
// check them, which are those that signed before or, where nothing is signed, all.
func CheckpointVerifier(c *config.Config) (*proof.Verifier, error) {
	keys := slices.Clone(c.CheckpointVerifier)
	if c.CheckpointKey != "" {
		s, err := proof.NewSigner(c.CheckpointKey.Reveal())
		if err != nil {
			return nil, fmt.Errorf("%w: LOA_CHECKPOINT_KEY: %w", ErrConfiguration, err)
		}
		keys = append([]string{s.Verifier().String()}, keys...)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: LOA_CHECKPOINT_VERIFIER is not set", ErrConfiguration)
	}
	v, err := proof.NewVerifier(keys...)
	if err != nil {
		return nil, fmt.Errorf("%w: LOA_CHECKPOINT_VERIFIER: %w", ErrConfiguration, err)
	}
	return v, nil
}

// prove lets a module with a log serve its checkpoints and proofs.
func (r *runner) prove(p *part) {
	if p.module.Catalogue != nil {
		proofv1.RegisterProofServiceServer(p.server, proof.Server(p.host.Pool, p.module.Name, r.seals.verifier))
	}
}

// seal seals a module's log.
func (r *runner) seal(ctx context.Context, p *part) error {
	return proof.Run(ctx, proof.Deps{
		Service: p.module.Name, Pool: p.host.Pool, Signer: r.seals.signer, Verifier: r.seals.verifier, Place: r.seals.place,
		Every: r.Config.CheckpointEvery, Logger: p.host.Logger,
	})
}
