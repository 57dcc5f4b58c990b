package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The kinds of a Change.
const (
	Added      = "added"
	Removed    = "removed"
	ChangedWas = "changed"
)

// Change is one difference between a plan and what it is to be. Field is the JSON name of what changed; empty for an item that was
// added or removed.
type Change struct {
	Kind      string `json:"kind"`
	Item      ItemID `json:"item,omitempty"`
	ItemCode  string `json:"itemCode,omitempty"`
	ItemTitle string `json:"itemTitle,omitempty"`
	Field     string `json:"field,omitempty"`
	Before    string `json:"before,omitempty"`
	After     string `json:"after,omitempty"`
}

// Difference lists what changes from one document to another: the plan's own fields in the order of its outline, then its items, those
// that stay in the new order, then the removed ones. Words of a list (themes, audiences, channels, purposes) are told one by one.
func Difference(before, after Document) []Change {
	var c changes
	c.text("title", before.Title, after.Title)
	c.text("issuer", string(before.Issuer), string(after.Issuer))
	c.text("from", string(before.From), string(after.From))
	c.text("to", string(before.To), string(after.To))
	c.text("lead", string(before.Lead), string(after.Lead))
	c.list("coordinators", plain(before.Coordinators), plain(after.Coordinators))
	c.list("purposes", before.Purposes, after.Purposes)
	c.terms("themes", before.Themes, after.Themes)
	c.terms("audiences", before.Audiences, after.Audiences)
	c.terms("channels", before.Channels, after.Channels)
	c.list("reportPeriods", before.ReportPeriods, after.ReportPeriods)
	c.text("source", before.Source, after.Source)
	c.text("example", flag(before.Example), flag(after.Example))
	was := byID(before.Items)
	is := byID(after.Items)
	for _, item := range after.Items {
		c.of = item
		if old, ok := was[item.ID]; ok {
			c.item(old, item)
		} else {
			c.add(Change{Kind: Added, After: item.text()})
		}
	}
	for _, item := range before.Items {
		if _, ok := is[item.ID]; !ok {
			c.of = item
			c.add(Change{Kind: Removed, Before: item.text()})
		}
	}
	return c.found
}

// changes gathers what differs; of is the item that is being compared, if one is.
type changes struct {
	of    Item
	found []Change
}

func (c *changes) add(change Change) {
	change.Item, change.ItemCode, change.ItemTitle = c.of.ID, c.of.Code, c.of.Title
	c.found = append(c.found, change)
}

func (c *changes) text(field, before, after string) {
	if before != after {
		c.add(Change{Kind: ChangedWas, Field: field, Before: before, After: after})
	}
}

// list tells which entries went and which came; when only the order changed, the whole.
func (c *changes) list(field string, before, after []string) {
	if slices.Equal(before, after) {
		return
	}
	told := len(c.found)
	for _, b := range before {
		if !slices.Contains(after, b) {
			c.add(Change{Kind: Removed, Field: field, Before: b})
		}
	}
	for _, a := range after {
		if !slices.Contains(before, a) {
			c.add(Change{Kind: Added, Field: field, After: a})
		}
	}
	if len(c.found) == told {
		c.text(field, strings.Join(before, "; "), strings.Join(after, "; "))
	}
}

func (c *changes) terms(field string, before, after []Term) {
	old := map[string]Term{}
	for _, t := range before {
		old[t.Code] = t
	}
	kept := map[string]bool{}
	for _, t := range after {
		kept[t.Code] = true
		switch was, ok := old[t.Code]; {
		case !ok:
			c.add(Change{Kind: Added, Field: field, After: t.text()})
		case was != t:
			c.add(Change{Kind: ChangedWas, Field: field, Before: was.text(), After: t.text()})
		}
	}
	for _, t := range before {
		if !kept[t.Code] {
			c.add(Change{Kind: Removed, Field: field, Before: t.text()})
		}
	}
}

func (c *changes) item(before, after Item) {
	c.text("code", before.Code, after.Code)
	c.text("title", before.Title, after.Title)
	c.text("theme", before.Theme, after.Theme)
	c.text("audiences", strings.Join(before.Audiences, ", "), strings.Join(after.Audiences, ", "))
	c.text("channels", strings.Join(before.Channels, ", "), strings.Join(after.Channels, ", "))
	c.text("lead", string(before.Lead), string(after.Lead))
	c.text("coordinators", strings.Join(plain(before.Coordinators), ", "), strings.Join(plain(after.Coordinators), ", "))
	c.text("deadline", string(before.Deadline), string(after.Deadline))
	c.text("target.quantity", strconv.FormatInt(before.Target.Quantity, 10), strconv.FormatInt(after.Target.Quantity, 10))
	c.text("target.unit", before.Target.Unit, after.Target.Unit)
	c.text("target.countsPublications", flag(before.Target.CountsPublications), flag(after.Target.CountsPublications))
	c.text("example", flag(before.HasExample()), flag(after.HasExample()))
}

// text says in one line what an item is.
func (i Item) text() string {
	return fmt.Sprintf("%s. %s (%s; %s; %d %s)", i.Code, i.Title, i.Lead, i.Deadline, i.Target.Quantity, i.Target.Unit)
}

func (t Term) text() string {
	if t.Example {
		return t.Code + ": " + t.Name + " (example)"
	}
	return t.Code + ": " + t.Name
}

func byID(items []Item) map[ItemID]Item {
	out := make(map[ItemID]Item, len(items))
	for _, i := range items {
		out[i.ID] = i
	}
	return out
}

func plain[T ~string](list []T) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

func flag(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}
