package docximport

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Limits of one file. They bound memory and time: an element costs about 250 bytes.
type Limits struct {
	File     int   // bytes of the file itself
	Part     int64 // bytes of one part when unpacked
	Parts    int   // entries of the archive
	Elements int   // XML elements of all parts that are read
	Depth    int   // elements within elements
	Columns  int   // columns of a table
	Rows     int   // rows of a table
}

// DefaultLimits fit an office's longest documents: some thousand pages of text, or a table of 10,000 rows.
func DefaultLimits() Limits {
	return Limits{File: 25 << 20, Part: 48 << 20, Parts: 4096, Elements: 500_000, Depth: 128, Columns: 63, Rows: 10_000}
}

func damaged(what string, cause error) error {
	return errs.New(errorsv1.Reason_FILE_DAMAGED, "what", what).Because(cause)
}

func over(what string, limit int64) error {
	return errs.New(errorsv1.Reason_FILE_LIMITS, "what", what, "limit", strconv.FormatInt(limit, 10))
}

// parts are the parts of the archive that are read; absent ones are nil.
type parts struct {
	document, styles, numbering *node
	links                       map[string]string
}

func open(data []byte, limits Limits) (parts, error) {
	if len(data) > limits.File {
		return parts{}, over("dung lượng tệp (bytes)", int64(limits.File))
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return parts{}, damaged("không phải tệp nén ZIP (no ZIP archive)", err)
	}
	if len(archive.File) > limits.Parts {
		return parts{}, over("số phần trong tệp (parts)", int64(limits.Parts))
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if _, twice := files[f.Name]; twice {
			return parts{}, damaged("hai phần cùng tên (twice) "+f.Name, nil)
		}
		files[f.Name] = f
	}
	var p parts
	budget := limits.Elements
	for _, want := range []struct {
		name string
		into **node
	}{{"word/document.xml", &p.document}, {"word/styles.xml", &p.styles}, {"word/numbering.xml", &p.numbering}} {
		if *want.into, err = readPart(files[want.name], limits, &budget); err != nil {
			return parts{}, err
		}
	}
	if p.document == nil {
		return parts{}, damaged("không có (missing) word/document.xml", nil)
	}
	relations, err := readPart(files["word/_rels/document.xml.rels"], limits, &budget)
	if err != nil {
		return parts{}, err
	}
	p.links = externalLinks(relations)
	return p, nil
}

func readPart(f *zip.File, limits Limits, budget *int) (*node, error) {
	if f == nil {
		return nil, nil
	}
	in, err := f.Open()
	if err != nil {
		return nil, damaged(f.Name, err)
	}
	defer in.Close()
	bounded := &boundedReader{r: in, left: limits.Part}
	n, err := parse(bounded, limits.Depth, budget)
	switch {
	case bounded.left < 0:
		return nil, over(f.Name+", khi giải nén (bytes unpacked)", limits.Part)
	case errors.Is(err, errDepth):
		return nil, over("số lớp lồng nhau (levels of nesting)", int64(limits.Depth))
	case errors.Is(err, errElements):
		return nil, over("số phần tử (elements)", int64(limits.Elements))
	case err != nil:
		return nil, damaged(f.Name+", sai XML (no valid XML)", err)
	}
	return n, nil
}

// boundedReader fails after its limit, where io.LimitedReader would look like the end of the file.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("part over the limit")
	}
	return n, err
}

// The namespaces that are understood: transitional and strict WordprocessingML and packages' relationships.
const (
	transitional  = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	strict        = "http://purl.oclc.org/ooxml/wordprocessingml/main"
	relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
)

var (
	errDepth    = errors.New("nested too deep")
	errElements = errors.New("too many elements")
)

// node is an element of a part. Elements of other namespaces keep their name behind a colon, so that a formula's "r" is not
// taken for a run.
type node struct {
	name       string
	attributes []attribute
	kids       []*node
	text       []byte // only of a "t"; bytes, since text may come in millions of pieces
}

type attribute struct{ local, value string }

func parse(r io.Reader, depth int, budget *int) (*node, error) {
	decoder := xml.NewDecoder(r)
	root := &node{}
	stack := []*node{root}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("offset %d: %w", decoder.InputOffset(), err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) > depth {
				return nil, errDepth
			}
			if *budget--; *budget < 0 {
				return nil, errElements
			}
			n := &node{name: t.Name.Local}
			if s := t.Name.Space; s != transitional && s != strict && s != relationships {
				n.name = ":" + n.name
			}
			for _, a := range t.Attr {
				if !strings.HasPrefix(a.Name.Local, "rsid") { // who edited when: on every paragraph and run
					n.attributes = append(n.attributes, attribute{a.Name.Local, a.Value})
				}
			}
			top := stack[len(stack)-1]
			top.kids = append(top.kids, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if top := stack[len(stack)-1]; top.name == "t" {
				top.text = append(top.text, t...)
			}
		}
	}
}

// child is the first child of that name; a chain of them may end in nil at any step.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

func (n *node) orEmpty() *node {
	if n == nil {
		return &node{}
	}
	return n
}

func (n *node) attribute(local string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attributes {
		if a.local == local {
			return a.value
		}
	}
	return ""
}

func (n *node) val() string { return n.attribute("val") }

// on reads a toggle property: <w:b/> is on, <w:b w:val="0"/> is off.
func (n *node) on() bool {
	if n == nil {
		return false
	}
	switch n.val() {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// number reads a small number, 0 when it is none.
func (n *node) number() int {
	v, err := strconv.Atoi(n.val())
	if err != nil || v < 0 || v > 1_000_000 {
		return 0
	}
	return v
}

func externalLinks(relations *node) map[string]string {
	links := map[string]string{}
	for _, k := range relations.child("Relationships").orEmpty().kids {
		if k.attribute("TargetMode") == "External" {
			links[k.attribute("Id")] = k.attribute("Target")
		}
	}
	return links
}

// safeLink gives the address when a page may offer it.
func safeLink(target string) (string, bool) {
	if len(target) > 2000 {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "http", "https":
		return u.String(), u.Host != ""
	case "mailto":
		return u.String(), u.Opaque != ""
	}
	return "", false
}
