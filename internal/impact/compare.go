package impact

import (
	"slices"
	"strconv"
	"time"

	"strengthen/internal/analysis"
	"strengthen/internal/i18n"
	"strengthen/internal/render"
)

// SideBySide puts the studies beside each other, by year: for each outcome that several of them have, the change in each, in its
// own units where these are the same and always in standard deviations. It pools nothing: other people, another time and
// another questionnaire are other studies.
func SideBySide(all []analysis.Result, l i18n.Lang, made time.Time) render.Document {
	w := writer{l: l, words: i18n.Load()}
	d := render.Document{Lang: string(l), Title: w.T("Проучванията едно до друго", "The studies side by side"), Subtitle: w.T("Проучвания: {n}", "Studies: {n}", "n", len(all)), Made: made, Data: all}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b analysis.Result) int { return a.Record.Period.From - b.Record.Period.From })
	var writers []writer
	for _, r := range all {
		writers = append(writers, newWriter(r, nil, l))
	}
	d.Blocks = append(d.Blocks, w.studies(writers))
	d.Blocks = append(d.Blocks, render.Heading{Level: 2, Text: w.T("Резултат по резултат", "Outcome by outcome")})
	for _, id := range shared(writers) {
		d.Blocks = append(d.Blocks, w.beside(id, writers))
	}
	d.Blocks = append(d.Blocks, render.Para{Kind: "warn", Text: w.T("Проучванията се различават по хора, време и въпросници; числата им не се сливат и не се подреждат. Разлика между два интервала не е проверка дали проучванията се различават.", "The studies differ in people, time and questionnaires; their figures are neither pooled nor ranked. That two intervals differ is no test of whether the studies do.")})
	return d
}

func (w writer) studyName(x writer) string {
	s := x.in(x.plan.Title)
	if s == "" {
		s = x.plan.Study
	}
	if p := x.plan.Period; p.From > 0 {
		s += ", " + strconv.Itoa(p.From)
		if p.To != p.From {
			s += "–" + strconv.Itoa(p.To)
		}
	}
	return s
}

// studies lists them with what their design allows.
func (w writer) studies(all []writer) render.Table {
	t := render.Table{Caption: w.T("Какви са", "What they are"), Head: head(2, w.T("Проучване", "Study"), w.T("Сравнение", "Comparison"), w.T("хора", "people"), w.T("групи", "groups"), w.T("план", "plan"))}
	for _, x := range all {
		design := w.T("няма: промяна", "none: change")
		if x.effect() {
			design = w.T("необучени още", "not yet trained")
		}
		lock := w.T("не е заключен", "not locked")
		if k := x.Record.Locked; k != nil {
			if lock = w.T("заключен преди данните", "locked before the data"); k.Late {
				lock = w.T("заключен след данните", "locked after the data")
			}
		}
		t.Rows = append(t.Rows, []render.Cell{text(w.studyName(x)), text(design), x.count(x.People), x.count(x.Groups), text(lock)})
	}
	return t
}

// shared are the outcomes in the order of the first study that has them; an outcome is the same by its identifier.
func shared(all []writer) []string {
	var ids []string
	for _, x := range all {
		for _, o := range x.plan.Outcomes {
			if _, ok := x.main(o.ID); ok && !slices.Contains(ids, o.ID) {
				ids = append(ids, o.ID)
			}
		}
	}
	return ids
}

func (w writer) beside(id string, all []writer) render.Figure {
	f := render.Forest{Unit: w.T("стандартни отклонения", "standard deviations")}
	t := render.Table{Head: head(2, w.T("Проучване", "Study"), w.T("Сравнение", "Contrast"), "n", w.T("Промяна", "Change"), w.T("95 % интервал", "95% interval"), "g_av", w.T("95 % интервал", "95% interval"))}
	for _, x := range all {
		o, has := x.plan.Outcome(id)
		c, ok := x.main(id)
		if !has || !ok {
			continue
		}
		if f.Title == "" {
			f.Title = x.title(o)
		}
		h := c.Headline
		cells := []render.Cell{text(w.studyName(x)), text(x.contrast(c.From, c.To)), x.count(c.N), x.change(h.Value, o.Decimals), text(x.interval(h.Low, h.High, o.Decimals)), x.change(c.Size.Value, 2), text(x.interval(c.Size.Low, c.Size.High, 2))}
		t.Rows = append(t.Rows, cells)
		row := render.ForestRow{Label: w.studyName(x), Est: finite(c.Size.Value), Low: finite(c.Size.Low), High: finite(c.Size.High), N: max(c.N, 0), Text: x.row(h, o.Decimals)}
		if h.Why == analysis.Hidden {
			row = render.ForestRow{Label: row.Label, Suppressed: true}
		}
		f.Rows = append(f.Rows, row)
	}
	t.Caption = f.Title
	f.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("Вдясно промяната в собствените ѝ единици.", "At the right the change in its own units.")}
}
