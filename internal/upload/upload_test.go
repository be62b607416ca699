package upload

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"strengthen/internal/fault"
)

func picture(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w / 2 {
		for y := range h {
			img.Set(x, y, color.RGBA{200, 30, 30, 255})
		}
	}
	return img
}

// withGPS is a photograph that says where it was taken and that it lies on its side, as telephones write it (Exif 2.3).
func withGPS(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(40, 20), nil); err != nil {
		t.Fatal(err)
	}
	var exif bytes.Buffer
	exif.WriteString("Exif\x00\x00MM\x00*")
	put := func(v any) { binary.Write(&exif, binary.BigEndian, v) }
	put(uint32(8))
	put(uint16(2))
	put([]uint16{0x0112, 3})
	put(uint32(1))
	put([]uint16{6, 0}) // turn right
	put([]uint16{0x8825, 4})
	put([]uint32{1, 38})
	put(uint32(0))
	put(uint16(1))
	put([]uint16{1, 2})
	put(uint32(2))
	exif.WriteString("N\x00\x00\x00")
	put(uint32(0))
	exif.WriteString("GPSMARKER")
	segment := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(exif.Len()+2))...)
	segment = append(segment, exif.Bytes()...)
	raw := b.Bytes()
	return append(append(append([]byte{}, raw[:2]...), segment...), raw[2:]...)
}

// Judged by exiftool: nothing is left but what describes the picture itself.
func TestAPhotographLosesItsPlace(t *testing.T) {
	sent := withGPS(t)
	f, err := Accept("IMG_0001.JPG", sent)
	if err != nil {
		t.Fatal(err)
	}
	if f.Type != "image/jpeg" || f.Name != "IMG_0001.jpg" || bytes.Contains(f.Body, []byte("GPSMARKER")) || bytes.Contains(f.Body, []byte("Exif")) {
		t.Errorf("%s %s, marker kept: %v", f.Type, f.Name, bytes.Contains(f.Body, []byte("GPSMARKER")))
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(f.Body))
	if err != nil || c.Width != 20 || c.Height != 40 {
		t.Errorf("not turned upright: %dx%d, %v", c.Width, c.Height, err)
	}
	for name, body := range map[string][]byte{"before": sent, "after": f.Body} {
		path := filepath.Join(t.TempDir(), "x.jpg")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("exiftool", "-G", "-s", path).CombinedOutput()
		if err != nil {
			t.Fatalf("exiftool (Debian: libimage-exiftool-perl): %v %s", err, out)
		}
		if has := strings.Contains(string(out), "GPS"); has != (name == "before") {
			t.Errorf("%s, GPS: %v\n%s", name, has, out)
		}
	}
}

func TestWhatIsTaken(t *testing.T) {
	var pngBody bytes.Buffer
	if err := png.Encode(&pngBody, picture(30, 30)); err != nil {
		t.Fatal(err)
	}
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 9000, 6000))); err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
	for name, tc := range map[string]struct {
		body []byte
		key  string // of the fault; "" when it is taken
		kind string
	}{
		"scan.pdf":                    {pdf, "", "application/pdf"},
		"a PDF called a picture.jpg":  {pdf, "", "application/pdf"},
		"picture.png":                 {pngBody.Bytes(), "", "image/jpeg"},
		"cut.pdf":                     {pdf[:20], "upload.broken", ""},
		"cut.png":                     {pngBody.Bytes()[:60], "upload.broken", ""},
		"empty.pdf":                   {nil, "form.required", ""},
		"page.html":                   {[]byte("<html><script>alert(1)</script>"), "upload.kind", ""},
		"a page called a picture.jpg": {[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "upload.kind", ""},
		"program.exe":                 {[]byte("MZ\x90\x00"), "upload.kind", ""},
		"sheet.xlsx":                  {[]byte("PK\x03\x04"), "upload.kind", ""},
		"too many pixels.png":         {large.Bytes(), "upload.pixels", ""},
		"forty megabytes.jpg":         {make([]byte, 40<<20), "upload.large", ""},
	} {
		f, err := Accept(name, tc.body)
		key := ""
		if all := fault.All(err); len(all) > 0 {
			key = all[0].Key
		}
		if key != tc.key || f.Type != tc.kind {
			t.Errorf("%s: %q, %v", name, f.Type, err)
		}
	}
}

func TestNamesAreOurs(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Снимки\дете 1.png`: "дете-1.jpg", "../../etc/passwd": "passwd.jpg", "a\"b\r\nc.png": "a-b-c.jpg", "....": "file.jpg", "": "file.jpg",
		strings.Repeat("я", 200) + ".png": strings.Repeat("я", 80) + ".jpg", "‮gpj.exe": "gpj.jpg",
	} {
		if got := clean(in, ".jpg"); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
