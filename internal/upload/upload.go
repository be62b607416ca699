// Package upload takes the files that people attach: photographs, scans and PDF documents. What a file is, is told by its
// content and never by its name. Pictures are drawn anew, so that neither the place nor the camera nor anything hidden behind the
// picture is kept. The package touches no disk.
package upload

import (
	"bytes"
	"image"
	_ "image/gif" // readers of the formats that are taken
	"image/jpeg"
	_ "image/png"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/disintegration/imaging"
	_ "golang.org/x/image/webp"

	"strengthen/internal/fault"
)

// The limits of a file. A picture of so many pixels takes 200 MB while it is drawn anew.
const (
	MaxBytes  = 15 << 20
	MaxPixels = 50_000_000
	maxSide   = 3000 // longer pictures are made smaller: print needs no more
)

// File is a file as it is kept.
type File struct {
	Name string
	Type string // image/jpeg or application/pdf
	Body []byte
}

// Accept makes a file that may be kept out of what was sent under a name. What is neither a picture nor a PDF, is larger than the
// limits or cannot be read is Invalid, and says what to do.
func Accept(name string, body []byte) (File, error) {
	switch {
	case len(body) > MaxBytes:
		return File{}, fault.Field("file", "upload.large", fault.Vars{"mb": MaxBytes >> 20})
	case len(body) == 0:
		return File{}, fault.Field("file", "form.required")
	case bytes.HasPrefix(body, []byte("%PDF-")):
		return acceptPDF(name, body)
	}
	return acceptImage(name, body)
}

func acceptPDF(name string, body []byte) (File, error) {
	if !bytes.Contains(body[max(0, len(body)-1024):], []byte("%%EOF")) {
		return File{}, fault.Field("file", "upload.broken")
	}
	return File{clean(name, ".pdf"), "application/pdf", body}, nil
}

func acceptImage(name string, body []byte) (File, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case err != nil:
		return File{}, fault.Field("file", "upload.kind")
	case c.Width <= 0 || c.Height <= 0 || c.Width > MaxPixels/c.Height:
		return File{}, fault.Field("file", "upload.pixels", fault.Vars{"n": MaxPixels / 1_000_000})
	}
	img, err := imaging.Decode(bytes.NewReader(body), imaging.AutoOrientation(format == "jpeg"))
	if err != nil {
		return File{}, fault.Field("file", "upload.broken")
	}
	if c.Width > maxSide || c.Height > maxSide {
		img = imaging.Fit(img, maxSide, maxSide, imaging.Box)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, flat(img), &jpeg.Options{Quality: 88}); err != nil {
		return File{}, fault.Field("file", "upload.broken")
	}
	return File{clean(name, ".jpg"), "image/jpeg", out.Bytes()}, nil
}

// flat puts a picture on white, because JPEG knows no transparency.
func flat(img image.Image) image.Image {
	b := img.Bounds()
	return imaging.Overlay(imaging.New(b.Dx(), b.Dy(), image.White), img, image.Point{}, 1)
}

// clean makes a name of ours out of the one that was sent: its letters and digits, and the ending that fits the content.
func clean(name, ending string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSuffix(name, filepath.Ext(name))
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }), "-")
	if r := []rune(name); len(r) > 80 {
		name = string(r[:80])
	}
	if name == "" {
		name = "file"
	}
	return name + ending
}
