package docximport

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What offices type in front of a paragraph instead of using Word's numbering, most significant first (Decree 30/2020/NĐ-CP,
// Appendix I, II.6: phần, chương, mục, điều, khoản, điểm).
var (
	typedPart   = regexp.MustCompile(`^((?:Phần|Chương|Mục|PHẦN|CHƯƠNG|MỤC)\s+(?:[IVXLC]+|\d{1,2})[.:]?|[IVXL]+[.)])\s+`)
	typedClause = regexp.MustCompile(`^((?:Điều\s+)?\d{1,3}[.)])\s+`)
	typedPoint  = regexp.MustCompile(`^(\d{1,2}(?:\.\d{1,2})+[.)]?|[a-zđ]\))\s+`)
	typedBullet = regexp.MustCompile(`^([-–—+•*])\s+`)
)

// paragraph reads one; false means that nothing of it is left.
func (r *reader) paragraph(p *node) (Block, bool) {
	properties := p.child("pPr")
	b := Block{}
	bold, numbered := false, properties.child("numPr")
	align := properties.child("jc").val()
	if o := properties.child("outlineLvl").val(); isOutline(o) {
		b.Kind, b.Level = Heading, int(o[0]-'0')+1
	}
	r.ancestry(properties.child("pStyle").val(), func(s style) {
		if b.Kind == Paragraph {
			b.Kind, b.Level = s.meaning()
		}
		if align == "" {
			align = s.align
		}
		if numbered == nil {
			numbered = s.numbering
		}
		bold = bold || s.bold
	})
	switch align {
	case "center":
		b.Align = Center
	case "right", "end":
		b.Align = End
	}

	runs := append(r.pending, r.inline(p, bold)...)
	r.pending = nil
	if properties.child("rPr").child("del") != nil { // the mark at its end was deleted: the next paragraph joins
		r.pending = runs
		return Block{}, false
	}
	b.Runs = merge(runs)
	plain := b.Text()
	// Word counts a paragraph even when it is empty; in a table that is how the ordinal column is made.
	if id := numbered.child("numId").val(); id != "" && id != "0" {
		depth := atoi(numbered.child("ilvl").val())
		label, bullet := r.numbering.next(id, depth)
		b.Label = norm.NFC.String(label)
		if b.Kind == Paragraph {
			if bullet {
				b.Kind, b.Level = Item, depth+1
			} else if level := levelOf(b.Label + " "); level > 0 {
				b.Level = level
			}
		}
	} else {
		b.takeTypedLabel(plain)
	}
	if strings.TrimSpace(plain) == "" && b.Label == "" {
		return Block{}, false
	}
	if b.Kind == Paragraph && b.Level > 0 && b.Align == Start && allBold(b.Runs) && utf8.RuneCountInString(plain) < 300 {
		b.Kind = Heading
	}
	return b, true
}

func isOutline(o string) bool { return len(o) == 1 && o[0] >= '0' && o[0] <= '8' }

func (s style) meaning() (Kind, int) {
	switch {
	case isOutline(s.outline):
		return Heading, int(s.outline[0]-'0') + 1
	case strings.HasPrefix(s.name, "heading ") && len(s.name) == len("heading 1") && s.name[8] >= '1' && s.name[8] <= '9':
		return Heading, int(s.name[8] - '0')
	case s.name == "title", s.name == "subtitle":
		return Title, 0
	}
	return Paragraph, 0
}

// levelOf is the level of a text's typed label, 0 for none.
func levelOf(text string) int {
	switch {
	case typedPart.MatchString(text):
		return 1
	case typedClause.MatchString(text):
		return 2
	case typedPoint.MatchString(text):
		return 3
	}
	return 0
}

// takeTypedLabel moves "I.", "1.", "a)" or "-" from the text to the label.
func (b *Block) takeTypedLabel(plain string) {
	lead := len(plain) - len(strings.TrimLeftFunc(plain, unicode.IsSpace))
	text := plain[lead:]
	for i, pattern := range []*regexp.Regexp{typedPart, typedClause, typedPoint, typedBullet} {
		m := pattern.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		b.Label = m[1]
		switch {
		case i == 3 && b.Kind == Paragraph:
			b.Kind, b.Level = Item, 1
		case b.Kind == Paragraph:
			b.Level = i + 1
		}
		b.Runs = cut(b.Runs, lead+len(m[0]))
		return
	}
}

// cut removes the first n bytes of the runs' text.
func cut(runs []Run, n int) []Run {
	for len(runs) > 0 && n >= len(runs[0].Text) {
		n -= len(runs[0].Text)
		runs = runs[1:]
	}
	if len(runs) > 0 && n > 0 {
		runs[0].Text = runs[0].Text[n:]
	}
	return runs
}

func allBold(runs []Run) bool {
	some := false
	for _, r := range runs {
		if strings.TrimSpace(r.Text) == "" {
			continue
		}
		if !r.Bold {
			return false
		}
		some = true
	}
	return some
}

// inline reads the runs of a paragraph.
func (r *reader) inline(p *node, styleBold bool) []Run {
	var runs []Run
	r.fields = nil
	var walk func(n *node, link string)
	walk = func(n *node, link string) {
		for _, k := range n.kids {
			switch k.name {
			case "hyperlink":
				walk(k, r.link(k))
			case "ins", "moveTo", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml":
				walk(k, link)
			case "del", "moveFrom":
				r.drop(DeletedText)
			case "r":
				if run, ok := r.run(k, styleBold); ok {
					run.Link = link
					runs = append(runs, run)
				}
			case ":oMath", ":oMathPara":
				r.drop(Formula)
			case ":AlternateContent":
				r.drop(Picture)
			}
		}
	}
	walk(p, "")
	return runs
}

func (r *reader) link(hyperlink *node) string {
	id := hyperlink.attribute("id")
	if id == "" { // within the document
		return ""
	}
	address, ok := safeLink(r.links[id])
	if !ok {
		r.drop(UnsafeLink)
		return ""
	}
	return address
}

// run reads one run; false means that it shows nothing.
func (r *reader) run(k *node, styleBold bool) (Run, bool) {
	properties := k.child("rPr")
	if properties.child("vanish").on() {
		r.drop(HiddenText)
		return Run{}, false
	}
	run := Run{Bold: styleBold, Italic: properties.child("i").on(), Underline: properties.child("u").on(), Cut: properties.child("strike").on()}
	if b := properties.child("b"); b != nil {
		run.Bold = b.on()
	}
	var text strings.Builder
	for _, t := range k.kids {
		switch t.name {
		case "t":
			if !r.inFieldCode() {
				text.Write(t.text)
			}
		case "tab", "ptab":
			text.WriteString("\t")
		case "br", "cr":
			text.WriteString("\n")
		case "noBreakHyphen":
			text.WriteString("-")
		case "fldChar":
			r.field(t.attribute("fldCharType"))
		case "drawing", "pict", ":AlternateContent":
			r.drop(Picture)
		case "object":
			r.drop(EmbeddedObject)
		case "sym":
			r.drop(Symbol)
		case "commentReference":
			r.drop(Comment)
		case "footnoteReference", "endnoteReference":
			r.drop(Footnote)
		}
	}
	run.Text = text.String()
	if font := properties.child("rFonts").attribute("ascii"); run.Text != "" && (strings.HasPrefix(font, ".Vn") || strings.HasPrefix(font, "VNI-")) {
		r.drop(OldFont)
	}
	return run, run.Text != ""
}

// field follows a complex field: its code is no text, its result is. Fields nest.
func (r *reader) field(what string) {
	switch what {
	case "begin":
		r.fields = append(r.fields, true)
	case "separate":
		if n := len(r.fields); n > 0 {
			r.fields[n-1] = false
		}
	case "end":
		if n := len(r.fields); n > 0 {
			r.fields = r.fields[:n-1]
		}
	}
}

func (r *reader) inFieldCode() bool {
	for _, code := range r.fields {
		if code {
			return true
		}
	}
	return false
}

// merge joins neighbours of one look, since Word splits runs at every edit, and puts the text in NFC: a combining mark that
// begins a run belongs to the letter before it.
func merge(runs []Run) []Run {
	var out []Run
	var text strings.Builder
	flush := func() {
		if n := len(out); n > 0 {
			out[n-1].Text = norm.NFC.String(text.String())
			text.Reset()
		}
	}
	for _, run := range runs {
		if n := len(out); n > 0 {
			rest := strings.TrimLeftFunc(run.Text, unicode.IsMark)
			text.WriteString(run.Text[:len(run.Text)-len(rest)])
			if run.Text = rest; rest == "" {
				continue
			}
			look := out[n-1]
			look.Text = run.Text
			if look == run {
				text.WriteString(run.Text)
				continue
			}
		}
		flush()
		out = append(out, run)
		text.WriteString(run.Text)
	}
	flush()
	return out
}
