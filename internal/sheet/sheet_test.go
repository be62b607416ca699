package sheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"strengthen/internal/fault"
	"strengthen/internal/sheet"
)

func book(t testing.TB, rows ...[]string) []byte {
	t.Helper()
	b, err := sheet.Book(sheet.Page{Name: "Данни", Rows: rows, Widths: []float64{20, 20}, Choices: map[int]string{1: "'Стойности'!$A$1:$A$2"}},
		sheet.Page{Name: "Стойности", Rows: [][]string{{"а"}, {"б"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	for name, tc := range map[string]struct {
		file []byte
		key  string
		cell string
	}{
		"comma":               {[]byte("a,b\nx,y\n"), "", "x"},
		"semicolon, BOM":      {[]byte("\ufeffa;b\n x ;y\n\n"), "", "x"},
		"workbook":            {book(t, []string{"име", "ред"}, []string{"Ана Илиева", "1"}, []string{"=1+1", "2"}), "", "Ана Илиева"},
		"short rows":          {[]byte("a,b,c\nx\n"), "", "x"},
		"shared and inline":   {workbook(t, `<row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>y</t></is></c></row>`), "", "Иван Петров"},
		"a number of a phone": {workbook(t, `<row><c><v>3.59888123456E11</v></c></row>`), "", "359888123456"},
		"a formula":           {workbook(t, `<row><c t="str"><f>A1&amp;"x"</f><v>резултат</v></c></row>`), "", "резултат"},
		"nothing":             {nil, "sheet.kind", ""},
		"head only":           {[]byte("a,b\n"), "sheet.empty", ""},
		"not UTF-8":           {[]byte{0xc8, 0xec, 0xe5, '\n', 'x'}, "sheet.kind", ""},
		"a broken archive":    {[]byte("PK\x03\x04nonsense"), "sheet.kind", ""},
		"a broken sheet":      {workbook(t, `<row><c><v>1</v></row`), "sheet.kind", ""},
		"a text that is none": {workbook(t, `<row><c t="s"><v>7</v></c></row>`), "sheet.kind", ""},
		"a column twice":      {[]byte("a,A\nx,y\n"), "sheet.twice", ""},
		"too many rows":       {[]byte("a\n" + strings.Repeat("x\n", sheet.MaxRows+2)), "sheet.large", ""},
		"a row far below":     {workbook(t, `<row r="900000"><c><v>1</v></c></row>`), "sheet.large", ""},
		"a cell far right":    {workbook(t, `<row><c r="ZZZ2"><v>1</v></c></row>`), "sheet.large", ""},
		"empty cells there":   {workbook(t, `<row><c><v>1</v></c><c r="ZZZ2"/></row><row r="900000"><c/></row>`), "", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sheet.Read(tc.file)
			if tc.key != "" {
				if l := fault.All(err); len(l) != 1 || l[0].Key != tc.key {
					t.Fatalf("got %v, want %s", err, tc.key)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Rows[0][0] != tc.cell || len(got.Rows[0]) != len(got.Head) {
				t.Errorf("got %q under %q", got.Rows[0], got.Head)
			}
		})
	}
}

const shared = `<sst xmlns="x"><si><t>Име</t></si><si><r><t>Иван </t></r><r><rPr/><t>Петров</t></r><rPh><t>не се чете</t></rPh></si></sst>`

// workbook is a file as other programs write it, with the head "Име" in the first row and rows after it.
func workbook(t testing.TB, rows string) []byte {
	return archive(t, map[string]string{
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row>` + rows + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml":     shared,
	})
}

func archive(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="тайна" sheetId="2" state="hidden" r:id="rId9"/><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       shared,
		"xl/worksheets/sheet1.xml":   `<worksheet/>`,
	}
	for name, body := range parts {
		all[name] = body
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range all {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRowsKeepTheirLines(t *testing.T) {
	for name, file := range map[string][]byte{
		"CSV":      []byte("a,b\n\n\nx,1\n\"y\ny\",2\n,\n\nz,3\n"),
		"workbook": workbook(t, `<row r="4"><c><v>1</v></c></row><row><c><v>2</v></c></row><row r="6"><c/></row><row r="8"><c><v>3</v></c></row>`),
	} {
		got, err := sheet.Read(file)
		want := map[string][]int{"CSV": {4, 5, 9}, "workbook": {4, 5, 8}}[name]
		if err != nil || !reflect.DeepEqual(got.Lines, want) {
			t.Errorf("%s: lines %v (%v), want %v", name, got.Lines, err, want)
		}
	}
}

func TestSignsThatAreNoTextAreFoundInTheirCells(t *testing.T) {
	for name, file := range map[string][]byte{
		"NUL in CSV":               []byte("a,b\nx,y\nx,\x00\n"),
		"broken bytes in CSV":      []byte("a,b\nx,y\nx,\xc8\xec\n"),
		"an escape in a workbook":  archive(t, map[string]string{"xl/worksheets/sheet1.xml": cells(`<c t="str"><v>a_x0000_b</v></c>`, `<c t="inlineStr"><is><t>a_x0000_b</t></is></c>`)}),
		"broken bytes in workbook": archive(t, map[string]string{"xl/worksheets/sheet1.xml": cells(`<c><v>1</v></c>`, "<c t=\"str\"><v>\xc8\xec</v></c>")}),
		"NUL in workbook":          archive(t, map[string]string{"xl/worksheets/sheet1.xml": cells(`<c><v>1</v></c>`, "<c t=\"str\"><v>a\x00</v></c>")}),
	} {
		_, err := sheet.Read(file)
		l := fault.All(err)
		if len(l) == 0 {
			t.Errorf("%s: no fault", name)
			continue
		}
		last := l[len(l)-1]
		if last.Key != "sheet.signs" || last.Row != 3 || last.Field != "b" {
			t.Errorf("%s: %v, want sheet.signs in row 3, column b", name, err)
		}
	}
}

// cells is a sheet with the head a, b and a bad cell in row 3.
func cells(_, bad string) string {
	text := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	return `<worksheet><sheetData><row>` + text("a") + text("b") + `</row><row>` + text("x") + text("y") + `</row><row>` + text("x") + bad + `</row></sheetData></worksheet>`
}

// bombs are files made to cost memory, each of some kilobytes or within every limit but one.
func bombs(t testing.TB) map[string][]byte {
	sst := func(n int, si string) map[string]string {
		return map[string]string{"xl/sharedStrings.xml": "<sst>" + strings.Repeat(si, n/len(si)) + "</sst>"}
	}
	rows := func(body string) map[string]string {
		return map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + body + "</sheetData></worksheet>"}
	}
	const most = sheet.MaxUnpacked - 20<<10
	var strings14, wide, attrs, mixed strings.Builder
	for i := 0; strings14.Len() < most-64; i++ {
		fmt.Fprintf(&strings14, "<si><t>%d</t></si>", i*7919) // varied, so that it packs to less than a hundredth no more
	}
	wide.WriteString("<row>")
	for i := range sheet.MaxColumns {
		fmt.Fprintf(&wide, `<c t="inlineStr"><is><t>h%d</t></is></c>`, i)
	}
	wide.WriteString("</row>")
	for i := range sheet.MaxRows {
		fmt.Fprintf(&wide, `<row><c r="GR%d"><v>%d</v></c></row>`, i+2, i*7919)
	}
	for i := 0; attrs.Len() < most-64; i++ {
		fmt.Fprintf(&attrs, ` a%d=""`, i*7919)
	}
	for i := 0; mixed.Len() < most-64; i++ {
		fmt.Fprintf(&mixed, `<c r="A%d"><v>%d</v></c>`, i*7919%99991, i)
	}
	many := map[string]string{}
	for i := range 300 {
		many[fmt.Sprint("xl/x", i)] = "x"
	}
	return map[string][]byte{
		"31 MB of shared strings":    archive(t, sst(31<<20, "<si><t/></si>")),
		"spaces":                     archive(t, rows(strings.Repeat(" ", 64<<20))),
		"as many strings as fit":     archive(t, map[string]string{"xl/sharedStrings.xml": "<sst>" + strings14.String() + "</sst>"}),
		"rows with only a last cell": archive(t, rows(wide.String())),
		"a tag of attributes":        archive(t, rows("<row"+attrs.String()+">")),
		"as many cells as fit":       archive(t, rows("<row>"+mixed.String()+"</row>")),
		"many parts":                 archive(t, many),
		"a size that is not true":    lying(t),
	}
}

// lying is a workbook whose directory names a tenth of the true size of its sheet.
func lying(t testing.TB) []byte {
	body := bytes.Repeat([]byte("<row><c><v>1</v></c></row>"), 40<<20/26)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 9)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(body)
	w.Close()
	b := archive(t, nil)
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range r.File {
		if f.Name == "xl/worksheets/sheet1.xml" {
			h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(body), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(packed.Len() * 50)}
			raw, err := z.CreateRaw(h)
			if err != nil {
				t.Fatal(err)
			}
			raw.Write(packed.Bytes())
			continue
		}
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	return out.Bytes()
}

// TestNoWorkbookCostsMuchMemory reads each bomb in a process of its own and looks at the most memory that it ever took.
func TestNoWorkbookCostsMuchMemory(t *testing.T) {
	for name, b := range bombs(t) {
		file := filepath.Join(t.TempDir(), "bomb.xlsx")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "STRENGTHEN_READ_ONE="+file)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		_, rest, _ := strings.Cut(string(out), "peak ")
		words := strings.Fields(rest)
		if len(words) < 3 {
			t.Fatalf("%s: no figure in %s", name, out)
		}
		kb, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: file %d kB, peak memory %d MB, %s", name, len(b)>>10, kb>>10, strings.Join(words[2:], " "))
		if kb > 150<<10 {
			t.Errorf("%s: %d MB of memory", name, kb>>10)
		}
	}
}

// TestMain reads one file and says what that cost, when it is asked to; otherwise it runs the tests.
func TestMain(m *testing.M) {
	file := os.Getenv("STRENGTHEN_READ_ONE")
	if file == "" {
		os.Exit(m.Run())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	verdict := "refused"
	if table, err := sheet.Read(b); err == nil {
		taken, err := table.Take([]sheet.Column{{Name: "a", Heads: []string{"h0"}}})
		verdict = fmt.Sprint(len(taken.Records), " rows, ", err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Printf("peak %s kB %s\n", strings.Fields(peak)[0], verdict)
}

func TestColumnsAreFoundByAnyOfTheirNames(t *testing.T) {
	columns := []sheet.Column{{Name: "name", Heads: []string{"Име и фамилия", "Name"}}, {Name: "phone", Heads: []string{"Телефон", "Phone"}, Optional: true}, {Name: "sector", Heads: []string{"Сектор", "Sector"}}}
	read := func(head string) (sheet.Taken, error) {
		table, err := sheet.Read([]byte(head + "\nАна,б,в\n"))
		if err != nil {
			t.Fatal(err)
		}
		return table.Take(columns)
	}
	for _, head := range []string{"име  и фамилия *,СЕКТОР,Бележка", "NAME,sector,Бележка"} {
		got, err := read(head)
		if err != nil || got.Records[0].Cells["name"] != "Ана" || got.Records[0].Cells["sector"] != "б" || got.Places["sector"].Letter != "B" || len(got.Unread) != 1 {
			t.Errorf("%s: %+v, %v", head, got, err)
		}
	}
	_, err := read("Name,Phone,Бележка")
	if l := fault.All(err); len(l) != 1 || l[0].Key != "sheet.column" || l[0].Vars["name"] != "Сектор" {
		t.Errorf("a missing column: %v", err)
	}
	_, err = read("Name,Име и фамилия,Sector")
	if l := fault.All(err); len(l) != 1 || l[0].Key != "sheet.twice" {
		t.Errorf("a column under both its names: %v", err)
	}
}

func TestRecordsNamesMissingColumns(t *testing.T) {
	table, err := sheet.Read([]byte("a,b\nx,y\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = table.Records("A", "c")
	if l := fault.All(err); len(l) != 1 || l[0].Vars["name"] != "c" {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("\"a"))
	f.Add(workbook(f, `<row><c t="s"><v>1</v></c></row>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := sheet.Read(b)
		if err == nil && (len(table.Head) == 0 || len(table.Rows) == 0 || len(table.Rows) != len(table.Lines)) {
			t.Error("a table without anything in it")
		}
	})
}
