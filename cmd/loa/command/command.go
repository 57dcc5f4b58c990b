// Package command is the command line that loa and loa-local share: one file per subcommand. Exit codes: 0 done, 1 failed, 2 wrong
// usage or configuration.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/telemetry"
)

// Version is set when the program is built.
var Version = "unknown" //nolint:gochecknoglobals // the linker can set nothing else

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Program is what a main makes of the shared commands.
type Program struct {
	Name    string
	Modules []app.Module
	// Engines makes the engines' settings known before a command that needs them: it finds the ones that run or starts them. Nil when
	// they come from the environment alone.
	Engines func(ctx context.Context, c *config.Config, logger *slog.Logger, need Need) (Engines, error)
	// Ready runs once every module has started, before the process calls itself ready; nil for nothing.
	Ready func(ctx context.Context, c *config.Config, logger *slog.Logger) error
	// Extra holds the program's own settings and subcommands, a pointer to a struct with kong's tags; nil for none.
	Extra any
	// Bind gives the extra subcommands what they ask for by type.
	Bind []any
}

// Engines are what a command stands on.
type Engines struct {
	// Stop ends what was started for the command; nil for nothing.
	Stop func()
	// Failed receives an error when an engine has ended unasked; nil when they are somebody else's.
	Failed <-chan error
}

// Need says what a command wants of the engines.
type Need int

// What commands need.
const (
	// NeedAll: the command is the server.
	NeedAll Need = iota
	// NeedDatabases: it works on the databases; a running server may go on.
	NeedDatabases
	// NeedServices: it calls the services of a running server.
	NeedServices
)

// line is the whole command line.
type line struct {
	config.Config `embed:""`

	Run       runCommand           `cmd:"" default:"withargs" help:"Run the target (the default)."`
	Modules   modulesCommand       `cmd:"" help:"List the modules, which are the targets."`
	Settings  configCommand        `cmd:"" name:"config" help:"Show the settings."`
	Migrate   migrateCommand       `cmd:"" help:"Create or bring up to date every module's database."`
	Topics    topicsCommand        `cmd:"" help:"Create the topics and check their partitions."`
	Version   versionCommand       `cmd:"" help:"Print the version."`
	Replay    replayCommand        `cmd:"" help:"Build a read model anew from the log and swap it in."`
	Log       logCommand           `cmd:"" help:"The event logs."`
	Reconcile logsReconcileCommand `cmd:"" help:"List what consumers and Kafka have seen that the logs have not, after a restore or a promotion."`
	DLQ       dlqCommand           `cmd:"" name:"dlq" help:"Events that were parked because they could not be handled."`
	Erase     eraseCommand         `cmd:"" help:"Delete a person's key for ever: what was kept of them can never be read again."`
	Keys      keysCommand          `cmd:"" help:"The keys of people."`
	Workflows workflowsCommand     `cmd:"" help:"The workflows."`
	Verify    verifyCommand        `cmd:"" help:"Check that logs, exports and proofs are what was sealed: exit code 1 when something was altered."`
	Export    exportCommand        `cmd:"" help:"Write a part of a log with what proves it, to be checked anywhere."`
	Plan      planCommand          `cmd:"" help:"The communication plans."`
	NewKey    newKeyCommand        `cmd:"" help:"Make the key that signs the checkpoints of the logs."`
}

// environment is what a command runs in.
type environment struct {
	program Program
	config  *config.Config
	out     io.Writer
	errors  io.Writer
	// failed is that of the engines, once start has run.
	failed <-chan error
}

// Main runs the command line and returns the exit code.
func Main(args []string, p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cli := &line{}
	options := []kong.Option{
		kong.Name(p.Name), kong.Description("Loa takes a communication plan to publication and to the report."),
		kong.Exit(func(int) {}), kong.Writers(os.Stdout, os.Stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}
	if p.Extra != nil {
		options = append(options, kong.Embed(p.Extra))
	}
	parser, err := kong.New(cli, options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, p.Name+":", err)
		return exitFailed
	}
	for _, a := range args {
		if a == "--help" || a == "-h" {
			_, _ = parser.Parse(args)
			return exitDone
		}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\nSee: %s --help\n", p.Name, withoutValue(err), p.Name)
		return exitUsage
	}
	structs := []any{cli.Config}
	if p.Extra != nil {
		structs = append(structs, p.Extra)
	}
	if unknown := config.UnknownEnvironment(structs...); len(unknown) > 0 {
		fmt.Fprintf(os.Stderr, "%s: unknown setting in the environment: %s. See: %s config --print\n", p.Name, strings.Join(unknown, ", "), p.Name)
		return exitUsage
	}
	if err := cli.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		return exitUsage
	}
	env := &environment{program: p, config: &cli.Config, out: os.Stdout, errors: os.Stderr}
	bound := append([]any{env, &cli.Config}, p.Bind...)
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(bound...)
	return exitCode(p.Name, err)
}

// withoutValue is a parse error without the value that kong repeats of an environment variable: it may be a secret.
func withoutValue(err error) string {
	return regexp.MustCompile(`\(from envar (\w+)="(?:[^"\\]|\\.)*"\)`).ReplaceAllString(err.Error(), "(from $1)")
}

func exitCode(name string, err error) int {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return exitDone
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		if errors.Is(err, app.ErrConfiguration) {
			return exitUsage
		}
		return exitFailed
	}
}

// start sets up telemetry and the engines' settings; stop undoes both.
func (e *environment) start(ctx context.Context, need Need) (*slog.Logger, func(), error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(e.config.LogLevel)); err != nil {
		return nil, nil, fmt.Errorf("%w: LOA_LOG_LEVEL: %w", app.ErrConfiguration, err)
	}
	exports := telemetry.Exports{Traces: config.Exporting("TRACES"), Metrics: config.Exporting("METRICS"), Logs: config.Exporting("LOGS")}
	logger, flush, err := telemetry.Start(ctx, Version, e.errors, level, exports)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", app.ErrConfiguration, err)
	}
	stops := []func(){func() {
		// The command's context has ended by now, and what is pending is worth a moment.
		flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.config.StopTimeout/4)
		defer cancel()
		if err := flush(flushing); err != nil {
			logger.WarnContext(flushing, "telemetry was not flushed", "error", err)
		}
	}}
	if e.program.Engines != nil {
		engines, err := e.program.Engines(ctx, e.config, logger, need)
		if err != nil {
			stops[0]()
			return nil, nil, err
		}
		e.failed = engines.Failed
		if engines.Stop != nil {
			stops = append(stops, engines.Stop)
		}
	}
	return logger, func() {
		for _, stop := range slices.Backward(stops) {
			stop()
		}
	}, nil
}

// module finds a module by its name.
func (e *environment) module(name string) (app.Module, error) {
	names := make([]string, 0, len(e.program.Modules))
	for _, m := range e.program.Modules {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return app.Module{}, fmt.Errorf("%w: no module %q; there are %s", app.ErrConfiguration, name, strings.Join(names, ", "))
}
