package render

import (
	_ "embed"
	"fmt"
	"html"
)

//go:embed report.css
var reportStyle string

// Page writes a document as a page of its own that needs nothing else, for a file that is opened from a folder or by mail.
func Page(d Document) string {
	e := html.EscapeString
	lang := d.Lang
	if lang != "en" {
		lang = "bg"
	}
	return fmt.Sprintf(`<!doctype html><html lang="%s"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>%s</title><style>%s</style></head><body><main><h1>%s</h1><p class="cap">%s</p>%s</main></body></html>`,
		lang, e(d.Title), reportStyle, e(d.Title), e(d.Subtitle), HTML(d)) + "\n"
}
