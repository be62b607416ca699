package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"strengthen/internal/render"
)

func must(t *testing.T) func([]byte, error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// plots are one of each kind, with the values that are hard to draw.
func plots() map[string]render.Plot {
	nan, inf, hollow := math.NaN(), math.Inf(1), math.NaN()
	return map[string]render.Plot{
		"forest": render.Forest{Title: "Промяна <б>", Desc: "По сектори & общо", Unit: "точки", Rows: []render.ForestRow{
			{Label: "Полиция", Est: 12.3, Low: 8, High: 16.5, Text: "+12,3 [8,0; 16,5]"}, {Label: "Без интервал", Est: 2, Low: nan, High: inf},
			{Label: "Без число", Est: nan, Hollow: &hollow}, {Label: "Малко", Suppressed: true, Est: 77}, {Label: "Всички", Est: 10, Low: 9, High: 11, Overall: true}}},
		"empty forest": render.Forest{Title: "Празно", Desc: "Няма"},
		"slopes": render.Slopes{Title: "Вълни", Desc: "Средни", Waves: []string{"преди", "след"}, Panels: []render.SlopePanel{
			{Label: "Медиатори и неправителствени организации в областта", Points: []render.SlopePoint{{Mean: 40, Low: 35, High: 45}, {Mean: 60, Low: 55, High: 65}, {Mean: 1}, {Mean: 2}}},
			{Label: "Празно", Points: []render.SlopePoint{{Missing: true}, {Mean: nan}}}}},
		"flow": render.Flow{Title: "Път", Desc: "Поток", Steps: []render.FlowStep{{Label: "Поканени", N: 840}, {Label: "Отговорили", N: 600, Lost: "240 без отговор"}}},
	}
}

// elements parses markup and counts its elements.
func elements(t *testing.T, s string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return seen
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			seen[e.Name.Local]++
		}
	}
}

func TestEveryPlotIsLabelledAndHoldsOnlyNumbers(t *testing.T) {
	for name, p := range plots() {
		s := render.SVG(p, "bg", "q7")
		seen := elements(t, s)
		if seen["title"] != 1 || seen["desc"] != 1 {
			t.Errorf("%s: title or description is missing", name)
		}
		for _, want := range []string{`role="img"`, `aria-labelledby="q7-t q7-d"`, `viewBox="0 0 440 `, `id="q7-t"`} {
			if !strings.Contains(s, want) {
				t.Errorf("%s: %s is missing", name, want)
			}
		}
		for _, bad := range []string{"style=", "NaN", "Inf", `="-"`} {
			if strings.Contains(s, bad) {
				t.Errorf("%s: holds %s", name, bad)
			}
		}
		b := must(t)(render.PDF(render.Document{Lang: "bg", Title: "x", Made: made, Blocks: []render.Block{render.Figure{Finding: name, Plot: p}}}))
		if bytes.Contains(b, []byte("NaN")) {
			t.Errorf("%s: the PDF holds NaN", name)
		}
		textOf(t, b)
	}
}

func TestAHiddenGroupIsNotDrawn(t *testing.T) {
	with := render.SVG(render.Forest{Rows: []render.ForestRow{{Label: "a", Suppressed: true, Est: 77, Low: 70, High: 80, Text: "+77"}}}, "bg", "x")
	without := render.SVG(render.Forest{Rows: []render.ForestRow{{Label: "a", Suppressed: true}}}, "bg", "x")
	if with != without || !strings.Contains(with, "скрито") {
		t.Error("a chart depends on a hidden number, or does not say that it is hidden")
	}
}

func TestAHiddenNumberLeavesInNoForm(t *testing.T) {
	secret := 4711.25
	table := render.Table{Caption: "т", Head: []render.Column{{Text: "а"}, {Text: "б", Number: true}}, Rows: [][]render.Cell{{{Text: "x"}, {Text: "скрито", Number: &secret, Suppressed: true}}}}
	d := render.Document{Lang: "bg", Title: "x", Made: made, Blocks: []render.Block{table, render.Figure{Table: &table}}}
	x, err := excelize.OpenReader(bytes.NewReader(must(t)(render.XLSX(d))))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	forms := map[string]string{"json": string(must(t)(render.JSON(d))), "csv": string(must(t)(render.CSV(table))), "html": render.HTML(d), "pdf": textOf(t, must(t)(render.PDF(d)))}
	for _, sheet := range []string{"1", "2"} {
		forms["xlsx "+sheet], err = x.GetCellValue(sheet, "B3")
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range forms {
		if strings.Contains(s, "4711") || !strings.Contains(s, "скрито") {
			t.Errorf("%s: the hidden number is there, or its sign is not: %s", name, s)
		}
	}
}

func TestCSVIsReadableAndHarmless(t *testing.T) {
	table := render.Table{Head: []render.Column{{Text: "@x"}}, Rows: [][]render.Cell{{render.Num(-3.5, "−3,5")}, {render.Num(math.NaN(), "–")}}}
	bad := []string{"=1", "+1", "-1", "@a", " =1", "\t=1", "\u00a0+1", "\u200b=1", "＝1", "＋1", "－1", "＠a", "\u2060\u202e=1"}
	for _, s := range bad {
		table.Rows = append(table.Rows, []render.Cell{{Text: s}})
	}
	s := string(must(t)(render.CSV(table)))
	for _, want := range append(bad, "@x") {
		if !strings.Contains(s, "'"+want) {
			t.Errorf("%q is not made harmless", want)
		}
	}
	if !strings.HasPrefix(s, "\ufeff'@x\n-3.5\n–\n") {
		t.Errorf("mark, head or number is wrong: %q", s)
	}
}

func TestWorkbookHoldsTextTablesAndNumbers(t *testing.T) {
	table := render.Table{Caption: "Брой", Head: []render.Column{{Text: "Град"}, {Text: "n", Number: true}}, Rows: [][]render.Cell{{{Text: "Перник"}, render.Num(1234.5, "1 234,5")}}, Note: "Бележка"}
	d := render.Document{Lang: "bg", Title: "Отчет", Subtitle: "Година", Made: made, Footer: []string{"Източник"}, Blocks: []render.Block{table, render.Figure{Finding: "Повече", Table: &table}}}
	f, err := excelize.OpenReader(bytes.NewReader(must(t)(render.XLSX(d))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := fmt.Sprint(f.GetSheetList()); got != "[Отчет 1 2]" {
		t.Errorf("sheets %s", got)
	}
	for _, sheet := range []string{"1", "2"} {
		kind, _ := f.GetCellType(sheet, "B3")
		if v, _ := f.GetCellValue(sheet, "B3"); v != "1234.5" || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
			t.Errorf("%s: %q of type %v, want the number 1234.5", sheet, v, kind)
		}
		if p, err := f.GetPanes(sheet); err != nil || !p.Freeze {
			t.Errorf("%s: the head does not stay in view", sheet)
		}
	}
	rows, _ := f.GetRows("Отчет")
	if fmt.Sprint(rows) != "[[Отчет] [Година] [Повече] [Източник]]" {
		t.Errorf("text %v", rows)
	}
	props, err := f.GetDocProps()
	if err != nil || props.Created != "2026-03-02T07:00:00Z" {
		t.Errorf("made %q", props.Created)
	}
}

func TestJSONHasTheAgreedShape(t *testing.T) {
	var got struct {
		Title, Made string
		Blocks      []map[string]any
		Data        map[string]int
	}
	d := document()
	d.Data = map[string]int{"n": 612}
	if err := json.Unmarshal(must(t)(render.JSON(d)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Made != "2026-03-02T07:00:00Z" || got.Data["n"] != 612 || got.Blocks[0]["type"] != "heading" || got.Blocks[3]["type"] != "figure" {
		t.Errorf("got %v", got)
	}
	row := got.Blocks[3]["table"].(map[string]any)["rows"].([]any)[2].([]any)[1].(map[string]any)
	if row["number"] != 1.0 || row["text"] != "2" {
		t.Errorf("cell %v", row)
	}
}

func TestHTMLIsWellFormedAndEscapesEverywhere(t *testing.T) {
	const evil = `<script>"&'`
	table := render.Table{Caption: evil, Note: evil, Head: []render.Column{{Text: evil}, {Text: "n", Number: true}}, Rows: [][]render.Cell{{{Text: evil, Header: true}, render.Num(1, "1")}}}
	s := render.HTML(render.Document{Lang: "en", Title: evil, Footer: []string{evil}, Blocks: []render.Block{
		render.Heading{Level: 1, Text: evil}, render.Heading{Level: 3, Text: evil}, render.Para{Text: evil, Kind: "lead"}, render.Para{Text: evil},
		render.List{Items: []string{evil}}, render.Facts{Items: []render.Fact{{Value: evil, What: evil, Of: evil}}}, table,
		render.Figure{Finding: evil, Caption: evil, Plot: render.Flow{Title: evil, Desc: evil, Steps: []render.FlowStep{{Label: evil, Lost: evil}}}, Table: &table},
	}})
	seen := elements(t, "<x>"+s+"</x>")
	if seen["script"] > 0 || seen["h2"] != 1 || seen["table"] != 2 || seen["details"] != 1 || seen["svg"] != 1 || strings.Contains(s, "style=") {
		t.Errorf("elements %v", seen)
	}
	for _, want := range []string{"The data as a table", `<th scope="col" class="n">n</th>`, `<td class="n">1</td>`, `role="region" tabindex="0"`} {
		if !strings.Contains(s, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestQRIsAnImageOfSquares(t *testing.T) {
	s, err := render.QR("https://strengthen.example/verify/abc")
	if err != nil {
		t.Fatal(err)
	}
	elements(t, s)
	for _, want := range []string{`role="img"`, `aria-label="QR"`, `width="180"`, `height="180"`, `fill="#000"`} {
		if !strings.Contains(s, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(s, "style=") {
		t.Error("holds a style")
	}
	if _, err := render.QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that does not fit gives no error")
	}
}
