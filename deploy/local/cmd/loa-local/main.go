// Command loa-local is Loa on one machine: the server, and the engines it stands on, in one data directory.
package main

import (
	"os"

	"github.com/loa-vn/loa/cmd/loa/command"
	"github.com/loa-vn/loa/services"
)

func main() {
	l := &local{}
	os.Exit(command.Main(os.Args[1:], command.Program{
		Name: "loa-local", Modules: services.All(), Engines: l.engines, Ready: l.loadExample, Extra: l, Bind: []any{l},
	}))
}
