package render

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// squares returns which fields of a QR code of text are dark.
func squares(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("qr: %w", err)
	}
	n := code.Bounds().Dx()
	out := make([][]bool, n)
	for y := range out {
		out[y] = make([]bool, n)
		for x := range out[y] {
			r, _, _, _ := code.At(x, y).RGBA()
			out[y][x] = r == 0
		}
	}
	return out, nil
}

// QR draws a QR code as an SVG of squares on white, whatever the colours of the page.
func QR(text string) (string, error) {
	grid, err := squares(text)
	if err != nil {
		return "", err
	}
	n := len(grid) + 8
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="QR" width="180" height="180" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, n, n, n, n)
	for y, row := range grid {
		for x, dark := range row {
			if dark {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
