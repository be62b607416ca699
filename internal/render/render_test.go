package render_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"strengthen/internal/render"
)

var made = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

func document() render.Document {
	low := 3.5
	table := render.Table{Caption: "Промяна", Head: []render.Column{{Text: "Сектор"}, {Text: "Промяна", Number: true}}}
	for i := range 120 {
		table.Rows = append(table.Rows, []render.Cell{{Text: fmt.Sprintf("ред %d", i)}, render.Num(float64(i)/2, fmt.Sprint(i))})
	}
	table.Rows = append(table.Rows, []render.Cell{{Text: `=HYPERLINK("http://x")`}, {Text: "под 5", Suppressed: true, Number: &low}})
	return render.Document{
		Lang: "bg", Title: "Какво се промени", Subtitle: "Шест месеца след обученията", Made: made, Footer: []string{"Източник: примерни данни"},
		Blocks: []render.Block{
			render.Heading{Level: 2, Text: "Накратко"}, render.Para{Text: "<script>alert(1)</script> Знанията са по-високи."},
			render.Facts{Items: []render.Fact{{Value: "28", What: "обучения", Of: "от 28"}, {Value: "612", What: "сдвоени"}}},
			render.Figure{Finding: "Знанията са по-високи", Caption: "n = 612", Plot: render.Forest{Title: "Промяна по сектори", Desc: "Полиция 12,3", Rows: []render.ForestRow{
				{Label: "Полиция", Est: 12.3, Low: 8, High: 16.5, Text: "+12,3 [8,0; 16,5]", Hollow: &low}, {Label: "Всички", Est: 10, Low: 9, High: 11, Overall: true, Text: "+10,0"},
				{Label: "Медиация", Suppressed: true}}}, Table: &table},
			render.Figure{Finding: "Пътят", Plot: render.Flow{Title: "Поток", Desc: "Поток", Steps: []render.FlowStep{{Label: "Поканени", N: 840, Text: "840"}, {Label: "Отговорили", N: 600, Text: "600", Lost: "240 без отговор"}}}},
			render.Figure{Finding: "Вълни", Plot: render.Slopes{Title: "Вълни", Desc: "Средни", Waves: []string{"преди", "след", "6 м."}, Max: 100,
				Panels: []render.SlopePanel{{Label: "Полиция", Points: []render.SlopePoint{{Mean: 40, Low: 35, High: 45}, {Mean: 60, Low: 55, High: 65}, {Missing: true}}}}}},
		},
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func textOf(t *testing.T, b []byte) string {
	t.Helper()
	file := filepath.Join(t.ArtifactDir(), "out.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "qpdf", "--check", file)
	return run(t, "pdftotext", "-layout", file, "-")
}

func TestPDFHoldsTheWordsAndRepeatsHeads(t *testing.T) {
	b, err := render.PDF(document())
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, b)
	for _, want := range []string{"Какво се промени", "Знанията са по-високи", "+12,3 [8,0; 16,5]", "ред 119", "стр. 1 от ", "Източник"} {
		if !strings.Contains(text, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
	if n := strings.Count(text, "Сектор"); n < 3 {
		t.Errorf("the head of the long table stands %d times, want one for each page", n)
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	for name, write := range map[string]func() ([]byte, error){
		"pdf":  func() ([]byte, error) { return render.PDF(document()) },
		"xlsx": func() ([]byte, error) { return render.XLSX(document()) },
		"json": func() ([]byte, error) { return render.JSON(document()) },
		"certificate": func() ([]byte, error) {
			return render.Certificate(render.CertificateFacts{Name: "Ана", URL: "https://x.example/verify/abc", Made: made})
		},
	} {
		a, err := write()
		if err != nil {
			t.Fatal(err)
		}
		b, err := write()
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the bytes differ (%v)", name, err)
		}
	}
}

func TestWorkbookHasNumbersAndNoFormulas(t *testing.T) {
	b, err := render.XLSX(document())
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := f.GetCellValue("1", "B4"); v != "0.5" {
		t.Errorf("second row holds %q, want 0.5", v)
	}
	if v, _ := f.GetCellValue("1", "A123"); !strings.HasPrefix(v, "'=") {
		t.Errorf("formula not made harmless: %q", v)
	}
	if v, _ := f.GetCellValue("1", "B123"); v != "под 5" {
		t.Errorf("a suppressed cell shows %q", v)
	}
}

func TestHTMLEscapesAndChartsAreLabelled(t *testing.T) {
	s := render.HTML(document())
	if strings.Contains(s, "<script") || strings.Contains(s, "style=") {
		t.Error("markup from data, or an inline style")
	}
	d := xml.NewDecoder(strings.NewReader(render.SVG(document().Blocks[3].(render.Figure).Plot, "bg", "x")))
	seen := map[string]bool{}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			seen[e.Name.Local] = true
		}
	}
	if !seen["title"] || !seen["desc"] {
		t.Error("the chart has no title or no description")
	}
}

func TestPapersOfATraining(t *testing.T) {
	c, err := render.Certificate(render.CertificateFacts{
		TitleBG: "Укрепване", TitleEN: "Strengthen", Name: "Щерева Йовка Ангелова", NameLatin: "Shtereva Yovka Angelova", PlaceBG: "Перник", PlaceEN: "Pernik",
		DaysBG: "23–25 ноември 2026 г.", DaysEN: "23–25 November 2026", Hours: 17.5, Number: "ST-2026-0042", Code: "abcdefghjkmn",
		IssuedBG: "1 декември 2026 г.", IssuedEN: "1 December 2026", URL: "https://strengthen.example/verify/abcdefghjkmn", Made: made,
	})
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, c)
	for _, want := range []string{"Удостоверение", "Щерева Йовка Ангелова", "ST-2026-0042", "17,5 часа", "17.5 hours"} {
		if !strings.Contains(text, want) {
			t.Errorf("the certificate does not say %q", want)
		}
	}
	rows := []render.SheetRow{{"Ана Илиева", "Второ основно училище с много дълго име, което не се побира", "Образование"}}
	s, err := render.Sheet([]render.AttendanceSheet{{Lang: "bg", Title: "Укрепване", Place: "Перник", Day: "23 ноември", Time: "09:00–12:30", Trainers: []string{"Иван Петров"}, Rows: rows, Blank: 40, Made: made}})
	if err != nil {
		t.Fatal(err)
	}
	if text := textOf(t, s); !strings.Contains(text, "Ана Илиева") || strings.Count(text, "Подпис") < 2 {
		t.Error("the sheet lacks a name or a repeated head")
	}
	b, err := render.Badges("bg", "Перник", []render.Badge{{"Ана Илиева", "Училище", "Образование", "abc"}}, made)
	if err != nil {
		t.Fatal(err)
	}
	if text := textOf(t, b); !strings.Contains(text, "Ана Илиева") {
		t.Error("the badge lacks the name")
	}
}

// TestAPDFTellsAScreenReaderWhatIsWhat asks poppler for the structure of a document that goes over several pages.
func TestAPDFTellsAScreenReaderWhatIsWhat(t *testing.T) {
	table := render.Table{Caption: "Таблица", Head: []render.Column{{Text: "Име"}, {Text: "Брой", Number: true}}}
	for i := range 80 {
		table.Rows = append(table.Rows, []render.Cell{{Text: "ред"}, render.Num(float64(i), "n")})
	}
	d := render.Document{Lang: "bg", Title: "Заглавие", Blocks: []render.Block{
		render.Heading{Level: 2, Text: "Глава"}, render.List{Items: []string{"едно", "две"}},
		render.Figure{Finding: "Находка", Plot: render.Flow{Title: "Кой отговори", Desc: "преди: 20", Steps: []render.FlowStep{{Label: "преди", N: 20}}}},
		table, render.Para{Text: strings.Repeat("Дълъг абзац, който минава на друга страница. ", 120)},
	}}
	b, err := render.PDF(d)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tagged.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdfinfo", file).CombinedOutput()
	if err != nil || !regexp.MustCompile(`Tagged:\s+yes`).Match(out) {
		t.Fatalf("not tagged: %v %s", err, out)
	}
	out, err = exec.Command("pdfinfo", "-struct-text", file).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("Error")) {
		t.Fatalf("%v %s", err, out)
	}
	text := string(out)
	for what, n := range map[string]int{"H1 (block)": 1, "H2 (block)": 1, "Figure": 1, "Table (block)": 1, "TR\n": 81, "LI (block)": 2} {
		if got := strings.Count(text, what); got != n {
			t.Errorf("%d of %s, want %d", got, what, n)
		}
	}
	if got := strings.Count(text, "Дълъг"); got != 120 { // whole, although it goes over a page
		t.Errorf("the long paragraph has %d of its 120 sentences", got)
	}
	if strings.Contains(text, "стр.") {
		t.Error("the number of the page is read out as content")
	}
}
