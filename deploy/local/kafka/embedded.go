package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// embeddedLayout names the format of the directory. Another one is set aside, so it is raised when kfake's format changes.
const embeddedLayout = "kfake 1"

// embedded is kfake within this process.
type embedded struct {
	cluster *kfake.Cluster
	wrong   *misbehaviour
}

func newEmbeddedCluster() string { return "loa-" + rand.Text() }

// openEmbedded starts the broker on a directory. A topic must be made on purpose, with its right number of partitions, and
// nothing is ever removed for its age: kfake then begins a partition's offsets at 0 again after a restart, and
// consumers would silently miss what follows.
func openEmbedded(ctx context.Context, directory string, port int, mark marker, logger *slog.Logger) (running, error) {
	cluster, err := kfake.NewCluster(
		kfake.Ports(port),
		kfake.DataDir(filepath.Join(directory, "records")),
		kfake.ClusterID(mark.Cluster),
		kfake.WithLogger(logAdapter{ctx: context.WithoutCancel(ctx), logger: logger}),
		// A consumer that was killed is a ghost in its group until its session ends; clients may ask for a short one.
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"log.retention.bytes":       "-1",
			"offsets.retention.minutes": strconv.Itoa(tenYears),
		}),
	)
	var listening *net.OpError // it says nothing about the directory
	switch {
	case err == nil:
		return embedded{cluster, newMisbehaviour(cluster)}, nil
	case errors.As(err, &listening):
		return nil, err
	default:
		return nil, fmt.Errorf("%w: %w", errUnusable, err)
	}
}

// tenYears in minutes is how long a group's offsets are kept.
const tenYears = 10 * 365 * 24 * 60

func (embedded) ended() <-chan struct{} { return nil }
func (embedded) pid() int               { return 0 }

func (e embedded) stop(context.Context) error {
	e.cluster.Close()
	return nil
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
