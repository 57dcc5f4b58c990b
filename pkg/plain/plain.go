// Package plain reads plain text that people write for a document and for a page: a line is a paragraph, and lines that begin with "- " are
// a list. Whoever shows such text reads it by this one rule.
package plain

import "strings"

// Part is a paragraph, or a list when it has entries.
type Part struct {
	Paragraph string
	Entries   []string
}

// Parts reads a text whose line ends are "\n". Empty lines are passed over.
func Parts(text string) []Part {
	var parts []Part
	for line := range strings.SplitSeq(text, "\n") {
		entry, listed := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
		case !listed:
			parts = append(parts, Part{Paragraph: line})
		case len(parts) > 0 && len(parts[len(parts)-1].Entries) > 0:
			last := &parts[len(parts)-1]
			last.Entries = append(last.Entries, strings.TrimSpace(entry))
		default:
			parts = append(parts, Part{Entries: []string{strings.TrimSpace(entry)}})
		}
	}
	return parts
}
