package publication

import (
	"slices"
	"strconv"

	"github.com/loa-vn/loa/pkg/vn"
)

// tailLength is how many characters of a content's identifier a slug ends with.
const tailLength = 8

// Tail is the end of a content's identifier by which its slugs are told from those of other contents. Long is for a content whose short
// tail is another's too.
func Tail(content string, long bool) string {
	if long {
		return content[max(0, len(content)-26):]
	}
	return content[max(0, len(content)-tailLength):]
}

// Slug is the last part of the page's address: the title, a content's tail, and a number where another publication of the same content
// has that slug, since a slug leads to its publication for ever.
func Slug(title, tail string, taken []string) string {
	slug := tail
	if words := vn.Slug(title); words != "" {
		slug = words + "-" + tail
	}
	first := slug
	for n := 2; slices.Contains(taken, slug); n++ {
		slug = first + "-" + strconv.Itoa(n)
	}
	return slug
}
