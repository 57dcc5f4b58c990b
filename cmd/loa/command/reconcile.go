package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/bus/order"
	"github.com/loa-vn/loa/pkg/es"
)

type logsReconcileCommand struct {
	Accept   bool   `help:"Let the named consumer go on: what it did about events of the named source that are lost stands."`
	Reason   string `help:"Why, for the record; needed with --accept."`
	Every    bool   `help:"List every lost event, not the first ones only."`
	Consumer string `arg:"" optional:"" help:"One consumer, as listed."`
	Source   string `arg:"" optional:"" help:"One source of it."`
}

// listed is how many lost events of a source or a consumer are listed unless all are asked for.
const listed = 40

// Run lists what consumers and Kafka have seen that the logs have not, or accepts it for one consumer.
func (c logsReconcileCommand) Run(ctx context.Context, e *environment) error {
	if c.Accept && (c.Consumer == "" || c.Source == "" || c.Reason == "") {
		return fmt.Errorf("%w: --accept needs a consumer, a source and a --reason", app.ErrConfiguration)
	}
	logger, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	r := &reconciliation{environment: e, command: c, logger: logger, owners: map[string]*pgx.Conn{}, logs: map[string]es.Lineage{}}
	defer r.close(ctx)
	if err := r.read(ctx); err != nil {
		return err
	}
	if c.Accept {
		return r.accept(ctx)
	}
	return r.list(ctx)
}

// reconciliation is one look at all databases, as their owner.
type reconciliation struct {
	*environment
	command logsReconcileCommand
	logger  *slog.Logger
	owners  map[string]*pgx.Conn // by module
	logs    map[string]es.Lineage
	// ahead are the marks beyond their source's log, by the module whose consumer it is.
	ahead map[string][]bus.Ahead
}

func (r *reconciliation) close(ctx context.Context) {
	for _, conn := range r.owners {
		_ = conn.Close(context.WithoutCancel(ctx)) // it was read only, or its transactions have ended
	}
}

// read takes the marks first and then the logs, so that no mark is judged by a log older than itself.
func (r *reconciliation) read(ctx context.Context) error {
	marks := map[string][]bus.Standing{}
	for _, m := range r.program.Modules {
		if !m.Database {
			continue
		}
		dsn, err := app.OwnerURL(r.config, m)
		if err != nil {
			return err
		}
		if r.owners[m.Name], err = pgx.Connect(ctx, dsn); err != nil {
			return fmt.Errorf("the database of %s: %w", m.Name, err)
		}
		if marks[m.Name], err = bus.Standings(ctx, r.owners[m.Name]); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	for _, m := range r.program.Modules {
		if m.Catalogue == nil {
			continue
		}
		lineage, err := es.ReadLineage(ctx, r.owners[m.Name])
		if err != nil {
			return fmt.Errorf("the log of %s: %w", m.Name, err)
		}
		r.logs[m.Name] = lineage
	}
	logs := map[string]bus.SourceLog{}
	for name, l := range r.logs {
		logs[name] = sourceLog(l)
	}
	r.ahead = map[string][]bus.Ahead{}
	for name, standing := range marks {
		r.ahead[name] = slices.DeleteFunc(bus.Beyond(standing, logs), func(a bus.Ahead) bool {
			return r.command.Consumer != "" && a.Consumer != r.command.Consumer || r.command.Source != "" && a.Source != r.command.Source
		})
	}
	return nil
}

func sourceLog(l es.Lineage) bus.SourceLog {
	log := bus.SourceLog{Last: l.Last}
	for _, e := range l.Epochs {
		log.Lineage = append(log.Lineage, order.Epoch{Epoch: e.Epoch, After: e.After})
	}
	return log
}

func (r *reconciliation) accept(ctx context.Context) error {
	accepted := 0
	for _, m := range r.program.Modules {
		ahead := r.ahead[m.Name]
		if len(ahead) == 0 {
			continue
		}
		if !r.logs[r.command.Source].Open {
			return fmt.Errorf("the log of %s is closed: adopt it first (loa log adopt %[1]s --reason …)", r.command.Source)
		}
		if err := bus.Accept(ctx, r.owners[m.Name], ahead, r.command.Reason); err != nil {
			return err
		}
		for _, a := range ahead {
			fmt.Fprintf(r.out, "%s goes on in %s/%d after %d.%d; it had seen %d.%d\n", a.Consumer, a.Source, a.Partition, a.KeptEpoch, a.Kept, a.Epoch, a.Position)
		}
		accepted += len(ahead)
	}
	if accepted == 0 {
		return fmt.Errorf("%s has seen nothing of %s that the log has not", r.command.Consumer, r.command.Source)
	}
	return nil
}

func (r *reconciliation) list(ctx context.Context) error {
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOG\tEPOCH\tBEGAN AFTER\tLAST\tSTATE")
	for _, m := range r.program.Modules {
		l, ok := r.logs[m.Name]
		if !ok || len(l.Epochs) == 0 {
			continue
		}
		state := "open"
		if !l.Open {
			state = "closed: restored or promoted; loa log adopt " + m.Name + " --reason …"
		}
		current := l.Epochs[len(l.Epochs)-1]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\n", m.Name, current.Epoch, current.After, l.Last, state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	lost, err := r.lost(ctx)
	if err != nil {
		r.logger.WarnContext(ctx, "Kafka does not tell which events were lost; their places alone are known", "error", err)
	}
	found := false
	for _, m := range r.program.Modules {
		for _, a := range r.ahead[m.Name] {
			found = true
			if err := r.consumer(ctx, m, a, lost[a.Source]); err != nil {
				return err
			}
		}
	}
	for _, m := range r.program.Modules {
		if of := lost[m.Name]; len(of) > 0 && r.command.Consumer == "" {
			found = true
			r.broker(m.Name, of)
		}
	}
	if !found {
		fmt.Fprintln(r.out, "\nNobody has seen what the logs have not.")
	}
	return nil
}

// lost asks Kafka for the events that logs have lost, of the sources where there may be any.
func (r *reconciliation) lost(ctx context.Context) (map[string][]bus.Message, error) {
	client, err := kafka.NewClient(r.config.KafkaBrokers, r.logger)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	lost := map[string][]bus.Message{}
	for name, l := range r.logs {
		if len(l.Epochs) < 2 && l.Open && !slices.ContainsFunc(r.allAhead(), func(a bus.Ahead) bool { return a.Source == name }) {
			continue
		}
		since, err := r.since(ctx, name)
		if err != nil {
			return lost, err
		}
		scanning, cancel := context.WithTimeout(ctx, 2*time.Minute)
		lost[name], err = bus.LostIn(scanning, client, name, since, func(ctx context.Context) (bus.SourceLog, error) {
			lineage, err := es.ReadLineage(ctx, r.owners[name])
			return sourceLog(lineage), err
		})
		cancel()
		if err != nil {
			return lost, err
		}
	}
	return lost, nil
}

func (r *reconciliation) allAhead() (all []bus.Ahead) {
	for _, a := range r.ahead {
		all = append(all, a...)
	}
	return all
}

// since is before anything that the log of a source may have lost was written.
func (r *reconciliation) since(ctx context.Context, source string) (since time.Time, err error) {
	l := r.logs[source]
	after := l.Last
	for _, e := range l.Epochs[1:] {
		after = min(after, e.After)
	}
	err = r.owners[source].QueryRow(ctx, `SELECT recorded_at - interval '1 minute' FROM es.event WHERE position = $1`, after).Scan(&since)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	return since, err
}

// consumer lists what one mark has seen and what its service recorded because of it.
func (r *reconciliation) consumer(ctx context.Context, m app.Module, a bus.Ahead, lost []bus.Message) error {
	fmt.Fprintf(r.out, "\n%s has seen %d.%d of %s (partition %d), on %s; the log has no more than %d.%d in common with it\n",
		a.Consumer, a.Epoch, a.Position, a.Source, a.Partition, a.MovedAt.UTC().Format(time.RFC3339), a.KeptEpoch, a.Kept)
	seen := slices.DeleteFunc(slices.Clone(lost), func(l bus.Message) bool {
		return l.Partition != a.Partition || l.Epoch > a.Epoch || l.Position <= a.Kept || l.Position > a.Position
	})
	effects, err := r.effects(ctx, m, seen)
	if err != nil {
		return err
	}
	if len(seen) == 0 {
		fmt.Fprintf(r.out, "  Kafka does not hold these events any more: their places are above %d and up to %d\n", a.Kept, a.Position)
	}
	for i, l := range seen {
		if i == listed && !r.command.Every {
			fmt.Fprintf(r.out, "  … and %d more: --every\n", len(seen)-listed)
			break
		}
		fmt.Fprintf(r.out, "  %d.%d %s %s event %s\n", l.Epoch, l.Position, l.Type, l.Key, l.ID)
		for _, effect := range effects[l.ID] {
			fmt.Fprintf(r.out, "      → %s\n", effect)
		}
		if len(effects[l.ID]) == 0 {
			fmt.Fprintf(r.out, "      → no event of %s; docs/recovery.md tells what else %s keeps\n", m.Name, a.Consumer)
		}
	}
	if r.logs[a.Source].Open {
		fmt.Fprintf(r.out, "  it has stopped; to let it go on: loa reconcile --accept %s %s --reason …\n", a.Consumer, a.Source)
	}
	return nil
}

// effects are the events in a service's own log that lost events have caused, by the lost event's id.
func (r *reconciliation) effects(ctx context.Context, m app.Module, seen []bus.Message) (map[string][]string, error) {
	if m.Catalogue == nil || len(seen) == 0 {
		return nil, nil
	}
	var ids []string
	since := seen[0].RecordedAt
	for _, l := range seen {
		ids = append(ids, l.ID)
		if l.RecordedAt.Before(since) {
			since = l.RecordedAt
		}
	}
	rows, err := r.owners[m.Name].Query(ctx, `SELECT e.position, e.type, b->>'aggregate', b->>'causation'
		FROM es.event e, LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb) AS x(b)
		WHERE e.position > es.position_at($1) AND b->>'causation' = ANY ($2) ORDER BY e.position`, since.Add(-time.Minute), ids)
	if err != nil {
		return nil, err
	}
	effects := map[string][]string{}
	var position int64
	var kind, aggregate, cause string
	_, err = pgx.ForEachRow(rows, []any{&position, &kind, &aggregate, &cause}, func() error {
		effects[cause] = append(effects[cause], fmt.Sprintf("%s %s at %s %d.%d", kind, aggregate, m.Name, r.logs[m.Name].Of(position), position))
		return nil
	})
	return effects, err
}

// broker lists what Kafka holds of a log that the log does not.
func (r *reconciliation) broker(source string, lost []bus.Message) {
	fmt.Fprintf(r.out, "\nKafka holds %d events of %s that its log has lost; consumers that have not seen them pass over them\n", len(lost), source)
	for i, l := range lost {
		if i == listed && !r.command.Every {
			fmt.Fprintf(r.out, "  … and %d more: --every\n", len(lost)-listed)
			return
		}
		fmt.Fprintf(r.out, "  %d.%d %s %s event %s\n", l.Epoch, l.Position, l.Type, l.Key, l.ID)
	}
}

// seenEpoch is the latest epoch of a log that its consumers or Kafka have seen. Of two restores from one backup, the second must not
// take the number of the first.
func (e *environment) seenEpoch(ctx context.Context, source string, logger *slog.Logger) (int, error) {
	latest := 0
	for _, m := range e.program.Modules {
		if !m.Database {
			continue
		}
		dsn, err := app.OwnerURL(e.config, m)
		if err != nil {
			return 0, err
		}
		db, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return 0, fmt.Errorf("the database of %s: %w", m.Name, err)
		}
		marks, err := bus.Standings(ctx, db)
		if closing := db.Close(ctx); err == nil {
			err = closing
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", m.Name, err)
		}
		for _, s := range marks {
			if s.Source == source {
				latest = max(latest, s.Epoch)
			}
		}
	}
	client, err := kafka.NewClient(e.config.KafkaBrokers, logger)
	if err != nil {
		return latest, err
	}
	defer client.Close()
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// A broker that is away, or has lost its data, has nothing left that could be mistaken.
	published, err := bus.LatestEpoch(asking, client, source)
	if err != nil {
		logger.WarnContext(ctx, "Kafka does not tell which epochs it has seen; the consumers' marks do", "source", source, "error", err)
	}
	return max(latest, published), nil
}
