package example

import (
	"context"
	"encoding/json"
	"fmt"
)

// registers opens the registers of the issuer of the plans and of their lead agency, each by its clerk: those of 2022 and of the current
// year. They begin after the plans' own numbers, which were given outside Loa.
func (l *loader) registers(ctx context.Context) error {
	body, err := l.read("registers.json")
	if err != nil {
		return err
	}
	var registers []struct {
		Clerk    string
		Register json.RawMessage
	}
	if err := json.Unmarshal(body, &registers); err != nil {
		return err
	}
	for i, r := range registers {
		if err := l.client.json(ctx, r.Clerk, "POST", "/v1/registers", r.Register, fmt.Sprintf("example/register/%d", i+1), nil); err != nil {
			return err
		}
	}
	return nil
}
