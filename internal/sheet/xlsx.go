package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"strengthen/internal/fault"
)

// readXLSX reads the first visible sheet of a workbook as its cells are stored: numbers and dates as numbers, formulas as
// their last result. It goes through the parts one token at a time, so that its memory follows the text that is in them and
// not how they are put together.
func readXLSX(b []byte) ([]row, error) {
	z, err := openZip(b)
	if err != nil {
		return nil, err
	}
	book, err := z.target("_rels/.rels", "/officeDocument")
	if err != nil {
		return nil, err
	}
	rels, err := z.relations(relsOf(book))
	if err != nil {
		return nil, err
	}
	sheet, err := z.firstSheet(book)
	if err != nil {
		return nil, err
	}
	var shared []string
	for _, r := range rels {
		if strings.HasSuffix(r.kind, "/sharedStrings") {
			if shared, err = z.shared(r.target); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range rels {
		if r.id == sheet {
			return z.rows(r.target, shared)
		}
	}
	return nil, notATable(nil)
}

type workbook map[string]*zip.File

// openZip looks at the directory of the archive before anything is unpacked. What it says of sizes is kept to: the reader of
// archive/zip refuses parts that turn out longer.
func openZip(b []byte) (workbook, error) {
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, notATable(err)
	}
	if len(r.File) > MaxEntries {
		return nil, large()
	}
	all, total := workbook{}, uint64(0)
	for _, f := range r.File {
		if f.UncompressedSize64 > MaxUnpacked || f.UncompressedSize64 > MaxRatio*max(f.CompressedSize64, 1) {
			return nil, large()
		}
		if total += f.UncompressedSize64; total > MaxUnpacked {
			return nil, large()
		}
		all[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
	}
	return all, nil
}

// walk calls fn with each token of a part, until fn returns an error or io.EOF to stop.
func (z workbook) walk(name string, fn func(xml.Token) error) error {
	f, ok := z[strings.ToLower(name)]
	if !ok {
		return notATable(nil)
	}
	r, err := f.Open()
	if err != nil {
		return notATable(err)
	}
	defer r.Close()
	d := xml.NewDecoder(&tagLimit{r: transform.NewReader(r, runes.Map(legible))})
	for {
		t, err := d.RawToken()
		if err == nil {
			err = fn(t)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case fault.Is(err, fault.Invalid):
			return err
		case err != nil:
			return notATable(err)
		}
	}
}

const maxTag = 256 << 10

// legible puts the sign for broken text in place of bytes that are none and of characters that XML forbids, so that the cell
// in which they stand can be named.
func legible(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
		return '\ufffd'
	}
	return r
}

// tagLimit refuses tags that are longer than any real one, before the decoder would take them in whole.
type tagLimit struct {
	r     io.Reader
	n     int  // bytes of the tag so far; 0 outside of tags
	quote byte // in which the tag's value stands
	plain bool // a comment, a directive or text in CDATA: quotes mean nothing
}

// Read implements io.Reader.
func (t *tagLimit) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for _, c := range p[:n] {
		switch {
		case t.n == 0 && c == '<':
			t.n, t.plain = 1, false
		case t.n == 0:
		case t.quote == 0 && c == '>':
			t.n = 0
			continue
		case t.n == 1 && c == '!':
			t.plain = true
			t.n++
		case !t.plain && t.quote == 0 && (c == '"' || c == '\''):
			t.quote = c
			t.n++
		case t.quote != 0 && c == t.quote:
			t.quote = 0
			t.n++
		default:
			t.n++
		}
		if t.n > maxTag {
			return 0, large()
		}
	}
	return n, err
}

func attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

type relation struct{ id, kind, target string }

// relsOf names the part that holds the relations of a part.
func relsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

func (z workbook) relations(name string) ([]relation, error) {
	base := path.Dir(path.Dir(name))
	var all []relation
	err := z.walk(name, func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" {
			return nil
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(base, target)
		}
		all = append(all, relation{attr(e, "Id"), attr(e, "Type"), strings.TrimPrefix(target, "/")})
		return nil
	})
	return all, err
}

func (z workbook) target(rels, kind string) (string, error) {
	all, err := z.relations(rels)
	for _, r := range all {
		if strings.HasSuffix(r.kind, kind) {
			return r.target, nil
		}
	}
	if err == nil {
		err = notATable(nil)
	}
	return "", err
}

// firstSheet returns the relation of the first sheet that is not hidden.
func (z workbook) firstSheet(book string) (string, error) {
	first := ""
	err := z.walk(book, func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "sheet" || attr(e, "state") != "" && attr(e, "state") != "visible" {
			return nil
		}
		for _, a := range e.Attr {
			if a.Name.Local == "id" && a.Name.Space != "" { // r:id; sheetId has no prefix
				first = a.Value
			}
		}
		return io.EOF
	})
	return first, err
}

// texts collects the text of <t> elements, without the readings of signs in <rPh>.
type texts struct {
	b        strings.Builder
	in, skip bool
}

func (x *texts) see(t xml.Token) {
	switch t := t.(type) {
	case xml.StartElement:
		x.in = t.Name.Local == "t"
		x.skip = x.skip || t.Name.Local == "rPh"
	case xml.EndElement:
		x.in = false
		x.skip = x.skip && t.Name.Local != "rPh"
	case xml.CharData:
		if x.in && !x.skip {
			x.b.Write(t)
		}
	}
}

func (x *texts) take() string {
	s := x.b.String()
	x.b = strings.Builder{}
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllStringFunc(s, func(e string) string {
			n, err := strconv.ParseUint(e[2:6], 16, 16)
			if err != nil {
				return e
			}
			return string(rune(n))
		})
	}
	return s
}

// escaped is how a workbook writes a character that XML has no place for.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func (z workbook) shared(name string) ([]string, error) {
	var all []string
	var x texts
	return all, z.walk(name, func(t xml.Token) error {
		x.see(t)
		if e, ok := t.(xml.EndElement); ok && e.Name.Local == "si" {
			all = append(all, x.take())
		}
		return nil
	})
}

// sheetReader gathers the rows of a sheet.
type sheetReader struct {
	shared []string
	rows   []row
	line   int
	at     int    // column of the cell that is read
	kind   string // its type
	inV    bool
	value  strings.Builder
	inline texts
}

func (z workbook) rows(name string, shared []string) ([]row, error) {
	s := &sheetReader{shared: shared}
	err := z.walk(name, s.see)
	return s.rows, err
}

func (s *sheetReader) see(t xml.Token) error {
	s.inline.see(t)
	switch t := t.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "row":
			s.begin(attr(t, "r"))
		case "c":
			s.at, s.kind = s.column(attr(t, "r")), attr(t, "t")
		case "v":
			s.inV = true
		}
	case xml.CharData:
		if s.inV {
			s.value.Write(t)
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "v":
			s.inV = false
		case "c":
			return s.put()
		case "sheetData":
			return io.EOF
		}
	}
	return nil
}

func (s *sheetReader) begin(r string) {
	n, err := strconv.Atoi(r)
	if err != nil || n <= s.line {
		n = s.line + 1
	}
	s.line, s.at = n, -1
}

// column reads the letters of a reference such as AB12; without one it is the column after the last.
func (s *sheetReader) column(ref string) int {
	n := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' || n > MaxColumns {
			break
		}
		n = 26*n + int(c-'A') + 1
	}
	if n == 0 {
		return s.at + 1
	}
	return n - 1
}

// put keeps the cell that was read. Empty cells leave no trace, however many there are.
func (s *sheetReader) put() error {
	v, inline := s.value.String(), s.inline.take()
	s.value = strings.Builder{}
	switch s.kind {
	case "s":
		i, err := strconv.Atoi(v)
		if err != nil || i < 0 || i >= len(s.shared) {
			return notATable(nil)
		}
		v = s.shared[i]
	case "inlineStr":
		v = inline
	case "", "n":
		v = whole(v)
	}
	if v == "" {
		return nil
	}
	if s.line > MaxRows+1 || s.at >= MaxColumns {
		return large()
	}
	if len(s.rows) == 0 || s.rows[len(s.rows)-1].line != s.line {
		s.rows = append(s.rows, row{line: s.line})
	}
	last := &s.rows[len(s.rows)-1]
	if len(last.cells) <= s.at {
		last.cells = fitted(last.cells, s.at+1)
	}
	last.cells[s.at] = v
	return nil
}

// whole writes a number that a program stored with an exponent as people would.
func whole(v string) string {
	if !strings.ContainsAny(v, "eE") {
		return v
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return v
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
