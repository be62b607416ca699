package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

func readCSV(b []byte) ([]row, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	first, _, _ := bytes.Cut(b, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';' // what Excel writes under Bulgarian settings
	}
	var rows []row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			if len(b) == 0 {
				return nil, notATable(nil)
			}
			return rows, nil
		}
		if err != nil {
			return nil, notATable(err)
		}
		line, _ := r.FieldPos(0)
		if rows = append(rows, row{line, cells}); len(rows) > MaxRows+1 || len(cells) > MaxColumns {
			return nil, large()
		}
	}
}
