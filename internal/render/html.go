package render

import (
	"fmt"
	"html"
	"strings"
)

// HTML writes a document as a part of a page; everything is escaped.
func HTML(d Document) string {
	var b strings.Builder
	row := false // figures that follow each other stand side by side where there is room
	for i, block := range d.Blocks {
		if _, figure := block.(Figure); figure != row {
			b.WriteString(map[bool]string{true: `<div class="g g2">`, false: "</div>"}[figure])
			row = figure
		}
		htmlBlock(&b, d, block, fmt.Sprintf("p%d", i))
	}
	if row {
		b.WriteString("</div>")
	}
	if len(d.Footer) > 0 {
		b.WriteString(`<div class="cap st">`)
		for _, x := range d.Footer {
			b.WriteString("<p>" + html.EscapeString(x) + "</p>")
		}
		b.WriteString("</div>")
	}
	return b.String()
}

func htmlBlock(b *strings.Builder, d Document, block Block, id string) {
	e := html.EscapeString
	switch x := block.(type) {
	case Heading:
		fmt.Fprintf(b, "<h%d>%s</h%d>", x.level(), e(x.Text), x.level())
	case Para:
		class := map[string]string{"lead": ` class="serif lead"`, "note": ` class="cap"`, "warn": ` class="msg"`}[x.Kind]
		fmt.Fprintf(b, "<p%s>%s</p>", class, e(x.Text))
	case List:
		b.WriteString(`<ul class="p">`)
		for _, t := range x.Items {
			b.WriteString("<li>" + e(t) + "</li>")
		}
		b.WriteString("</ul>")
	case Facts:
		b.WriteString(`<dl class="kpi">`)
		for _, t := range x.Items {
			fmt.Fprintf(b, `<div><dd class="big">%s</dd><dt>%s<span class="m"> %s</span></dt></div>`, e(t.Value), e(t.What), e(t.Of))
		}
		b.WriteString("</dl>")
	case Table:
		if x.Folded {
			fmt.Fprintf(b, "<details><summary>%s</summary>", e(x.Caption))
			htmlTable(b, x)
			b.WriteString("</details>")
			break
		}
		htmlTable(b, x)
	case Code:
		fmt.Fprintf(b, `<details><summary>%s</summary><pre class="tw" tabindex="0">%s</pre></details>`, e(x.Caption), e(x.Text))
	case Figure:
		fmt.Fprintf(b, `<figure class="card"><h3>%s</h3>%s<figcaption class="cap">%s</figcaption>`, e(x.Finding), SVG(x.Plot, d.Lang, id), e(x.Caption))
		if x.Table != nil {
			fmt.Fprintf(b, "<details><summary>%s</summary>", word(d.Lang, "table"))
			htmlTable(b, *x.Table)
			b.WriteString("</details>")
		}
		b.WriteString("</figure>")
	}
}

func htmlTable(b *strings.Builder, t Table) {
	e := html.EscapeString
	fmt.Fprintf(b, `<div class="tw" role="region" tabindex="0" aria-label="%s"><table><caption>%s</caption><thead><tr>`, e(t.Caption), e(t.Caption))
	for _, c := range t.Head {
		class := ""
		if c.Number {
			class = ` class="n"`
		}
		fmt.Fprintf(b, `<th scope="col"%s>%s</th>`, class, e(c.Text))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range row {
			tag, attr := "td", ""
			if c.Header || i == 0 {
				tag, attr = "th", ` scope="row"`
			}
			if i < len(t.Head) && t.Head[i].Number {
				attr += ` class="n"`
			}
			fmt.Fprintf(b, "<%s%s>%s</%s>", tag, attr, e(c.Text), tag)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table></div>")
	if t.Note != "" {
		fmt.Fprintf(b, `<p class="cap">%s</p>`, e(t.Note))
	}
}
