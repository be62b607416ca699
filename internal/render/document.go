// Package render writes a Document of headings, figures, tables and charts as HTML, PDF, XLSX, CSV or JSON, and the papers
// of a training: certificate, attendance sheet, badges. The same Document and the same clock give the same bytes. It knows
// no subject; numbers come formatted for the reader, with their values beside them where a spreadsheet wants them.
package render

import "time"

// Document is a report before it has a form.
type Document struct {
	Lang            string // bg or en
	Title, Subtitle string
	Made            time.Time // the clock: dates inside the files
	Footer          []string
	Blocks          []Block
	Data            any // the numbers behind, for JSON
}

// Block is a part of a Document.
type Block interface{ isBlock() }

// Heading is of level 2 or 3.
type Heading struct {
	Level int
	Text  string
}

// Para is a paragraph. Kind is "", "lead", "note" or "warn".
type Para struct{ Text, Kind string }

// List is a list of short texts.
type List struct{ Items []string }

// Facts are at most four large figures.
type Facts struct{ Items []Fact }

// Fact is a figure, what it counts, and of how many.
type Fact struct{ Value, What, Of string }

// Table has a caption, a head and rows.
type Table struct {
	Caption string
	Head    []Column
	Rows    [][]Cell
	Note    string
	Folded  bool // on a page it opens when asked; everywhere else it stands as any other
}

// Column heads a table.
type Column struct {
	Text   string
	Number bool
}

// Cell is one cell; Number is its value where it has one.
type Cell struct {
	Text       string
	Number     *float64
	Header     bool
	Suppressed bool
}

// Num is a cell with a value and its text.
func Num(x float64, text string) Cell { return Cell{Text: text, Number: &x} }

// Code is text that is kept as it is, line by line: a plan, a hash.
type Code struct{ Caption, Text string }

// Figure is a chart with its finding above, its measure below, and its table behind.
type Figure struct {
	Finding, Caption string
	Plot             Plot
	Table            *Table
}

func (Heading) isBlock() {}
func (Para) isBlock()    {}
func (List) isBlock()    {}
func (Facts) isBlock()   {}
func (Table) isBlock()   {}
func (Figure) isBlock()  {}
func (Code) isBlock()    {}

// words are the few texts that this package adds itself.
var words = map[string]map[string]string{
	"table":     {"bg": "Данните като таблица", "en": "The data as a table"},
	"page":      {"bg": "стр. %d от {nb}", "en": "page %d of {nb}"},
	"hidden":    {"bg": "скрито", "en": "hidden"},
	"report":    {"bg": "Отчет", "en": "Report"},
	"name":      {"bg": "Име", "en": "Name"},
	"agency":    {"bg": "Институция", "en": "Institution"},
	"sector":    {"bg": "Сектор", "en": "Sector"},
	"signature": {"bg": "Подпис", "en": "Signature"},
	"trainers":  {"bg": "Обучители", "en": "Trainers"},
	"sheet":     {"bg": "Присъствен лист", "en": "Attendance sheet"},
}

func word(lang, key string) string {
	if lang != "en" {
		lang = "bg"
	}
	return words[key][lang]
}
