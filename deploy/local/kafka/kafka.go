// Package kafka runs the Kafka protocol on one machine: franz-go's kfake within this process, or Apache Kafka as its child process,
// each on a directory of its own format. Nothing may depend on it: the log of each service is the truth, and the broker's total loss is
// healed from there.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loa-vn/loa/deploy/local/internal/dirlock"
	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

const host = "127.0.0.1"

// Engine says which program is the broker.
type Engine string

const (
	// Embedded is kfake, within this process. It is the default.
	Embedded Engine = "embedded"
	// Apache is Apache Kafka, a child process on Java 17 or newer.
	Apache Engine = "apache"
)

// Options say where the broker keeps its records and how it listens.
type Options struct {
	// DataDir holds the records; a lock file stands beside it. Required.
	DataDir string
	// Port is the loopback port. Zero chooses a free one; a port in use is replaced by a free one unless PortSetting is set.
	Port int
	// PortSetting is the name of the setting that fixed Port, for the error when that port is in use.
	PortSetting string
	// Engine is Embedded when empty.
	Engine Engine
	// Apache is what only that engine needs.
	Apache ApacheOptions
	// Logger gets what happens at start and stop, and the embedded broker's warnings; nil discards it.
	Logger *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	engine running
	lock   *dirlock.Lock
	port   int
	id     string
	anew   bool
}

// running is a broker of either engine.
type running interface {
	// ended is closed when it ends unasked; nil when it cannot.
	ended() <-chan struct{}
	// pid is that of its own process; 0 when it has none.
	pid() int
	stop(ctx context.Context) error
}

// marker is the file version: what wrote the directory, and the cluster's id, by which clients tell a broker that
// was rebuilt from the one they knew.
type marker struct {
	Layout  string `json:"layout"`
	Cluster string `json:"cluster"`
}

// Start returns when the broker listens. A directory that is missing, of another format or unreadable is set aside
// and begun anew; a process that a killed predecessor left on it is ended first. A second broker on the same directory is refused with
// an error that wraps dirlock's ErrHeld.
func Start(ctx context.Context, options Options) (*Broker, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Engine == "" {
		options.Engine = Embedded
	}
	directory, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	lock, err := dirlock.Take(directory + ".lock")
	if err != nil {
		return nil, fmt.Errorf("kafka broker: %w", err)
	}
	broker, err := onDirectory(ctx, directory, options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kafka broker: %w", err), lock.Release())
	}
	broker.lock = lock
	return broker, nil
}

// errUnusable says that the directory holds what the engine cannot work with.
var errUnusable = errors.New("the broker cannot use its directory")

func onDirectory(ctx context.Context, directory string, options Options) (*Broker, error) {
	var open func(ctx context.Context, port int, mark marker) (running, error)
	var layout, cluster string
	var reason string // why the directory cannot be used
	switch options.Engine {
	case Embedded:
		layout, cluster = embeddedLayout, newEmbeddedCluster()
		open = func(ctx context.Context, port int, mark marker) (running, error) {
			return openEmbedded(ctx, directory, port, mark, options.Logger)
		}
	case Apache:
		program, err := findApache(ctx, options.Apache.Program)
		if err != nil {
			return nil, err
		}
		layout, cluster = apacheLayout, newApacheCluster(options.Apache)
		reason = unformatted(directory)
		open = func(ctx context.Context, port int, mark marker) (running, error) {
			return openApache(ctx, program, directory, port, mark, options.Apache)
		}
	default:
		return nil, netport.Mistake("LOA_KAFKA=%s: the broker is %s or %s", options.Engine, Embedded, Apache)
	}
	// Of whichever engine: the directory may have been the other one's.
	if err := endLeftover(ctx, directory, options.Logger); err != nil {
		return nil, err
	}
	port, err := netport.Choose(host, options.Port, options.PortSetting)
	if err != nil {
		return nil, err
	}
	mark, otherwise, err := readMarker(directory, layout)
	if err != nil {
		return nil, err
	}
	if otherwise != "" {
		reason = otherwise
	}
	if reason == "" {
		engine, err := open(ctx, port, mark)
		if err == nil {
			return &Broker{engine: engine, port: port, id: mark.Cluster}, nil
		}
		if !errors.Is(err, errUnusable) {
			return nil, err
		}
		reason = err.Error()
	}
	mark = marker{Layout: layout, Cluster: cluster}
	if err := begin(ctx, directory, mark, reason, options.Logger); err != nil {
		return nil, err
	}
	engine, err := open(ctx, port, mark)
	if err != nil {
		return nil, err
	}
	return &Broker{engine: engine, port: port, id: mark.Cluster, anew: true}, nil
}

// readMarker returns the directory's marker, or the reason why the directory cannot be used.
func readMarker(directory, layout string) (marker, string, error) {
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
func begin(ctx context.Context, directory string, mark marker, reason string, logger *slog.Logger) error {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		aside, err := keep.SetAside(directory, time.Now())
		if err != nil {
			return err
		}
		logger.WarnContext(ctx, "set the Kafka broker's directory aside and began a new one; consumers heal themselves from the logs",
			"reason", reason, "moved_to", aside)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	return keep.WriteJSON(filepath.Join(directory, "version"), mark, 0o600)
}

// Address is the broker's host and port.
func (b *Broker) Address() string { return net.JoinHostPort(host, strconv.Itoa(b.port)) }

// Port is the loopback port the broker listens on.
func (b *Broker) Port() int { return b.port }

// ClusterID changes if and only if the records were lost and the directory begun anew.
func (b *Broker) ClusterID() string { return b.id }

// Anew reports whether this start began with an empty directory.
func (b *Broker) Anew() bool { return b.anew }

// Pid is the process id of a broker that is a process of its own; 0 for the embedded one.
func (b *Broker) Pid() int { return b.engine.pid() }

// Ended is closed if the broker's process ends, asked or not; nil for the embedded one.
func (b *Broker) Ended() <-chan struct{} { return b.engine.ended() }

// Stop writes what is in memory and gives the directory up. A process that does not end in time is killed, which loses nothing that it
// has acknowledged.
func (b *Broker) Stop(ctx context.Context) error {
	return errors.Join(b.engine.stop(ctx), b.lock.Release())
}
