package impact

import (
	"math"

	"strengthen/internal/analysis"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// contrasts draws all changes of one outcome on one line of no change.
func (w writer) contrasts(o study.Outcome) (render.Figure, bool) {
	f := render.Forest{Title: w.T("{name}: промяната", "{name}: the change", "name", w.title(o)), Unit: w.in(o.Unit)}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Сравнение", "Contrast"), "n", w.T("по-рано", "earlier"), w.T("по-късно", "later"), w.T("Промяна", "Change"), w.T("95 % интервал", "95% interval"))}
	for _, c := range w.Changes {
		if c.Outcome != o.ID || c.From == survey.RetroPre || !c.Headline.Value.OK() {
			continue
		}
		h := c.Headline
		label := w.contrast(c.From, c.To)
		f.Rows = append(f.Rows, render.ForestRow{Label: label, Est: finite(h.Value), Low: finite(h.Low), High: finite(h.High), N: c.N, Text: w.row(h, o.Decimals), Overall: c.Main})
		t.Rows = append(t.Rows, []render.Cell{text(label), w.count(c.N), w.decimal(c.MeanFrom, o.Decimals), w.decimal(c.MeanTo, o.Decimals), w.change(h.Value, o.Decimals), text(w.interval(h.Low, h.High, o.Decimals))})
	}
	if len(f.Rows) == 0 {
		return render.Figure{}, false
	}
	f.Desc = w.T("Основното сравнение: {e}. Стойностите са в таблицата.", "The primary contrast: {e}. The values are in the table.", "e", f.Rows[0].Text)
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("Средна промяна на хората с двете измервания, с 95 % интервал. Тъмният ред е основното сравнение на плана.", "Mean change of people with both measurements, with 95% interval. The dark row is the plan’s primary contrast.")}, true
}

// course draws the means of the waves, everybody first and then the groups, on one scale.
func (w writer) course(o study.Outcome) (render.Figure, bool) {
	title := w.T("{name} във времето", "{name} over time", "name", w.title(o))
	p := render.Slopes{Title: title, Min: math.Inf(1), Max: math.Inf(-1)}
	t := render.Table{Caption: title, Head: head(2, w.T("Група", "Group"), w.T("Кога", "When"), "n", w.T("Средно", "Mean"), w.T("95 % интервал", "95% interval"))}
	seen, asked := 0, map[survey.Wave]bool{}
	for _, c := range w.Courses {
		for _, x := range c.Points {
			if c.Outcome == o.ID && x.N != 0 { // not every outcome is asked every time
				asked[x.Wave] = true
			}
		}
	}
	for _, c := range w.Courses {
		if c.Outcome != o.ID {
			continue
		}
		panel := render.SlopePanel{Label: w.T("Всички", "All")}
		if c.By != "" {
			panel.Label = w.name(study.By(c.By), c.Name)
		}
		any := false
		p.Waves = nil
		for _, x := range c.Points {
			if !asked[x.Wave] {
				continue
			}
			p.Waves = append(p.Waves, w.axis(x.Wave, len(asked)))
			panel.Points = append(panel.Points, render.SlopePoint{Mean: finite(x.Mean), Low: finite(x.CI.Low), High: finite(x.CI.High), Missing: !x.Mean.OK()})
			if !x.Mean.OK() {
				continue
			}
			seen, any = seen+1, true
			p.Min, p.Max = min(p.Min, float64(x.Mean)), max(p.Max, float64(x.Mean))
			t.Rows = append(t.Rows, []render.Cell{text(panel.Label), text(w.short(x.Wave)), w.count(x.N), w.decimal(x.Mean, o.Decimals), text(w.interval(x.CI.Low, x.CI.High, o.Decimals))})
		}
		if any {
			p.Panels = append(p.Panels, panel)
		}
	}
	p.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: title, Plot: p, Table: &t, Caption: w.T("Средно на отговорилите всеки път, с 95 % интервал. Не всички са отговорили всеки път: разстоянието между точките не е средната промяна.", "Mean of those who answered each time, with 95% interval. Not everybody answered each time: the distance of the points is not the mean change.")}, seen > 1 && p.Max > p.Min
}

// axis is the name of a wave below a narrow panel.
func (w writer) axis(v survey.Wave, waves int) string {
	r := []rune(w.short(v))
	if room := 18 / max(waves, 1); len(r) > room+2 {
		return string(r[:room+1]) + "…"
	}
	return string(r)
}

// parts draws the change of each part of the people, with its value drawn towards the mean as a hollow mark.
func (w writer) parts(o study.Outcome, c analysis.Change, by study.By) (render.Figure, bool) {
	f := render.Forest{Title: w.title(o) + ", " + w.by(by), Unit: w.in(o.Unit)}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Група", "Group"), "n", w.T("Промяна", "Change"), w.T("95 % интервал", "95% interval"), w.T("придърпана към средното", "drawn to the mean"), w.T("95 % интервал", "95% interval"))}
	drawn := map[string]analysis.ShrunkOne{}
	for _, s := range c.Shrunk[string(by)].Groups {
		drawn[s.Name] = s
	}
	for _, x := range c.By[string(by)] {
		label := w.name(by, x.Name)
		if x.Hidden {
			f.Rows = append(f.Rows, render.ForestRow{Label: label, Suppressed: true})
			t.Rows = append(t.Rows, []render.Cell{text(label), w.count(x.N), text("–"), text("–"), text("–"), text("–")})
			continue
		}
		if x.N == 0 {
			continue
		}
		e := x.Change
		row := render.ForestRow{Label: label, Est: finite(e.Value), Low: finite(e.Low), High: finite(e.High), N: x.N, Text: w.row(e, o.Decimals)}
		cells := []render.Cell{text(label), w.count(x.N), w.change(e.Value, o.Decimals), text(w.interval(e.Low, e.High, o.Decimals)), text("–"), text("–")}
		if s, ok := drawn[x.Name]; ok {
			v := float64(s.Drawn.Value)
			row.Hollow = &v
			cells[4], cells[5] = w.change(s.Drawn.Value, o.Decimals), text(w.interval(s.Drawn.Low, s.Drawn.High, o.Decimals))
		}
		f.Rows, t.Rows = append(f.Rows, row), append(t.Rows, cells)
	}
	if len(f.Rows) < 2 {
		return render.Figure{}, false
	}
	h := c.Headline
	f.Rows = append(f.Rows, render.ForestRow{Label: w.T("Всички", "All"), Est: finite(h.Value), Low: finite(h.Low), High: finite(h.High), N: c.N, Text: w.row(h, o.Decimals), Overall: true})
	t.Rows = append(t.Rows, []render.Cell{text(w.T("Всички", "All")), w.count(c.N), w.change(h.Value, o.Decimals), text(w.interval(h.Low, h.High, o.Decimals)), text("–"), text("–")})
	f.Desc = w.T("Всички: {c}. Стойностите са в таблицата.", "All: {c}. The values are in the table.", "c", f.Rows[len(f.Rows)-1].Text)
	t.Note = w.smallNote()
	caption := w.T("Промяна {c}. Групите не се подреждат.", "Change {c}. Groups are not ranked.", "c", w.contrast(c.From, c.To))
	if len(drawn) > 0 {
		caption += " " + w.T("Кухият кръг е стойността, придърпана към средното според това колко малко знае групата за себе си; тя е по-добрата догадка за малка група.", "The hollow mark is the value drawn towards the mean by how little a group tells of itself; it is the better guess for a small group.")
	} else {
		caption += " " + w.T("Показаните групи са твърде малко, за да се придърпат стойностите им към средното.", "Too few groups are shown to draw their values towards the mean.")
	}
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: caption}, true
}

// groups describes the primary outcomes by sector, region and experience.
func (w writer) groups() []render.Block {
	var all []render.Block
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok || o.Role != study.PrimaryRole || c.Headline.Why == analysis.Hidden {
			continue
		}
		for _, by := range w.plan.Groups {
			if f, ok := w.parts(o, c, by); ok {
				all = append(all, f)
			}
		}
		if d := c.Differ; d != nil && d.P.OK() {
			all = append(all, render.Para{Text: w.T("{name}: планираната проверка дали групите се променят различно дава p {p} (поправено по Holm).", "{name}: the planned test whether groups changed differently gives p {p} (adjusted by Holm).", "name", w.title(o), "p", w.p(d.P))})
		}
	}
	return all
}

// comparison shows the difference from those who were not trained yet.
func (w writer) comparison() []render.Block {
	var all []render.Block
	if len(w.Compared) > 0 {
		all = append(all, w.compared())
	}
	for _, x := range w.Wedges {
		all = append(all, w.wedge(x)...)
	}
	if len(all) > 0 {
		all = append(all, render.Para{Text: w.limits(), Kind: "note"})
	}
	return all
}

func (w writer) compared() render.Block {
	f := render.Forest{Title: w.T("Обучени спрямо чакащи", "Trained against waiting"), Unit: w.T("стандартни отклонения на първото измерване", "standard deviations of the first measurement")}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Резултат", "Outcome"), w.T("обучени", "trained"), w.T("чакащи", "waiting"), w.T("разлика", "difference"), w.T("разлика на промените", "difference in differences"), "ANCOVA", w.T("общ модел", "joint model"), w.T("p, разместване", "p, permutation"), w.T("разлика в началото (SMD)", "difference at the start (SMD)"))}
	for _, c := range w.Compared {
		o := w.outcome(c.Outcome)
		if c.Size.OK() {
			f.Rows = append(f.Rows, render.ForestRow{Label: w.title(o), Est: finite(c.Size.Value), Low: finite(c.Size.Low), High: finite(c.Size.High), Text: w.estimate(c.Size, 2)})
		}
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(c.Trained), w.count(c.Waiting), text(w.estimate(c.Main, o.Decimals)), text(w.estimate(c.DiD, o.Decimals)), text(w.estimate(c.ANCOVA, o.Decimals)), text(w.estimate(c.Model, o.Decimals)), w.value(c.PPermute, w.p(c.PPermute)), w.decimal(c.Baseline, 2)})
	}
	t.Note = w.T("p, разместване: колко често разликата би била толкова голяма, ако обучени бяха други групи. С малко групи важи тя.", "p, permutation: how often the difference would be as large had other groups been trained. With few groups it is the one that holds.")
	if len(f.Rows) == 0 {
		return t
	}
	f.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("По метода, който замисълът иска: ANCOVA при жребий, иначе разлика на промените.", "By the method that the design asks for: ANCOVA after a lot, otherwise difference in differences.")}
}

// wedge shows when each place was trained, and the difference by time since.
func (w writer) wedge(x analysis.Wedge) []render.Block {
	o := w.outcome(x.Outcome)
	var all []render.Block
	if len(x.Cells) > 0 {
		all = append(all, w.calendar(x))
	}
	f := render.Forest{Title: w.T("{name}: разликата според времето от обучението", "{name}: the difference by time since the training", "name", w.title(o)), Unit: w.in(o.Unit)}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Периоди от обучението", "Periods since the training"), w.T("места", "places"), w.T("разлика", "difference"), w.T("95 % интервал", "95% interval"))}
	row := func(label string, places int, e analysis.Estimate, overall bool) {
		if e.Value.OK() {
			f.Rows = append(f.Rows, render.ForestRow{Label: label, Est: finite(e.Value), Low: finite(e.Low), High: finite(e.High), N: places, Text: w.estimate(e, o.Decimals), Overall: overall})
		}
		t.Rows = append(t.Rows, []render.Cell{text(label), w.count(places), w.change(e.Value, o.Decimals), text(w.interval(e.Low, e.High, o.Decimals))})
	}
	for _, e := range x.ByTime {
		row(w.T("{n}. период", "period {n}", "n", e.Exposure), e.Places, e.Estimate, false)
	}
	row(w.T("Средно", "Mean"), x.Places, x.Effect, true)
	row(w.T("Само спрямо необучени още", "Against not yet trained only"), x.Places, x.NotYet, false)
	f.Desc = w.T("Средно: {e}.", "Mean: {e}.", "e", w.estimate(x.Effect, o.Decimals))
	t.Note = w.T("Метод: {m}; другият интервал: {c}. p от разместване на датите: {p} ({n} подредби).", "Method: {m}; the other interval: {c}. p by exchanging the dates: {p} ({n} orders).", "m", x.By, "c", w.estimate(x.Check, o.Decimals), "p", w.p(x.PPermute), "n", x.Orders)
	if len(f.Rows) == 0 {
		return append(all, t)
	}
	return append(all, render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("Разлика от онова, което се вижда в същия период при необучените още места, с 95 % интервал.", "Difference from what is seen in the same period in places not trained yet, with 95% interval.")})
}

// calendar is the picture of the design: which place was trained when.
func (w writer) calendar(x analysis.Wedge) render.Figure {
	m := render.Matrix{Title: w.T("Кое място кога е обучено", "Which place was trained when"), Dense: true}
	at, column := map[string]int{}, map[int]int{}
	first := math.MaxInt
	last := math.MinInt
	for _, c := range x.Cells {
		first, last = min(first, c.Period), max(last, c.Period)
	}
	if last-first > 120 { // a picture of so many periods shows nothing
		last = first + 120
	}
	for p := first; p <= last; p++ {
		column[p] = len(m.Columns)
		m.Columns = append(m.Columns, w.l.Int(p))
	}
	for _, c := range x.Cells {
		if _, ok := at[c.Place]; !ok {
			at[c.Place] = len(m.Rows)
			m.Rows = append(m.Rows, render.MatrixRow{Label: w.name(study.Region, c.Place), Cells: make([]render.MatrixCell, len(m.Columns))})
			for k := range m.Columns {
				m.Rows[at[c.Place]].Cells[k].Hidden = true
			}
		}
		if k, ok := column[c.Period]; ok {
			v := 0.15
			if c.Trained {
				v = 1
			}
			m.Rows[at[c.Place]].Cells[k] = render.MatrixCell{Share: v}
		}
	}
	t := render.Table{Caption: m.Title, Head: head(1, w.T("Място", "Place"), w.T("първи период след обучението", "first period after the training"), w.T("периоди преди", "periods before"), w.T("периоди след", "periods after"))}
	for _, row := range m.Rows {
		start, before, after := "–", 0, 0
		for _, c := range x.Cells {
			if w.name(study.Region, c.Place) != row.Label {
				continue
			}
			if !c.Trained {
				before++
				continue
			}
			if after++; start == "–" {
				start = w.l.Int(c.Period)
			}
		}
		t.Rows = append(t.Rows, []render.Cell{text(row.Label), text(start), w.count(before), w.count(after)})
	}
	m.Desc = w.T("{n} места. Датите са в таблицата.", "{n} places. The dates are in the table.", "n", len(m.Rows))
	return render.Figure{Finding: m.Title, Plot: m, Table: &t, Caption: w.T("Тъмно: след обучението. Светло: преди него. Щриховано: няма измерване.", "Dark: after the training. Light: before it. Hatched: no measurement.")}
}
