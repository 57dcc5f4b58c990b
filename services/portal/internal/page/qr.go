package page

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white margin of a QR code in modules (ISO/IEC 18004 asks for four).
const quietZone = 4

// qrCode is a QR code as one SVG path, one unit a module, the quiet zone included.
type qrCode struct {
	size int
	path string
}

// newQR encodes an address at level M: 15 % of a printed code may be dirty or torn.
func newQR(address string) (qrCode, error) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("page: QR code of %q: %w", address, err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+quietZone, y+quietZone, x-start, x-start)
		}
	}
	return qrCode{size: code.Size + 2*quietZone, path: path.String()}, nil
}

func (q qrCode) side() string { return strconv.Itoa(q.size) }

func (q qrCode) viewBox() string { return "0 0 " + q.side() + " " + q.side() }
