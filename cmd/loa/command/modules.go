package command

import (
	"context"
	"fmt"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/config"
)

type modulesCommand struct{}

// Run lists the modules.
func (modulesCommand) Run(e *environment) error {
	for _, m := range e.program.Modules {
		fmt.Fprintln(e.out, m.Name)
	}
	return nil
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(e *environment) error {
	fmt.Fprintln(e.out, Version)
	return nil
}

type configCommand struct {
	Print bool `help:"Print every setting with its value, secrets hidden." required:""`
}

// Run prints the settings in the form the environment takes them.
func (configCommand) Run(e *environment) error {
	structs := []any{e.config}
	if e.program.Extra != nil {
		structs = append(structs, e.program.Extra)
	}
	for _, s := range config.Settings(structs...) {
		fmt.Fprintf(e.out, "# %s\n%s=%s\n", s.Help, s.Name, s.Value)
	}
	return nil
}

type topicsCommand struct{}

// Run creates what is missing and refuses another number of partitions.
func (topicsCommand) Run(ctx context.Context, e *environment) error {
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	var topics []string
	for _, m := range e.program.Modules {
		if m.Publish != nil {
			topics = append(topics, bus.Topic(m.Name))
		}
	}
	if err := kafka.EnsureTopics(ctx, e.config.KafkaBrokers, topics, bus.Partitions); err != nil {
		return err
	}
	for _, t := range topics {
		fmt.Fprintf(e.out, "%s %d partitions\n", t, bus.Partitions)
	}
	return nil
}
