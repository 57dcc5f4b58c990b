package plantable

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// names finds agencies by what offices call them.
type names struct {
	all   []Agency
	words [][]string // of each name, folded
}

func index(agencies []Agency) names {
	n := names{all: agencies}
	for _, a := range agencies {
		n.words = append(n.words, strings.Fields(key(a.Name)))
	}
	return n
}

// groups are the phrases that mean every agency of a kind, and those that mean nobody in particular.
var (
	everyDistrict   = regexp.MustCompile(`^(ubnd|uy ban nhan dan)? ?cac (quan|huyen|dia phuong)`)
	everyDepartment = regexp.MustCompile(`^cac so`)
	someone         = regexp.MustCompile(`^(va )?(cac )?(co quan|don vi|to chuc|ban nganh|nganh|doan the|dia phuong|co quan don vi|doi tuong)\b.*lien quan`)
)

// find says which agencies a text names. Sure is one that is named by its code, its name or its abbreviation; a name that is cut short
// and can only be one is a guess. None: nothing was recognised; several without group: it may be each of them.
func (n names) find(text string) (found []plan.Code, sure, group bool) {
	if c, _, ok := strings.Cut(text, " "); ok || c != "" {
		c = strings.ToUpper(strings.Trim(c, "()[]:—–-,;"))
		if slices.ContainsFunc(n.all, func(a Agency) bool { return string(a.Code) == c }) {
			return []plan.Code{plan.Code(c)}, true, false
		}
	}
	k := key(text)
	if k == "" {
		return nil, false, false
	}
	switch {
	case everyDistrict.MatchString(k):
		return n.ofKind("district"), false, true
	case everyDepartment.MatchString(k):
		return n.ofKind("department"), false, true
	}
	var whole, begun, short []plan.Code
	tokens := strings.Fields(k)
	for i, a := range n.all {
		left, ok := rest(tokens, n.words[i])
		switch {
		case ok && left == 0:
			whole = append(whole, a.Code)
		case ok:
			begun = append(begun, a.Code)
		}
		if a.Abbreviation != "" && key(a.Abbreviation) == strings.Join(tokens, "") {
			short = append(short, a.Code)
		}
	}
	switch {
	case len(whole) > 0:
		return whole, len(whole) == 1, false
	case len(short) > 0:
		return short, len(short) == 1, false
	default:
		return begun, false, false
	}
}

func (n names) ofKind(kind string) []plan.Code {
	var out []plan.Code
	for _, a := range n.all {
		if a.Kind == kind {
			out = append(out, a.Code)
		}
	}
	return out
}

// rest says how many words of a name are left when tokens have been matched from its start: each token is the next word, or the first
// letters of the next words ("TTTT", "UBND", "TP"). Small words such as "và" may be left out between.
func rest(tokens, words []string) (left int, ok bool) {
	if len(tokens) == 0 {
		return len(words), true
	}
	if len(words) == 0 {
		return 0, false
	}
	if tokens[0] == words[0] {
		if left, ok := rest(tokens[1:], words[1:]); ok {
			return left, true
		}
	}
	if small(words[0]) {
		if left, ok := rest(tokens, words[1:]); ok {
			return left, true
		}
	}
	if n, ok := initials(tokens[0], words); ok {
		return rest(tokens[1:], words[n:])
	}
	return 0, false
}

// initials says how many words a token of first letters covers.
func initials(token string, words []string) (covered int, ok bool) {
	if len(token) > 8 || len(token) == 1 && !(len(words) > 0 && words[0] == token) && len(token) < 2 {
		return 0, false
	}
	at := 0
	for _, letter := range []byte(token) {
		for at < len(words) && small(words[at]) && words[at][0] != letter {
			at++
		}
		if at >= len(words) || words[at][0] != letter {
			return 0, false
		}
		at++
	}
	return at, true
}

func small(word string) bool { return word == "va" }

// partition cuts a cell that may name several agencies into the parts that each name one. Names hold "và" and never a comma.
func (n names) partition(cell string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(cell, func(c rune) bool { return c == ';' || c == '\n' }) {
		if everyDistrict.MatchString(key(part)) || someone.MatchString(key(part)) {
			out = append(out, strings.TrimSpace(part))
			continue
		}
		for _, piece := range commaParts(part) {
			out = append(out, n.divide(piece)...)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// commaParts cuts at commas, but leaves "các sở, ban, ngành" and what follows it together.
func commaParts(s string) []string {
	var out []string
	for piece := range strings.SplitSeq(s, ",") {
		piece = strings.Trim(piece, " -–+•.")
		if len(out) > 0 && (everyDepartment.MatchString(key(out[len(out)-1])) || openEnded(out[len(out)-1])) && len(strings.Fields(piece)) <= 6 && !strings.HasPrefix(key(piece), "so ") {
			out[len(out)-1] += ", " + piece
			continue
		}
		out = append(out, piece)
	}
	return out
}

func openEnded(s string) bool {
	k := key(s)
	return strings.HasPrefix(k, "cac co quan") || strings.HasPrefix(k, "cac don vi")
}

// divide cuts at "và" when the whole is no name and both sides are.
func (n names) divide(s string) []string {
	if found, _, _ := n.find(s); len(found) > 0 || strings.Count(s, " và ") > 5 {
		return []string{s}
	}
	for at := 0; ; {
		i := strings.Index(s[at:], " và ")
		if i < 0 {
			return []string{s}
		}
		before, after := s[:at+i], s[at+i+len(" và "):]
		if found, _, _ := n.find(before); len(found) > 0 {
			return append([]string{before}, n.divide(after)...)
		}
		at += i + len(" và ")
	}
}
