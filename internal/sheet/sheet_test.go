package sheet_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"strengthen/internal/fault"
	"strengthen/internal/sheet"
)

func TestRead(t *testing.T) {
	book, err := sheet.Template([]string{"име", "ред"}, [][]string{{"Ана Илиева", "1"}, {"=1+1", "2"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		file []byte
		key  string
		cell string
	}{
		"comma":            {[]byte("a,b\nx,y\n"), "", "x"},
		"semicolon, BOM":   {[]byte("\ufeffa;b\n x ;y\n\n"), "", "x"},
		"workbook":         {book, "", "Ана Илиева"},
		"short rows":       {[]byte("a,b,c\nx\n"), "", "x"},
		"nothing":          {nil, "sheet.kind", ""},
		"head only":        {[]byte("a,b\n"), "sheet.empty", ""},
		"not UTF-8":        {[]byte{0xc8, 0xec, 0xe5, '\n', 'x'}, "sheet.kind", ""},
		"a broken archive": {[]byte("PK\x03\x04nonsense"), "sheet.kind", ""},
		"a column twice":   {[]byte("a,A\nx,y\n"), "sheet.twice", ""},
		"too many rows":    {[]byte("a\n" + strings.Repeat("x\n", sheet.MaxRows+2)), "sheet.large", ""},
		"a workbook bomb":  {bomb(t), "sheet.large", ""},
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

// bomb is a workbook whose sheet unpacks to 64 MiB.
func bomb(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range map[string]string{
		"[Content_Types].xml":      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"xl/workbook.xml":          `<workbook/>`,
		"xl/worksheets/sheet1.xml": strings.Repeat(" ", 64<<20),
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := sheet.Read(b)
		if err == nil && (len(table.Head) == 0 && len(table.Rows) == 0) {
			t.Error("a table without anything in it")
		}
	})
}
