package render

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// tags is the structure of a tagged PDF (ISO 32000-1, 14.7 and 14.8) under way: what is a heading, a paragraph, a cell. The library
// that writes pages knows nothing of it; marks go into the contents of pages, and the tree is appended to the finished file as
// an update.
type tags struct {
	root  *tag
	stack []*tag
	open  *tag // whose content is being written
	next  map[int]int
}

// tag is one element. It has content (marks) or elements below it.
type tag struct {
	kind, alt, scope string
	kids             []*tag
	marks            []pageMark
	number           int // of its object
}

// pageMark is a piece of content: page and number in the page, from 1 and from 0.
type pageMark struct{ page, id int }

func newTags() *tags {
	root := &tag{kind: "Document"}
	return &tags{root: root, stack: []*tag{root}, next: map[int]int{}}
}

// inside puts an element around others.
func (p *report) inside(kind string, write func()) {
	p.push(&tag{kind: kind})
	write()
	p.tags.stack = p.tags.stack[:len(p.tags.stack)-1]
}

func (p *report) push(t *tag) {
	top := p.tags.stack[len(p.tags.stack)-1]
	top.kids = append(top.kids, t)
	p.tags.stack = append(p.tags.stack, t)
}

// mark writes the content of an element. It may go over several pages.
func (p *report) mark(t tag, write func()) {
	p.push(&t)
	p.tags.open = &t
	p.resume()
	write()
	p.suspend()
	p.tags.open = nil
	p.tags.stack = p.tags.stack[:len(p.tags.stack)-1]
}

// suspend ends the content on this page, resume goes on with it on the next.
func (p *report) suspend() {
	if p.tags.open != nil {
		p.RawWriteStr("EMC\n")
	}
}

func (p *report) resume() {
	t := p.tags.open
	if t == nil {
		return
	}
	page := p.PageNo()
	id := p.tags.next[page]
	p.tags.next[page]++
	t.marks = append(t.marks, pageMark{page, id})
	p.RawWriteStr(fmt.Sprintf("/%s <</MCID %d>> BDC\n", t.kind, id))
}

// artifact writes what is no content: rules, page numbers.
func (p *report) artifact(write func()) {
	p.RawWriteStr("/Artifact BMC\n")
	write()
	p.RawWriteStr("EMC\n")
}

var (
	pageObject    = regexp.MustCompile(`(?m)^(\d+) 0 obj\n<</Type /Page\n`)
	catalogObject = regexp.MustCompile(`(?m)^(\d+) 0 obj\n<<\n?/Type /Catalog\n`)
	trailerSize   = regexp.MustCompile(`/Size (\d+)`)
	trailerRest   = regexp.MustCompile(`/(?:Root|Info) \d+ 0 R`)
	oldXref       = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\s*$`)
)

// update appends the tree to a finished file: new objects, the pages and the catalogue that point to them, and a second table
// of where objects stand.
type update struct {
	bytes.Buffer
	at   map[int]int // object: offset
	next int
}

func (u *update) object(number int, body string) {
	u.at[number] = u.Len()
	fmt.Fprintf(u, "%d 0 obj\n%s\nendobj\n", number, body)
}

// tagged adds the structure to a PDF as this package writes it.
func (t *tags) tagged(b []byte) ([]byte, error) {
	size, xref, catalog := trailerSize.FindAllSubmatch(b, -1), oldXref.FindSubmatch(b), catalogObject.FindSubmatchIndex(b)
	pages := pageObject.FindAllSubmatchIndex(b, -1)
	if len(size) == 0 || xref == nil || catalog == nil || len(pages) == 0 {
		return nil, fmt.Errorf("pdf: no place for the structure")
	}
	u := &update{at: map[int]int{}}
	u.next, _ = strconv.Atoi(string(size[len(size)-1][1]))
	u.Write(b)
	var numbers []int
	for i, m := range pages {
		n, _ := strconv.Atoi(string(b[m[2]:m[3]]))
		numbers = append(numbers, n)
		body, _, _ := bytes.Cut(b[m[3]+len(" 0 obj\n"):], []byte("\nendobj"))
		u.object(n, strings.Replace(string(body), "/Type /Page\n", fmt.Sprintf("/Type /Page\n/StructParents %d /Tabs /S\n", i), 1))
	}
	top := u.next
	u.next++
	t.root.count(u)
	t.root.write(u, top, numbers)
	parents := u.next
	u.next++
	u.object(parents, t.parents(len(pages)))
	u.object(top, fmt.Sprintf("<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", t.root.number, parents, len(pages)))
	n, _ := strconv.Atoi(string(b[catalog[2]:catalog[3]]))
	body, _, _ := bytes.Cut(b[catalog[3]+len(" 0 obj\n"):], []byte("\nendobj"))
	u.object(n, strings.Replace(string(body), "/Type /Catalog\n", fmt.Sprintf("/Type /Catalog\n/Version /1.7 /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R\n", top), 1))
	u.finish(b, string(xref[1]))
	return u.Bytes(), nil
}

// count gives every element its number.
func (t *tag) count(u *update) {
	t.number = u.next
	u.next++
	for _, k := range t.kids {
		k.count(u)
	}
}

func (t *tag) write(u *update, parent int, pages []int) {
	var kids []string
	for _, k := range t.kids {
		kids = append(kids, fmt.Sprintf("%d 0 R", k.number))
	}
	for _, m := range t.marks {
		kids = append(kids, fmt.Sprintf("<</Type /MCR /Pg %d 0 R /MCID %d>>", pages[m.page-1], m.id))
	}
	body := fmt.Sprintf("<</Type /StructElem /S /%s /P %d 0 R /K [%s]", t.kind, parent, strings.Join(kids, " "))
	if t.alt != "" {
		body += " /Alt " + unicodeText(t.alt)
	}
	if t.scope != "" {
		body += " /A <</O /Table /Scope /" + t.scope + ">>"
	}
	u.object(t.number, body+">>")
	for _, k := range t.kids {
		k.write(u, t.number, pages)
	}
}

// parents says of every piece of content of every page which element it belongs to.
func (t *tags) parents(pages int) string {
	of := make([]map[int]int, pages)
	for i := range of {
		of[i] = map[int]int{}
	}
	var visit func(x *tag)
	visit = func(x *tag) {
		for _, m := range x.marks {
			of[m.page-1][m.id] = x.number
		}
		for _, k := range x.kids {
			visit(k)
		}
	}
	visit(t.root)
	var b strings.Builder
	b.WriteString("<</Nums [")
	for i, m := range of {
		fmt.Fprintf(&b, "%d [", i)
		for id := range len(m) {
			fmt.Fprintf(&b, "%d 0 R ", m[id])
		}
		b.WriteString("] ")
	}
	b.WriteString("]>>")
	return b.String()
}

// finish writes where the objects of the update stand, and the trailer that points to the table before it.
func (u *update) finish(b []byte, before string) {
	trailer := b[bytes.LastIndex(b, []byte("trailer")):]
	start := u.Len()
	u.WriteString("xref\n")
	for n := 1; n < u.next; n++ {
		if at, ok := u.at[n]; ok {
			fmt.Fprintf(u, "%d 1\n%010d 00000 n \n", n, at)
		}
	}
	var rest []string
	for _, m := range trailerRest.FindAll(trailer, -1) {
		rest = append(rest, string(m))
	}
	fmt.Fprintf(u, "trailer\n<< /Size %d %s /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", u.next, strings.Join(rest, " "), before, start)
}

// unicodeText is a text string of PDF in UTF-16.
func unicodeText(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}
