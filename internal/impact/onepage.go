package impact

import (
	"context"
	"time"

	"strengthen/internal/analysis"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/render"
	"strengthen/internal/stats"
	"strengthen/internal/study"
)

// OnePage is the report on one page, for somebody who decides and does not read tables: who was asked, what changed, and what
// follows from it and what does not.
func OnePage(r analysis.Result, names Names, l i18n.Lang, made time.Time) render.Document {
	w := newWriter(r, names, l)
	d := render.Document{Lang: string(l), Title: w.heading(), Subtitle: w.in(w.plan.Title) + " · " + w.asOf(), Made: made, Data: r}
	if facts := w.facts(); len(facts) > 0 {
		d.Blocks = append(d.Blocks, render.Facts{Items: facts})
	}
	for _, s := range w.Summary() {
		d.Blocks = append(d.Blocks, render.Para{Text: s})
	}
	if f, ok := w.primaries(); ok {
		d.Blocks = append(d.Blocks, f)
	}
	d.Blocks = append(d.Blocks, render.Para{Text: w.limits(), Kind: "warn"}, render.Para{Text: w.lockSentence(), Kind: "note"})
	d.Footer = []string{w.T("Пълният отчет показва методите, липсващите хора и данните зад всяко число. План {h}, данни {d}, Strengthen {v}.", "The full report shows methods, missing people and the data behind every figure. Plan {h}, data {d}, Strengthen {v}.", "h", start(w.Hash), "d", start(w.Data), "v", w.Version)}
	return d
}

// start is enough of a hash to tell two apart.
func start(hash string) string { return hash[:min(len(hash), 12)] }

// primaries draws the primary outcomes on one scale, each with its raw figure at its side.
func (w writer) primaries() (render.Figure, bool) {
	f := render.Forest{Title: w.T("Основните резултати", "The primary outcomes"), Unit: w.T("стандартни отклонения", "standard deviations")}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Резултат", "Outcome"), "n", w.T("Промяна", "Change"), w.T("95 % интервал", "95% interval"), "g_av")}
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok || o.Role != study.PrimaryRole || !c.Headline.Value.OK() || !c.Size.Value.OK() {
			continue
		}
		h := c.Headline
		f.Rows = append(f.Rows, render.ForestRow{Label: w.title(o), Est: finite(c.Size.Value), Low: finite(c.Size.Low), High: finite(c.Size.High), N: c.N, Text: w.row(h, o.Decimals)})
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(c.N), w.change(h.Value, o.Decimals), text(w.interval(h.Low, h.High, o.Decimals)), w.change(c.Size.Value, 2)})
	}
	if len(f.Rows) == 0 {
		return render.Figure{}, false
	}
	f.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("Вдясно стои промяната в собствените ѝ единици; чертата сравнява резултатите в стандартни отклонения.", "At the right stands the change in its own units; the line compares the outcomes in standard deviations.")}, true
}

// How the smallest detectable change is looked at.
const (
	simulated = 4000 // draws
	mostPeers = 60   // people in a group, on the plot
)

// Detectable says what the smallest change is that a plan can find, by formula and by simulation, and what more people or more
// groups would buy. A plan that names no numbers has an empty document.
func Detectable(ctx context.Context, p study.Plan, l i18n.Lang, made time.Time) (render.Document, error) {
	w := newWriter(analysis.Result{Record: study.Record{Plan: p}}, nil, l)
	d := render.Document{Lang: string(l), Title: w.T("Каква промяна може да се открие", "What change can be detected"), Subtitle: w.in(p.Title), Made: made}
	s := p.Size
	if s.People == 0 {
		return d, nil
	}
	plan := stats.Plan{N: s.People, Clusters: s.Groups, ICC: s.ICC, CV: s.CV, Loss: s.Loss, Correlation: s.Correlation, Power: s.Power}
	formula, err := stats.MinimalDetectable(plan)
	if err != nil {
		return d, unplannable()
	}
	drawn, err := stats.Work{Context: ctx}.SimulateDetectable(plan, simulated, p.Methods.Seed)
	if err != nil {
		if ctx.Err() != nil {
			return d, ctx.Err()
		}
		return d, unplannable()
	}
	n := func(x float64) string { return l.Decimal(x, 2) }
	d.Blocks = []render.Block{
		render.Para{Kind: "lead", Text: w.T("С {n} души в {g} групи и {loss} загуба до последната вълна проучването открива с вероятност {power} промяна от {sd} стандартни отклонения на мярката.", "With {n} people in {g} groups and {loss} lost by the last wave, the study finds with probability {power} a change of {sd} standard deviations of the measure.",
			"n", s.People, "g", s.Groups, "loss", l.Percent(s.Loss), "power", l.Percent(s.Power), "sd", n(formula.ScoreSDs))},
		render.Para{Text: w.T("По формула: {f}; чрез {k} изтегляния: {s}. В стандартни отклонения на самата промяна: {c}.", "By formula: {f}; by {k} draws: {s}. In standard deviations of the change itself: {c}.", "f", n(formula.ScoreSDs), "k", drawn.Draws, "s", n(drawn.ScoreSDs), "c", n(formula.SDs))},
	}
	if s.Groups > 1 {
		if f, ok := w.buys(plan, formula); ok {
			d.Blocks = append(d.Blocks, f)
		}
	}
	return d, nil
}

// buys draws what more groups, and more people in each, would find.
func (w writer) buys(plan stats.Plan, now stats.Detectable) (render.Figure, bool) {
	peers := []int{10, 20, 40}
	each := (plan.N + plan.Clusters/2) / plan.Clusters
	if each > 2 && each <= mostPeers {
		peers = []int{max(each/2, 3), each, each * 2}
	}
	var groups []int
	for g := 6; g <= max(40, plan.Clusters+12); g += 2 {
		groups = append(groups, g)
	}
	points, err := stats.DetectableCurve(plan, groups, peers)
	if err != nil {
		return render.Figure{}, false
	}
	c := render.Curves{Title: w.T("Какво купуват още групи и още хора", "What more groups and more people buy"), Up: w.T("откриваема промяна, ст. отклонения", "detectable change, SDs"), Across: w.T("групи", "groups"),
		Marks: []render.CurvePoint{{X: float64(plan.Clusters), Y: now.ScoreSDs}}}
	t := render.Table{Caption: c.Title, Head: head(0, w.T("групи", "groups"))}
	for _, m := range peers {
		name := w.T("по {m} души", "{m} each", "m", m)
		line := render.Curve{Label: name}
		for _, q := range points {
			if q.PerCluster == m {
				line.Points = append(line.Points, render.CurvePoint{X: float64(q.Clusters), Y: q.ScoreSDs})
			}
		}
		c.Series = append(c.Series, line)
		t.Head = append(t.Head, render.Column{Text: name, Number: true})
	}
	for i, g := range groups {
		row := []render.Cell{render.Num(float64(g), w.l.Int(g))}
		for _, s := range c.Series {
			y := s.Points[i].Y
			row = append(row, render.Num(y, w.l.Decimal(y, 2)))
		}
		t.Rows = append(t.Rows, row)
	}
	c.Desc = w.T("Планираното: {g} групи, {s} стандартни отклонения.", "What is planned: {g} groups, {s} standard deviations.", "g", plan.Clusters, "s", w.l.Decimal(now.ScoreSDs, 2))
	return render.Figure{Finding: c.Title, Plot: c, Table: &t, Caption: w.T("Най-малката промяна, която се открива; по-ниско е по-добре. Точката е планът. Повече групи помагат повече, отколкото повече хора в група.", "The smallest change that is found; lower is better. The dot is the plan. More groups help more than more people in a group.")}, true
}

func unplannable() error { return fault.Field("size", "plan.impossible") }
