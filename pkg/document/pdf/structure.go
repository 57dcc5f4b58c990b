package pdf

import (
	"strconv"
	"strings"
)

// element is an element of the structure tree, by which assistive technology reads the document (ISO 14289-1). It is written
// as soon as nothing more can come into it.
type element struct {
	ref     ref
	kind    string // standard structure type
	extra   string // further entries: /Alt, /A
	parent  ref
	kids    []kid
	written bool
}

// kid is an element, marked content on a page, or an annotation.
type kid struct {
	element *element
	page    ref
	mark    int // with page
	annot   ref // with page, instead of mark
}

// tree numbers elements and keeps the way back from pages and annotations to them, a leaf at a time.
type tree struct {
	out      *output
	root     ref // StructTreeRoot
	document *element
	next     int // key for the next page or annotation
	leaf     strings.Builder
	entries  int
	first    int
	leaves   []string // "<ref> <first> <last>" of written leaves
	last     int
}

const leafEntries = 64

func newTree(out *output) *tree {
	t := &tree{out: out, root: out.alloc()}
	t.document = &element{ref: out.alloc(), kind: "Document", parent: t.root}
	return t
}

// add puts a new element at the end of e.
func (t *tree) add(e *element, kind, extra string) *element {
	c := t.detached(e, kind, extra)
	e.kids = append(e.kids, kid{element: c})
	return c
}

// detached makes an element of e that attach puts in its place later.
func (t *tree) detached(e *element, kind, extra string) *element {
	return &element{ref: t.out.alloc(), kind: kind, extra: extra, parent: e.ref}
}

func (e *element) attach(c *element) { e.kids = append(e.kids, kid{element: c}) }

// close writes an element and all below it, and forgets what is below.
func (t *tree) close(e *element) {
	if e.written {
		return
	}
	e.written = true
	// The page stands in the element once; marked content on it is then a number.
	page := ref(0)
	for _, k := range e.kids {
		if k.page != 0 {
			page = k.page
			break
		}
	}
	b := make([]byte, 0, 64+len(e.extra)+12*len(e.kids))
	b = append(b, "<</S/"...)
	b = append(b, e.kind...)
	b = appendRef(append(b, "/P "...), e.parent)
	b = append(b, e.extra...)
	if page != 0 {
		b = appendRef(append(b, "/Pg "...), page)
	}
	b = append(b, "/K["...)
	for i, k := range e.kids {
		if i > 0 {
			b = append(b, ' ')
		}
		switch {
		case k.element != nil:
			t.close(k.element)
			b = appendRef(b, k.element.ref)
		case k.annot != 0:
			b = appendRef(append(b, "<</Type/OBJR/Obj "...), k.annot)
			b = appendRef(append(b, "/Pg "...), k.page)
			b = append(b, ">>"...)
		case k.page == page:
			b = strconv.AppendInt(b, int64(k.mark), 10)
		default:
			b = appendRef(append(b, "<</Type/MCR/Pg "...), k.page)
			b = strconv.AppendInt(append(b, "/MCID "...), int64(k.mark), 10)
			b = append(b, ">>"...)
		}
	}
	b = append(b, "]>>"...)
	e.kids = nil
	t.out.put(e.ref, b)
}

// key takes the next key of the parent tree.
func (t *tree) key() int {
	t.next++
	return t.next - 1
}

// enter records what a key leads to. Keys come in order.
func (t *tree) enter(key int, to string) {
	if t.entries == 0 {
		t.first = key
	}
	t.leaf.WriteString(strconv.Itoa(key) + " " + to + " ")
	t.entries++
	t.last = key
	if t.entries == leafEntries {
		t.flush()
	}
}

func (t *tree) flush() {
	if t.entries == 0 {
		return
	}
	r := t.out.add("<< /Limits [" + strconv.Itoa(t.first) + " " + strconv.Itoa(t.last) + "] /Nums [" + t.leaf.String() + "] >>")
	t.leaves = append(t.leaves, r.String())
	t.leaf.Reset()
	t.entries = 0
}

// finish writes what is still open and the root.
func (t *tree) finish() {
	t.close(t.document)
	t.flush()
	parents := t.out.add("<< /Kids [" + strings.Join(t.leaves, " ") + "] >>")
	t.out.put(t.root, []byte("<< /Type /StructTreeRoot /K "+t.document.ref.String()+" /ParentTree "+parents.String()+" /ParentTreeNextKey "+strconv.Itoa(t.next)+" >>"))
}
