package qr

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const address = "https://loa.haiphong.example/xac-thuc/9f2c1b7a44e0"

// That the code reads as its address is tested on paper, in pkg/document.
func TestPictureHasTheCodesModulesAndItsMargin(t *testing.T) {
	code, err := Encode(address)
	require.NoError(t, err)
	data, err := code.PNG(3)
	require.NoError(t, err)
	again, err := code.PNG(3)
	require.NoError(t, err)
	assert.Equal(t, data, again)
	picture, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	side := (code.Size + 2*Quiet) * 3
	require.Equal(t, side, picture.Bounds().Dx())
	for y := range side {
		for x := range side {
			mx, my := x/3-Quiet, y/3-Quiet
			dark := mx >= 0 && my >= 0 && mx < code.Size && my < code.Size && code.Dark(mx, my)
			v, _, _, _ := picture.At(x, y).RGBA()
			require.Equal(t, dark, v == 0, "%d, %d", x, y)
		}
	}
}

func TestRunsCoverTheDarkModulesOnce(t *testing.T) {
	code, err := Encode(address)
	require.NoError(t, err)
	seen := make([]int, code.Size*code.Size)
	code.Runs(func(x, y, w int) {
		for i := range w {
			seen[y*code.Size+x+i]++
		}
	})
	for y := range code.Size {
		for x := range code.Size {
			want := 0
			if code.Dark(x, y) {
				want = 1
			}
			require.Equal(t, want, seen[y*code.Size+x])
		}
	}
	require.NoError(t, xml.Unmarshal(code.SVG(), new(struct{})))
}

func TestLongAddressesGetLargerModules(t *testing.T) {
	code, err := Encode(address + strings.Repeat("0123456789abcdef", 4))
	require.NoError(t, err)
	assert.LessOrEqual(t, code.Size, 49)
	_, err = Encode(strings.Repeat("x", 4000))
	assert.ErrorIs(t, err, errs.New(errorsv1.Reason_DOCUMENT_ADDRESS))
}
