package render_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strengthen/internal/render"
)

func TestALongTableRepeatsItsHead(t *testing.T) {
	table := render.Table{Caption: "Дълга", Head: []render.Column{{Text: "Населеноместо"}, {Text: "Брой", Number: true}}}
	for i := range 300 {
		table.Rows = append(table.Rows, []render.Cell{{Text: fmt.Sprintf("ред-%d", i), Header: true}, render.Num(float64(i), fmt.Sprint(i))})
	}
	text := textOf(t, must(t)(render.PDF(render.Document{Lang: "en", Title: "Long", Made: made, Blocks: []render.Block{table}})))
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	for i, page := range pages {
		if strings.Count(page, "Населеноместо") != 1 {
			t.Errorf("page %d has not one head", i+1)
		}
		if want := fmt.Sprintf("page %d of %d", i+1, len(pages)); !strings.Contains(page, want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
	}
	for i := range 300 {
		if strings.Count(text, fmt.Sprintf("ред-%d ", i)) != 1 {
			t.Errorf("row %d is not there once", i)
		}
	}
}

func TestAWideTableStaysOnThePage(t *testing.T) {
	table := render.Table{Caption: "Широка", Note: "Бележка"}
	var row []render.Cell
	for i := range 9 {
		table.Head = append(table.Head, render.Column{Text: fmt.Sprintf("Показател %d", i), Number: i > 0})
		row = append(row, render.Cell{Text: fmt.Sprintf("стойност %d", i)})
	}
	table.Rows = [][]render.Cell{row, row[:2], append(row, render.Cell{Text: "излишна"})}
	text := textOf(t, must(t)(render.PDF(render.Document{Lang: "bg", Title: "x", Made: made, Blocks: []render.Block{table}})))
	for _, want := range []string{"Показател", "стойност", "Бележка"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing or broken", want)
		}
	}
}

func TestHeadingsBecomeBookmarks(t *testing.T) {
	d := render.Document{Lang: "bg", Title: "x", Made: made, Blocks: []render.Block{
		render.Heading{Level: 3, Text: "Първо"}, render.Heading{Level: 2, Text: "Второ"}, render.Heading{Level: 3, Text: "Трето"}, render.Heading{Text: "Без ниво"},
		render.List{Items: []string{strings.Repeat("дълго изречение ", 20), "кратко"}}, render.Figure{Finding: "Без чертеж"}}}
	b := must(t)(render.PDF(d))
	textOf(t, b)
	if n := bytes.Count(b, []byte("/Title")); n != 5 { // the document and four headings
		t.Errorf("%d titles, want 5", n)
	}
}

func certificate() render.CertificateFacts {
	return render.CertificateFacts{
		TitleBG: "Укрепване", TitleEN: "Strengthen", Name: "Щерева Йовка Ангелова", NameLatin: "Shtereva Yovka Angelova", PlaceBG: "Перник", PlaceEN: "Pernik",
		DaysBG: "23–25 ноември 2026 г.", DaysEN: "23–25 November 2026", Hours: 17.5, Number: "ST-2026-0042", Code: "abcdefghjkmn",
		IssuedBG: "1 декември 2026 г.", IssuedEN: "1 December 2026", URL: "https://strengthen.example/verify/abcdefghjkmn", Made: made,
	}
}

func TestARevokedCertificateSaysSo(t *testing.T) {
	c := certificate()
	if strings.Contains(textOf(t, must(t)(render.Certificate(c))), "REVOKED") {
		t.Error("a valid certificate says that it is revoked")
	}
	c.Revoked = true
	// Text on a slant comes apart with -layout, so it is read in the order of the page.
	file := filepath.Join(t.ArtifactDir(), "revoked.pdf")
	if err := os.WriteFile(file, must(t)(render.Certificate(c)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "qpdf", "--check", file)
	if text := run(t, "pdftotext", "-raw", file, "-"); !strings.Contains(text, "ОТМЕНЕНО / REVOKED") {
		t.Errorf("a revoked certificate does not say so: %s", text)
	}
}

func TestPapersWithLongNamesKeepTheirPages(t *testing.T) {
	long := "Александрина-Виктория Константинова-Хаджидимитрова Преображенска"
	c := certificate()
	c.Name, c.NameLatin, c.TitleBG = long, long, strings.Repeat("междуинституционален отговор ", 5)
	badges := []render.Badge{}
	for range 9 {
		badges = append(badges, render.Badge{Name: long, Agency: strings.Repeat("Областна дирекция ", 9), Sector: "Полиция", Code: "abc"})
	}
	for name, x := range map[string]struct {
		b     []byte
		pages int
	}{
		"certificate": {must(t)(render.Certificate(c)), 1},
		"badges":      {must(t)(render.Badges("bg", "Перник", badges, made)), 2},
		"no badges":   {must(t)(render.Badges("bg", "Перник", nil, made)), 1},
		"no sheet":    {must(t)(render.Sheet(nil)), 1},
	} {
		text := textOf(t, x.b)
		if n := strings.Count(text, "\f"); n != x.pages {
			t.Errorf("%s: %d pages, want %d", name, n, x.pages)
		}
		if strings.HasPrefix(name, "badges") && !strings.Contains(text, "Хаджидимитрова") {
			t.Error("a name is broken inside a word")
		}
	}
}

func TestASheetCutsNothingAndLeavesRoomToSign(t *testing.T) {
	names := []string{"Александрина-Виктория", "Константинова-Хаджидимитрова"}
	sheet := render.AttendanceSheet{Lang: "bg", Title: "Укрепване", Place: "Перник", Day: "понеделник", Time: "09:00–12:30", Made: made, Rows: []render.SheetRow{{
		Name: strings.Join(names, " "), Agency: "Регионално управление на образованието Велико Търново", Sector: "Социални услуги и социално подпомагане",
	}}}
	b := must(t)(render.Sheet([]render.AttendanceSheet{sheet}))
	text := textOf(t, b)
	for _, want := range append(names, "Социални услуги и", "социално подпомагане", "Велико Търново") {
		if !strings.Contains(text, want) {
			t.Errorf("%q is cut", want)
		}
	}
	if strings.Contains(text, "…") {
		t.Error("something is cut")
	}
	file := filepath.Join(t.ArtifactDir(), "sheet.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if info := run(t, "pdfinfo", file); !strings.Contains(info, "841.89 x 595.28") {
		t.Errorf("the sheet is not A4 landscape: %s", info)
	}
}

func TestSamePapersSameBytes(t *testing.T) {
	revoked := certificate()
	revoked.Revoked = true
	sheet := render.AttendanceSheet{Lang: "en", Title: "Strengthen", Trainers: []string{"A"}, Rows: []render.SheetRow{{Name: "B"}}, Blank: 3, Made: made}
	for name, write := range map[string]func() ([]byte, error){
		"certificate": func() ([]byte, error) { return render.Certificate(certificate()) },
		"revoked":     func() ([]byte, error) { return render.Certificate(revoked) },
		"sheet":       func() ([]byte, error) { return render.Sheet([]render.AttendanceSheet{sheet}) },
		"badges":      func() ([]byte, error) { return render.Badges("en", "x", []render.Badge{{Name: "B", Code: "c"}}, made) },
	} {
		if a, b := must(t)(write()), must(t)(write()); !bytes.Equal(a, b) {
			t.Errorf("%s: the bytes differ", name)
		}
	}
}
