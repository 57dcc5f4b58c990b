// Command loa is Loa's server: every service, the gateway, the portal and the worker, as many of them in one process as --target
// names, and the operator's commands.
package main

import (
	"os"

	"github.com/loa-vn/loa/cmd/loa/command"
	"github.com/loa-vn/loa/services"
)

func main() {
	os.Exit(command.Main(os.Args[1:], command.Program{Name: "loa", Modules: services.All()}))
}
