// Package example loads the example of examples/plan-38 into a running Loa the way its users would: over REST, each act by the person
// whose act it is. Every act has a key of its own, so a load that was cut off goes on where it stopped.
package example

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	plan38 "github.com/loa-vn/loa/examples/plan-38"
	"github.com/loa-vn/loa/pkg/vn"
)

// Options of a load.
type Options struct {
	// BaseURL is where Loa answers.
	BaseURL string
	// Token signs in as a person.
	Token func(ctx context.Context, personID string) (string, error)
	// Now decides which year is the current one.
	Now    time.Time
	Logger *slog.Logger
}

// Load loads the directory, the routes, the registers, both plans, the article of 01/03/2022, items of the current plan in several states, and the
// report of March 2022.
func Load(ctx context.Context, o Options) error {
	l := &loader{client: newClient(o), files: plan38.Files, year: strconv.Itoa(o.Now.In(vn.Location()).Year()), now: o.Now}
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"directory", l.directory},
		{"routes", l.routes},
		{"registers", l.registers},
		{"plans", l.plans},
		{"article of 01/03/2022", l.article},
		{"items of the current plan", l.items},
		{"report of March 2022", l.report},
	}
	for _, s := range steps {
		begun := time.Now()
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		o.Logger.InfoContext(ctx, "example loaded", "part", s.name, "took", time.Since(begun).Round(time.Millisecond))
	}
	return nil
}

type loader struct {
	client  *client
	files   fs.FS
	year    string
	now     time.Time
	plan38  string
	current string
	// items are the ids of the current plan's items by code.
	items38, itemsCurrent map[string]planItem
}

type planItem struct {
	ID    string `json:"id"`
	Code  string `json:"code"`
	Theme string `json:"theme"`
}

func (l *loader) read(name string) ([]byte, error) {
	b, err := fs.ReadFile(l.files, name)
	if err != nil {
		return nil, err
	}
	return []byte(strings.ReplaceAll(string(b), "${YEAR}", l.year)), nil
}

func (l *loader) directory(ctx context.Context) error {
	for _, file := range []struct{ name, path string }{{"agencies.csv", "/v1/agencies:import"}, {"people.csv", "/v1/people:import?example=true"}} {
		body, err := l.read(file.name)
		if err != nil {
			return err
		}
		if err := l.client.send(ctx, "quan.tri", "POST", file.path, "text/csv", body, "example/"+file.name, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) routes(ctx context.Context) error {
	body, err := l.read("routes.json")
	if err != nil {
		return err
	}
	var routes map[string]json.RawMessage
	if err := json.Unmarshal(body, &routes); err != nil {
		return err
	}
	for _, documentType := range slices.Sorted(maps.Keys(routes)) {
		if err := l.client.json(ctx, "quan.tri", "PUT", "/v1/routes/"+documentType, routes[documentType], "example/route/"+documentType, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) plans(ctx context.Context) error {
	for _, p := range []struct {
		file  string
		id    *string
		items *map[string]planItem
	}{{"plan.yaml", &l.plan38, &l.items38}, {"plan-current.yaml", &l.current, &l.itemsCurrent}} {
		body, err := l.read(p.file)
		if err != nil {
			return err
		}
		var plan struct{ ID string }
		if err := l.client.send(ctx, "luu.tru", "POST", "/v1/plans:import", "application/yaml", body, "example/"+p.file, &plan); err != nil {
			return err
		}
		*p.id = plan.ID
		var page struct{ Items []planItem }
		if err := l.client.json(ctx, "luu.tru", "GET", "/v1/plans/"+plan.ID+"/items?pageSize=200", nil, "", &page); err != nil {
			return err
		}
		*p.items = map[string]planItem{}
		for _, item := range page.Items {
			(*p.items)[item.Code] = item
		}
	}
	return nil
}

// article brings in the city's own article, which is real; its words are those of its page.
func (l *loader) article(ctx context.Context) error {
	fields, err := l.read("article.json")
	if err != nil {
		return err
	}
	body, err := l.read("article.md")
	if err != nil {
		return err
	}
	var content map[string]any
	if err := json.Unmarshal(fields, &content); err != nil {
		return err
	}
	item := l.items38["1"]
	content["body"], content["plan"], content["planItem"] = string(body), l.plan38, item.ID
	var imported struct{ ID string }
	if err := l.client.json(ctx, "luu.tru", "POST", "/v1/contents:importPublished", content, "example/article", &imported); err != nil {
		return err
	}
	return l.client.until(ctx, "bt.cong", "/v1/publications?content="+imported.ID, func(answer []byte) bool {
		var page struct{ Publications []struct{ Verified bool } }
		return json.Unmarshal(answer, &page) == nil && len(page.Publications) == 1 && page.Publications[0].Verified
	})
}

// report compiles March 2022 of Plan 38, sends it up its route and waits until it is approved.
func (l *loader) report(ctx context.Context) error {
	var report struct{ ID, State, Hash string }
	period := map[string]string{"plan": l.plan38, "period": "2022-M03"}
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/reports:compile", period, "example/report", &report); err != nil {
		return err
	}
	if err := l.client.json(ctx, "cv.stttt", "POST", "/v1/reports/"+report.ID+":submit", map[string]string{}, "example/report/submit", &report); err != nil {
		return err
	}
	for _, person := range []string{"tp.stttt", "pgd.stttt"} {
		if err := l.approve(ctx, report.ID, person, report.Hash); err != nil {
			return err
		}
	}
	return l.client.until(ctx, "cv.stttt", "/v1/reports/"+report.ID, stateIs("approved"))
}
