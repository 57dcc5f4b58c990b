package markdown

import (
	"regexp"
	"strings"
)

// What a body may hold, so that reading it stays linear: the parser's time grows with the square of these.
const (
	MaxBrackets = 5_000  // “[”, which may open a link
	MaxEmphasis = 20_000 // “*” and “_”
	MaxNesting  = 50     // quotations and lists opened on one line
)

var containers = regexp.MustCompile(`^(?:[ \t]*(?:>|[-*+][ \t]|[0-9]{1,9}[.)][ \t]))+`)

var container = regexp.MustCompile(`>|[-*+][ \t]|[0-9]{1,9}[.)][ \t]`)

// TooIntricate says that a body goes beyond a limit and is not to be parsed.
func TooIntricate(body string) bool {
	if strings.Count(body, "[") > MaxBrackets || strings.Count(body, "*")+strings.Count(body, "_") > MaxEmphasis {
		return true
	}
	for line := range strings.Lines(body) {
		if len(container.FindAllStringIndex(containers.FindString(line), MaxNesting+1)) > MaxNesting {
			return true
		}
	}
	return false
}
