package sheet

import (
	"fmt"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
)

func (s Sheet) hasNotes() bool {
	for _, c := range s.Columns {
		if c.Note != "" {
			return true
		}
	}
	return false
}

// notes gives the notes on the headings and the boxes that show them, which programs still take from VML (ECMA-376 part 4, 19).
func (s Sheet) notes() (comments, drawing string) {
	heading := (&sheetWriter{sheet: s}).headingRow()
	var c, d strings.Builder
	c.WriteString(markup.Head + `<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>Loa</author></authors><commentList>`)
	d.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, column := range s.Columns {
		if column.Note == "" {
			continue
		}
		fmt.Fprintf(&c, `<comment ref="%s" authorId="0"><text>%s</text></comment>`, place(i, heading), textElement(column.Note))
		lines := len([]rune(column.Note))/34 + strings.Count(column.Note, "\n") + 2
		fmt.Fprintf(&d, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 15, %d, 2, %d, 15, %d, 2</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			1025+i, i+1, heading, i+4, heading+lines, heading-1, i)
	}
	c.WriteString(`</commentList></comments>`)
	d.WriteString(`</xml>`)
	return c.String(), d.String()
}
