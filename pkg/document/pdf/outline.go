package pdf

import (
	"fmt"
	"strconv"
	"strings"
)

// bookmark leads to a heading.
type bookmark struct {
	level int
	title string
	page  ref
	y     int // from the page's foot
}

// writeOutline writes the bookmarks as a tree (ISO 32000-1, 12.3.3) and gives the catalogue's entries for it.
func (d *doc) writeOutline() string {
	if len(d.outline) == 0 {
		return ""
	}
	root := d.alloc()
	refs := make([]ref, len(d.outline))
	kids := map[int][]int{} // by parent, -1 for the root
	for i, b := range d.outline {
		refs[i] = d.alloc()
		parent := i - 1
		for parent >= 0 && d.outline[parent].level >= b.level {
			parent--
		}
		kids[parent] = append(kids[parent], i)
	}
	for parent := -1; parent < len(refs); parent++ {
		up := root
		if parent >= 0 {
			up = refs[parent]
		}
		for k, i := range kids[parent] {
			b := d.outline[i]
			var s strings.Builder
			fmt.Fprintf(&s, "<< /Title %s /Parent %v /Dest [%v /XYZ 0 %s null]", text(b.title), up, b.page, points(b.y))
			if k > 0 {
				fmt.Fprintf(&s, " /Prev %v", refs[kids[parent][k-1]])
			}
			if k+1 < len(kids[parent]) {
				fmt.Fprintf(&s, " /Next %v", refs[kids[parent][k+1]])
			}
			if below := kids[i]; len(below) > 0 {
				fmt.Fprintf(&s, " /First %v /Last %v /Count %d", refs[below[0]], refs[below[len(below)-1]], -len(below))
			}
			d.put(refs[i], []byte(s.String()+" >>"))
		}
	}
	top := kids[-1]
	d.put(root, []byte("<< /Type /Outlines /First "+refs[top[0]].String()+" /Last "+refs[top[len(top)-1]].String()+" /Count "+strconv.Itoa(len(top))+" >>"))
	return " /Outlines " + root.String() + " /PageMode /UseOutlines"
}
