package find

import (
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/vn"
)

// Piece is a part of a text; a marked one was asked for. The pieces of a text put together are the text.
type Piece struct {
	Text   string
	Marked bool
}

// found is words that stand together in a text, from the first to before the second.
type found struct{ first, end int }

// Mark divides a text into what was asked for and the rest.
func (q Query) Mark(text string) []Piece {
	words := vn.Words(text)
	return pieces(text, 0, len(text), words, q.places(words))
}

// Length of a snippet in characters, about, and how much of it stands before what was found.
const (
	snippetLength = 220
	snippetBefore = 70
)

// Snippet is the part of a text around what was asked for, cut between words and with what was asked for marked; the text's beginning
// when nothing of it is there, which found then says.
func (q Query) Snippet(text string) (snippet []Piece, found bool) {
	words := vn.Words(text)
	places := q.places(words)
	if len(words) == 0 {
		return nil, false
	}
	start, end := 0, len(text)
	if len(places) > 0 {
		start = around(text, words, places[q.best(words, places)].first)
	}
	if n := end - start; n > snippetLength {
		end = start + cut(text[start:], snippetLength)
	}
	list := pieces(text, start, end, words, places)
	if start > 0 {
		list = append([]Piece{{Text: "…"}}, list...)
	}
	if end < len(text) {
		list = append(list, Piece{Text: "…"})
	}
	return list, len(places) > 0
}

// best is the place with most others close behind it, the first of equals.
func (q Query) best(words []vn.Word, places []found) int {
	best, most := 0, 0
	for i := range places {
		n := 0
		for j := i; j < len(places) && words[places[j].end-1].End-words[places[i].first].Start <= snippetLength-snippetBefore; j++ {
			n++
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// around is where a snippet that shows a word begins: at a word some way before it, or at the beginning of its sentence.
func around(text string, words []vn.Word, word int) int {
	start := word
	for start > 0 && utf8.RuneCountInString(text[words[start-1].Start:words[word].Start]) <= snippetBefore {
		between := text[words[start-1].End:words[start].Start]
		if strings.ContainsAny(between, ".!?\n") {
			break
		}
		start--
	}
	if start == 0 {
		return 0
	}
	return words[start].Start
}

// cut is how many bytes of a text hold about limit characters and end with a word.
func cut(text string, limit int) int {
	n := 0
	for i := range text {
		if n == limit {
			if space := strings.LastIndexAny(text[:i], " \n"); space > 0 {
				return space
			}
			return i
		}
		n++
	}
	return len(text)
}

func pieces(text string, start, end int, words []vn.Word, places []found) []Piece {
	var list []Piece
	at := start
	for _, p := range places {
		from, to := words[p.first].Start, words[p.end-1].End
		if from < at || to > end {
			continue
		}
		if from > at {
			list = append(list, Piece{Text: text[at:from]})
		}
		list = append(list, Piece{Text: text[from:to], Marked: true})
		at = to
	}
	if at < end {
		list = append(list, Piece{Text: text[at:end]})
	}
	return list
}

// places are where what was asked for stands in a text: all words together where they are anywhere, with the diacritics that were typed
// where they are anywhere; else each word where it is.
func (q Query) places(words []vn.Word) []found {
	if len(q.words) == 0 {
		return nil
	}
	exact := func(asked, has vn.Word) bool {
		return has.Folded == asked.Folded && (has.Exact == asked.Exact || !q.Exactly && asked.Exact == asked.Folded)
	}
	folded := func(asked, has vn.Word) bool { return has.Folded == asked.Folded }
	matches := []func(asked, has vn.Word) bool{exact, folded}
	if q.Exactly {
		matches = matches[:1]
	}
	for _, match := range matches {
		if list := q.together(words, match); len(list) > 0 {
			return list
		}
	}
	for _, match := range matches {
		if list := q.apart(words, match); len(list) > 0 {
			return list
		}
	}
	return nil
}

func (q Query) together(words []vn.Word, match func(asked, has vn.Word) bool) []found {
	var list []found
	for i := 0; i+len(q.words) <= len(words); i++ {
		all := true
		for j, asked := range q.words {
			if !match(asked, words[i+j]) {
				all = false
				break
			}
		}
		if all {
			list = append(list, found{i, i + len(q.words)})
			i += len(q.words) - 1
		}
	}
	return list
}

func (q Query) apart(words []vn.Word, match func(asked, has vn.Word) bool) []found {
	var list []found
	for i, has := range words {
		for _, asked := range q.words {
			if match(asked, has) {
				list = append(list, found{i, i + 1})
				break
			}
		}
	}
	return list
}

// Meant tells what words typed without diacritics were understood as: the form that they most often have in the texts. It is empty when
// they were typed with diacritics, or stand nowhere together otherwise than they were typed.
func (q Query) Meant(texts []string) string {
	if q.Exactly || q.accented() || q.Empty() {
		return ""
	}
	folded := func(asked, has vn.Word) bool { return has.Folded == asked.Folded }
	counts, best := map[string]int{}, ""
	for _, text := range texts {
		words := vn.Words(text)
		for _, p := range q.together(words, folded) {
			form := strings.ToLower(vn.NFC(text[words[p.first].Start:words[p.end-1].End]))
			counts[form]++
			if counts[form] > counts[best] || counts[form] == counts[best] && form < best {
				best = form
			}
		}
	}
	typed := strings.ToLower(vn.NFC(q.Text))
	if best == "" || vn.Fold(best) == best || best == typed {
		return ""
	}
	return best
}
