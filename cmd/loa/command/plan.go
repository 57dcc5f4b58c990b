package command

import (
	"fmt"
	"os"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/services/planning"
)

type planCommand struct {
	Template planTemplateCommand `cmd:"" help:"Write the workbook (XLSX) that a plan is filled in and imported from."`
}

type planTemplateCommand struct {
	Out      string `short:"o" default:"-" help:"The file to write; - is standard output."`
	Agencies string `help:"The directory's file of agencies (CSV), which the drop-downs then offer."`
}

// Run writes the template. It needs no engine: GET /v1/plans:template answers with the agencies of the directory.
func (c planTemplateCommand) Run(e *environment) error {
	var agencies []byte
	if c.Agencies != "" {
		var err error
		if agencies, err = os.ReadFile(c.Agencies); err != nil {
			return fmt.Errorf("%w: %w", app.ErrConfiguration, err)
		}
	}
	out, done, err := e.output(c.Out)
	if err != nil {
		return err
	}
	return done(planning.WriteTemplate(out, agencies))
}
