// Package plan is one communication plan: what an authority issued (purposes, themes, audiences, channels, items) and how far each
// item has come. A plan is a stream of its own; its text changes only by an amendment.
package plan

import (
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// Prefixes of the identifiers of plans and their items.
const (
	Prefix     = "plan"
	ItemPrefix = "item"
)

// Code names an agency by QĐ 20/2020/QĐ-TTg, such as "H24.02".
type Code string

// ItemID names a plan item: "item_01j…".
type ItemID string

// Day is a day in Asia/Ho_Chi_Minh, YYYY-MM-DD. Days compare as text.
type Day string

// DayOf gives the day of a moment.
func DayOf(at time.Time) Day { return Day(at.In(vn.Location()).Format(time.DateOnly)) }

// Start is the first instant of the day. It is an error for what is no day of the calendar.
func (d Day) Start() (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, string(d), vn.Location())
}

// Document is a plan as it was issued.
type Document struct {
	Number string `json:"number"`
	// Date is the day it was issued.
	Date   Day    `json:"date"`
	Issuer Code   `json:"issuer"`
	Title  string `json:"title"`
	// From and To are the first and the last day it runs, both included.
	From         Day      `json:"from"`
	To           Day      `json:"to"`
	Lead         Code     `json:"lead"`
	Coordinators []Code   `json:"coordinators,omitempty"`
	Purposes     []string `json:"purposes"`
	Themes       []Term   `json:"themes"`
	Audiences    []Term   `json:"audiences"`
	Channels     []Term   `json:"channels"`
	// ReportPeriods are the kinds of periods that are reported: month, quarter, half, year.
	ReportPeriods []string `json:"reportPeriods,omitempty"`
	// Source says where the text comes from.
	Source string `json:"source,omitempty"`
	// Example says that the whole plan is invented; ExampleParts names the parts that are, by their keys in the file.
	Example      bool     `json:"example,omitempty"`
	ExampleParts []string `json:"exampleParts,omitempty"`
	Items        []Item   `json:"items"`
}

// Term is a theme, an audience or a channel of the plan.
type Term struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Example bool   `json:"example,omitempty"`
}

// Item is one line of the plan: what is done, for whom, where, by whom, until when and how much of it.
type Item struct {
	ID ItemID `json:"id"`
	// Code is what the plan's own annex calls it.
	Code         string   `json:"code"`
	Title        string   `json:"title"`
	Theme        string   `json:"theme"`
	Audiences    []string `json:"audiences"`
	Channels     []string `json:"channels"`
	Lead         Code     `json:"lead"`
	Coordinators []Code   `json:"coordinators,omitempty"`
	// Deadline is the last day.
	Deadline Day    `json:"deadline"`
	Target   Target `json:"target"`
	// Example says that the whole item is invented; ExampleParts names the parts that are.
	Example      bool     `json:"example,omitempty"`
	ExampleParts []string `json:"exampleParts,omitempty"`
}

// Target is how much of an item there shall be, in whole units.
type Target struct {
	Quantity int64  `json:"quantity"`
	Unit     string `json:"unit"`
	// CountsPublications says that what Loa publishes under the item counts by itself.
	CountsPublications bool `json:"countsPublications,omitempty"`
	Example            bool `json:"example,omitempty"`
}

// HasExample says whether the item or a part of it is invented.
func (i Item) HasExample() bool { return i.Example || i.Target.Example || len(i.ExampleParts) > 0 }

// HasExample says whether the plan or a part of it is invented.
func (d Document) HasExample() bool {
	if d.Example || len(d.ExampleParts) > 0 {
		return true
	}
	for _, terms := range [][]Term{d.Themes, d.Audiences, d.Channels} {
		for _, t := range terms {
			if t.Example {
				return true
			}
		}
	}
	for _, i := range d.Items {
		if i.HasExample() {
			return true
		}
	}
	return false
}
