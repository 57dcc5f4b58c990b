// Package qr turns an address into a QR code and draws it as SVG for pages and as PNG for Word; the PDF draws its modules
// itself.
package qr

import (
	"bytes"
	"fmt"

	"rsc.io/qr"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Quiet is the white margin that a reader needs, in modules (ISO/IEC 18004).
const Quiet = 4

// Code is a square of dark and light modules, without its margin.
type Code struct {
	Size int
	dark []bool
}

// Dark reports whether the module at x, y is dark.
func (c *Code) Dark(x, y int) bool { return c.dark[y*c.Size+x] }

// finest is how many modules a side may have before the printed code gets hard to read.
const finest = 45

// Encode makes a code of level Q, which is read with a quarter of it covered: stamps and folds fall on official paper. A long
// address gets level M (15 %), whose modules are larger. It refuses with DOCUMENT_ADDRESS what does not fit.
func Encode(text string) (*Code, error) {
	e, err := qr.Encode(text, qr.Q)
	if err != nil || e.Size > finest {
		e, err = qr.Encode(text, qr.M)
	}
	if err != nil {
		return nil, errs.New(errorsv1.Reason_DOCUMENT_ADDRESS, "value", text, "limit", "1600").Because(err)
	}
	c := &Code{Size: e.Size, dark: make([]bool, e.Size*e.Size)}
	for y := range c.Size {
		for x := range c.Size {
			c.dark[y*c.Size+x] = e.Black(x, y)
		}
	}
	return c, nil
}

// Runs calls f for every longest row of dark modules, from x, y on, w modules wide.
func (c *Code) Runs(f func(x, y, w int)) {
	for y := range c.Size {
		for x := 0; x < c.Size; {
			from := x
			for x < c.Size && c.Dark(x, y) {
				x++
			}
			if x > from {
				f(from, y, x-from)
			} else {
				x++
			}
		}
	}
}

// SVG draws the code with its margin, one unit a module.
func (c *Code) SVG() []byte {
	var b bytes.Buffer
	n := c.Size + 2*Quiet
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, n, n, n, n)
	c.Runs(func(x, y, w int) { fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+Quiet, y+Quiet, w, w) })
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}
