package render

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"unicode"
)

// neutral keeps a spreadsheet from reading text as a formula: what begins, after spaces and controls, with one of = + - @
// or their wide forms gets an apostrophe in front.
func neutral(s string) string {
	t := strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	if t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

// CSV writes a table for spreadsheets: UTF-8 with a mark, values as plain numbers, text made harmless.
func CSV(t Table) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	var head []string
	for _, c := range t.Head {
		head = append(head, neutral(c.Text))
	}
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		if err := w.Write(csvRow(row)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func csvRow(row []Cell) []string {
	var out []string
	for _, c := range row {
		if v := c.value(); v != nil {
			out = append(out, strconv.FormatFloat(*v, 'f', -1, 64))
		} else {
			out = append(out, neutral(c.Text))
		}
	}
	return out
}
