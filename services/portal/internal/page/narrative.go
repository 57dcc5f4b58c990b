package page

import "strings"

// Narrative is one section of a report that people wrote, in Vietnamese: a line is a paragraph, lines that begin with "- " are a list.
type Narrative struct{ Name, Text string }

// narrativePart is a paragraph, or a list when it has entries.
type narrativePart struct {
	paragraph string
	entries   []string
}

func (n Narrative) parts() []narrativePart {
	var parts []narrativePart
	for line := range strings.SplitSeq(n.Text, "\n") {
		entry, listed := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
		case !listed:
			parts = append(parts, narrativePart{paragraph: line})
		case len(parts) > 0 && parts[len(parts)-1].entries != nil:
			parts[len(parts)-1].entries = append(parts[len(parts)-1].entries, entry)
		default:
			parts = append(parts, narrativePart{entries: []string{entry}})
		}
	}
	return parts
}
