package main

import (
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"

	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/proof"
)

// checkpointName is the name under which this machine signs the checkpoints of its logs.
const checkpointName = "loa.local"

// seal sets the key of the checkpoints, made of the data directory's secret, and where they are kept: in the data directory, beside
// the databases. The key that checks them lies there too, for whoever is to have it.
func (l *local) seal(c *config.Config, secret string) error {
	if c.CheckpointKey == "" {
		seed, err := hex.DecodeString(secret)
		if err != nil {
			return err
		}
		private, public, err := proof.KeyFromSeed(checkpointName, seed)
		if err != nil {
			return err
		}
		c.CheckpointKey = config.Secret(private)
		file := filepath.Join(l.Data, "checkpoint.vkey")
		if there, err := os.ReadFile(file); err != nil || string(there) != public+"\n" {
			if err := keep.Write(file, []byte(public+"\n"), 0o644); err != nil {
				return err
			}
		}
	}
	if c.Checkpoints == "" {
		folder, err := filepath.Abs(filepath.Join(l.Data, "checkpoints"))
		if err != nil {
			return err
		}
		c.Checkpoints = (&url.URL{Scheme: "file", Path: folder}).String()
	}
	return nil
}
