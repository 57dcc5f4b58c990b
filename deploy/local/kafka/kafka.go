// Package kafka runs the Kafka protocol on one machine: franz-go's kfake as a broker that keeps its records in a directory.
// Nothing may depend on it: the log of each service is the truth, and the broker's total loss is healed from there.
package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loa-vn/loa/deploy/local/internal/dirlock"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

const host = "127.0.0.1"

// layout names the format of the directory. Another one is set aside, so it is raised when kfake's format changes.
const layout = "kfake 1"

// Options say where the broker keeps its records and how it listens.
type Options struct {
	// DataDir holds the records; a lock file stands beside it. Required.
	DataDir string
	// Port is the loopback port. Zero chooses a free one; a port in use is replaced by a free one unless PortSetting is set.
	Port int
	// PortSetting is the name of the setting that fixed Port, for the error when that port is in use.
	PortSetting string
	// Logger gets what happens at start and stop, and the broker's warnings; nil discards it.
	Logger *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *dirlock.Lock
	port    int
	id      string
	anew    bool
}

// marker is the file version: what wrote the directory, and the cluster's id, by which clients tell a broker that
// was rebuilt from the one they knew.
type marker struct {
	Layout  string `json:"layout"`
	Cluster string `json:"cluster"`
}

// Start returns when the broker listens. A directory that is missing, of another format or unreadable is set aside
// and begun anew. A second broker on the same directory is refused with an error that wraps dirlock's ErrHeld.
func Start(ctx context.Context, options Options) (*Broker, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	directory, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	lock, err := dirlock.Take(directory + ".lock")
	if err != nil {
		return nil, fmt.Errorf("kafka broker: %w", err)
	}
	broker, err := onDirectory(ctx, directory, options, logger)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kafka broker: %w", err), lock.Release())
	}
	broker.lock = lock
	return broker, nil
}

func onDirectory(ctx context.Context, directory string, options Options, logger *slog.Logger) (*Broker, error) {
	port, err := netport.Choose(host, options.Port, options.PortSetting)
	if err != nil {
		return nil, err
	}
	mark, reason, err := readMarker(directory)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		cluster, err := open(ctx, directory, port, mark, logger)
		if err == nil {
			return &Broker{cluster: cluster, port: port, id: mark.Cluster}, nil
		}
		if inUse(err) {
			return nil, err
		}
		reason = err.Error()
	}
	if mark, err = begin(ctx, directory, reason, logger); err != nil {
		return nil, err
	}
	cluster, err := open(ctx, directory, port, mark, logger)
	if err != nil {
		return nil, err
	}
	return &Broker{cluster: cluster, port: port, id: mark.Cluster, anew: true}, nil
}

// open starts the broker on a directory. A topic must be made on purpose, with its right number of partitions, and
// nothing is ever removed for its age: kfake then begins a partition's offsets at 0 again after a restart, and
// consumers would silently miss what follows.
func open(ctx context.Context, directory string, port int, mark marker, logger *slog.Logger) (*kfake.Cluster, error) {
	return kfake.NewCluster(
		kfake.Ports(port),
		kfake.DataDir(filepath.Join(directory, "records")),
		kfake.ClusterID(mark.Cluster),
		kfake.WithLogger(logAdapter{ctx: context.WithoutCancel(ctx), logger: logger}),
		// A consumer that was killed is a ghost in its group until its session ends; clients may ask for a short one.
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"log.retention.bytes":       "-1",
			"offsets.retention.minutes": strconv.Itoa(10 * 365 * 24 * 60),
		}),
	)
}

// readMarker returns the directory's marker, or the reason why the directory cannot be used.
func readMarker(directory string) (marker, string, error) {
	var mark marker
	found, err := keep.ReadJSON(filepath.Join(directory, "version"), &mark)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return marker{}, "", err
	case err != nil:
		return marker{}, err.Error(), nil //nolint:nilerr // What cannot be read is a reason to set it aside, not a failure.
	case !found:
		return marker{}, "its version file is missing", nil
	case mark.Layout != layout || mark.Cluster == "":
		return marker{}, fmt.Sprintf("it was written by %q, and %q is needed", mark.Layout, layout), nil
	default:
		return mark, "", nil
	}
}

// begin makes a new directory, setting an existing one aside unless it is empty.
func begin(ctx context.Context, directory, reason string, logger *slog.Logger) (marker, error) {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return marker{}, err
	}
	if len(entries) > 0 {
		aside, err := keep.SetAside(directory, time.Now())
		if err != nil {
			return marker{}, err
		}
		logger.WarnContext(ctx, "set the Kafka broker's directory aside and began a new one; consumers heal themselves from the logs",
			"reason", reason, "moved_to", aside)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return marker{}, err
	}
	mark := marker{Layout: layout, Cluster: "loa-" + rand.Text()}
	return mark, keep.WriteJSON(filepath.Join(directory, "version"), mark, 0o600)
}

// inUse reports an error of listening, which says nothing about the directory.
func inUse(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation)
}

// Address is the broker's host and port.
func (b *Broker) Address() string { return net.JoinHostPort(host, strconv.Itoa(b.port)) }

// Port is the loopback port the broker listens on.
func (b *Broker) Port() int { return b.port }

// ClusterID changes if and only if the records were lost and the directory begun anew.
func (b *Broker) ClusterID() string { return b.id }

// Anew reports whether this start began with an empty directory.
func (b *Broker) Anew() bool { return b.anew }

// Stop writes what is in memory and gives the directory up.
func (b *Broker) Stop() error {
	b.cluster.Close()
	return b.lock.Release()
}

// logAdapter passes the broker's warnings and errors on. Its information is one line a request.
type logAdapter struct {
	ctx    context.Context //nolint:containedctx // The interface to satisfy has none.
	logger *slog.Logger
}

// Logf is what kfake calls.
func (l logAdapter) Logf(level kfake.LogLevel, format string, arguments ...any) {
	severity := slog.LevelWarn
	switch level {
	case kfake.LogLevelError:
		severity = slog.LevelError
	case kfake.LogLevelWarn:
	default:
		return
	}
	l.logger.Log(l.ctx, severity, "the broker says", "message", fmt.Sprintf(format, arguments...))
}
