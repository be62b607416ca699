package render

import (
	"encoding/json"
	"math"
)

// jsonBlock is one block under the name of its type; encoding/json sorts the keys, so the bytes are always the same.
type jsonBlock map[string]any

// jsonCell is a cell as it is published. A suppressed cell never carries its number.
type jsonCell struct {
	Text       string   `json:"text"`
	Number     *float64 `json:"number,omitempty"`
	Header     bool     `json:"header,omitempty"`
	Suppressed bool     `json:"suppressed,omitempty"`
}

// JSON writes a document with its numbers.
func JSON(d Document) ([]byte, error) {
	out := struct {
		Title    string      `json:"title"`
		Subtitle string      `json:"subtitle"`
		Lang     string      `json:"lang"`
		Made     string      `json:"made"`
		Blocks   []jsonBlock `json:"blocks"`
		Footer   []string    `json:"footer,omitempty"`
		Data     any         `json:"data,omitempty"`
	}{d.Title, d.Subtitle, d.Lang, isoTime(d.Made), []jsonBlock{}, d.Footer, d.Data}
	for _, b := range d.Blocks {
		out.Blocks = append(out.Blocks, toJSON(b))
	}
	return json.MarshalIndent(out, "", " ")
}

func toJSON(b Block) jsonBlock {
	switch x := b.(type) {
	case Heading:
		return jsonBlock{"type": "heading", "level": x.Level, "text": x.Text}
	case Para:
		return jsonBlock{"type": "paragraph", "kind": x.Kind, "text": x.Text}
	case List:
		return jsonBlock{"type": "list", "items": x.Items}
	case Facts:
		return jsonBlock{"type": "facts", "items": jsonFacts(x)}
	case Table:
		return jsonTable(x)
	case Code:
		return jsonBlock{"type": "code", "caption": x.Caption, "text": x.Text}
	case Figure:
		out := jsonBlock{"type": "figure", "finding": x.Finding, "caption": x.Caption}
		if x.Table != nil {
			out["table"] = jsonTable(*x.Table)
		}
		return out
	}
	return jsonBlock{"type": "unknown"}
}

func jsonFacts(x Facts) []jsonBlock {
	out := []jsonBlock{}
	for _, f := range x.Items {
		out = append(out, jsonBlock{"value": f.Value, "what": f.What, "of": f.Of})
	}
	return out
}

func jsonTable(t Table) jsonBlock {
	head := []jsonBlock{}
	for _, c := range t.Head {
		head = append(head, jsonBlock{"text": c.Text, "number": c.Number})
	}
	rows := [][]jsonCell{}
	for _, row := range t.Rows {
		cells := []jsonCell{}
		for _, c := range row {
			cells = append(cells, jsonCell{c.Text, c.value(), c.Header, c.Suppressed})
		}
		rows = append(rows, cells)
	}
	return jsonBlock{"type": "table", "caption": t.Caption, "head": head, "rows": rows, "note": t.Note}
}

// value returns the number of a cell that may be published and that every format can hold: not suppressed and finite.
func (c Cell) value() *float64 {
	if c.Number == nil || c.Suppressed || !finite(*c.Number) {
		return nil
	}
	return c.Number
}

// finite says whether all of these are numbers that can be drawn or written.
func finite(all ...float64) bool {
	for _, x := range all {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
