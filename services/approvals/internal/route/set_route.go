package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

// Limits of a route.
const (
	LevelsLimit = 10
	NameLimit   = 200 // characters
	TermLimit   = 60  // working days
)

// Roles of the directory that may stand in a level.
func Roles() []string {
	return []string{
		"leader", "deputy", "head", "deputy_head", "head_of_office", "officer", "clerk", "portal_editor", "records_importer", "auditor", "administrator",
	}
}

// Normalise gives the levels with names in NFC, every role once, and the quorum of one where none is said.
func Normalise(levels []Level) []Level {
	out := make([]Level, 0, len(levels))
	for _, l := range levels {
		roles := []string{}
		for _, r := range l.Roles {
			if r = strings.TrimSpace(r); !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
		l.Name, l.Roles, l.Scope = strings.TrimSpace(vn.NFC(l.Name)), roles, strings.TrimSpace(l.Scope)
		out = append(out, l)
	}
	return Sequential(out)
}

// Check names every place of normalised levels that is wrong. known says whether a code is that of an agency.
func Check(levels []Level, known func(agency string) bool) []errs.Field {
	var fields []errs.Field
	add := func(field string, reason errs.Reason, args ...string) {
		fields = append(fields, errs.At(field, reason, args...))
	}
	switch {
	case len(levels) == 0:
		add("levels", errorsv1.Reason_REQUIRED, "field", "levels")
	case len(levels) > LevelsLimit:
		add("levels", errorsv1.Reason_TOO_LONG, "field", "levels", "length", strconv.Itoa(len(levels)), "limit", strconv.Itoa(LevelsLimit))
	}
	for i, l := range levels {
		at := func(part string) string { return fmt.Sprintf("levels[%d].%s", i, part) }
		if l.Name == "" {
			add(at("name"), errorsv1.Reason_REQUIRED, "field", at("name"))
		}
		if n := utf8.RuneCountInString(l.Name); n > NameLimit {
			add(at("name"), errorsv1.Reason_TOO_LONG, "field", at("name"), "length", strconv.Itoa(n), "limit", strconv.Itoa(NameLimit))
		}
		if len(l.Roles) == 0 {
			add(at("roles"), errorsv1.Reason_REQUIRED, "field", at("roles"))
		}
		for _, r := range l.Roles {
			if !slices.Contains(Roles(), r) {
				add(at("roles"), errorsv1.Reason_BAD_FORMAT, "field", at("roles"), "value", r, "expected", strings.Join(Roles(), ", "))
			}
		}
		if !slices.Contains(Quorums(), l.Quorum) {
			add(at("quorum"), errorsv1.Reason_BAD_FORMAT, "field", at("quorum"), "value", string(l.Quorum), "expected", "one, majority, all")
		}
		if l.Term < 0 || l.Term > TermLimit {
			add(at("term"), errorsv1.Reason_BAD_FORMAT, "field", at("term"), "value", strconv.Itoa(l.Term), "expected", "0–"+strconv.Itoa(TermLimit))
		}
		if l.Parallel && i == 0 {
			add(at("parallel"), errorsv1.Reason_BAD_FORMAT, "field", at("parallel"), "value", "true", "expected", "false")
		}
		switch {
		case l.Scope == "":
			add(at("scope"), errorsv1.Reason_REQUIRED, "field", at("scope"))
		case l.Scope == ScopeUnit, l.Scope == ScopeAgency:
		case !known(l.Scope):
			add(at("scope"), errorsv1.Reason_UNKNOWN_AGENCY, "value", l.Scope)
		}
	}
	return fields
}

// Set replaces the levels; the same levels again write nothing.
func (r *Route) Set(t DocumentType, agency string, levels []Level) ([]any, error) {
	same := slices.EqualFunc(r.Levels, levels, func(a, b Level) bool {
		return a.Name == b.Name && a.Scope == b.Scope && slices.Equal(a.Roles, b.Roles) &&
			a.Quorum == b.Quorum && a.Parallel == b.Parallel && a.Term == b.Term
	})
	if same {
		return nil, nil
	}
	return []any{Set{DocumentType: t, Agency: agency, Levels: levels}}, nil
}
