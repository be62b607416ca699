package impact

import (
	"maps"
	"slices"
	"strconv"

	"strengthen/internal/analysis"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// allChanges is the table that everything said of changes can be checked in.
func (w writer) allChanges() render.Table {
	t := render.Table{Caption: w.T("Всички промени", "All changes"), Head: head(2, w.T("Резултат", "Outcome"), w.T("Сравнение", "Contrast"), "n", w.T("групи", "groups"), w.T("Промяна", "Change"), "SE", "df", w.T("95 % интервал", "95% interval"), "p", w.T("p, поправено", "p, adjusted"), w.T("по групи", "by groups"), "ICC")}
	for _, c := range w.Changes {
		if c.Headline.Why == analysis.Hidden {
			continue
		}
		o := w.outcome(c.Outcome)
		d, h := o.Decimals, c.Headline
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), text(w.contrast(c.From, c.To)), w.count(c.N), w.count(c.Groups), w.change(h.Value, d), w.decimal(h.SE, d+1), w.decimal(h.DF, 1), text(w.interval(h.Low, h.High, d)),
			w.value(h.P, w.p(h.P)), w.value(c.PFamily, w.p(c.PFamily)), text(w.estimate(c.Cohort, d)), w.decimal(c.ICC, 2)})
	}
	t.Note = w.T("p не е вероятността резултатът да е случаен. „По групи“: средното от средните промени на групите. ICC: доколко хората от една група се променят еднакво. p е поправено за броя на проверките в семейството, което планът назовава.", "p is not the probability that the result is chance. “By groups”: the mean of the groups’ mean changes. ICC: how far people of one group change alike. p is adjusted for the number of tests in the family that the plan names.")
	return t
}

// sizes are the standardised figures, beside the raw ones and never without them.
func (w writer) sizes() render.Table {
	t := render.Table{Caption: w.T("Стандартизирани разлики и рангове", "Standardised sizes and ranks"), Head: head(2, w.T("Резултат", "Outcome"), w.T("Сравнение", "Contrast"), w.T("Промяна", "Change"), "g_av", w.T("95 % интервал", "95% interval"), "d_rm", "d_z", w.T("по-добре", "better"), w.T("без промяна", "same"), w.T("по-зле", "worse"), w.T("p, рангове", "p, ranks"), w.T("p, знаци", "p, signs"))}
	for _, c := range w.Changes {
		if c.Headline.Why == analysis.Hidden {
			continue
		}
		o := w.outcome(c.Outcome)
		better, worse := c.Better, c.Worse
		if o.Lower {
			better, worse = worse, better
		}
		flip := analysis.None()
		if c.Flip != nil {
			flip = c.Flip.P
		}
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), text(w.contrast(c.From, c.To)), w.change(c.Headline.Value, o.Decimals), w.change(c.Size.Value, 2), text(w.interval(c.Size.Low, c.Size.High, 2)), w.change(c.DRm, 2), w.change(c.DZ, 2),
			w.value(better, w.share(better)), w.value(c.Same, w.share(c.Same)), w.value(worse, w.share(worse)), w.value(c.RankP, w.p(c.RankP)), w.value(flip, w.p(flip))})
	}
	t.Note = w.T("g_av: промяната, делена на средното стандартно отклонение на двете измервания; d_rm и d_z делят на друго и са тук за сравнение с чужди публикации. p, знаци: точна проверка при 4 до 16 групи.", "g_av: the change over the average standard deviation of the two measurements; d_rm and d_z divide by something else and stand here for comparison with other publications. p, signs: exact test with 4 to 16 groups.")
	return t
}

// lost says who has a first score and no second, and what that may do.
func (w writer) lost() []render.Block {
	why := render.Table{Caption: w.T("Защо няма второ измерване", "Why there is no second measurement"), Head: []render.Column{{Text: w.T("Резултат", "Outcome")}}}
	standings := survey.Standings()[1:]
	for _, s := range standings {
		why.Head = append(why.Head, render.Column{Text: w.words.T(w.l, "standing."+string(s), nil), Number: true})
	}
	t := render.Table{Caption: w.T("Отговорили и липсващи", "Followed and missing"), Head: head(1, w.T("Резултат", "Outcome"), w.T("измерени", "measured"), w.T("с двете", "with both"), w.T("липсват", "missing"), w.T("още може", "may still"), w.T("дял липсващи", "share missing"), w.T("разлика в началото (SMD)", "difference at the start (SMD)"))}
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok || c.Headline.Why == analysis.Hidden {
			continue
		}
		share := analysis.None()
		if c.Lost >= 0 && c.Measured > 0 {
			share = analysis.Number(float64(c.Lost) / float64(c.Measured))
		}
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(c.Measured), w.count(c.N), w.count(c.Lost), w.count(c.Open), w.value(share, w.share(share)), w.change(c.Missing.Difference, 2)})
		row := []render.Cell{text(w.title(o))}
		for _, s := range standings {
			row = append(row, w.count(c.Tally[string(s)]))
		}
		if len(c.Tally) > 0 {
			why.Rows = append(why.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Note = w.T("SMD: с колко стандартни отклонения отговорилите са били над липсващите при първото измерване. Над 0,2 в която и да е посока липсващите са други хора.", "SMD: by how many standard deviations those followed were above the missing at the first measurement. Beyond 0.2 in either direction the missing are other people.")
	all := []render.Block{t}
	if len(why.Rows) > 0 {
		why.Note = w.T("Само питаните, които вече не могат да отговорят, се броят за липсващи.", "Only those who were asked and can answer no more count as missing.")
		all = append(all, why)
	}
	return all
}

// sensitivity puts the headline beside what other assumptions give.
func (w writer) sensitivity() []render.Block {
	var all []render.Block
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok || !c.Headline.Value.OK() || o.Role != study.PrimaryRole {
			continue
		}
		all = append(all, w.sensitive(o, c))
		if s := w.tipping(o, c); s != "" {
			all = append(all, render.Para{Text: s})
		}
	}
	if len(w.Shifts) > 0 {
		all = append(all, w.shift()...)
	}
	return all
}

func (w writer) sensitive(o study.Outcome, c analysis.Change) render.Figure {
	f := render.Forest{Title: w.T("{name}: същият въпрос, други допускания", "{name}: the same question, other assumptions", "name", w.title(o)), Unit: w.in(o.Unit)}
	t := render.Table{Caption: f.Title, Head: head(1, w.T("Допускане", "Assumption"), w.T("Промяна", "Change"), w.T("95 % интервал", "95% interval"))}
	row := func(label string, e analysis.Estimate, overall bool) {
		if !e.Value.OK() && e.Why == analysis.Estimated {
			return
		}
		if e.Value.OK() {
			f.Rows = append(f.Rows, render.ForestRow{Label: label, Est: finite(e.Value), Low: finite(e.Low), High: finite(e.High), Text: w.row(e, o.Decimals), Overall: overall})
		}
		interval := w.interval(e.Low, e.High, o.Decimals)
		if !e.OK() && e.Why != analysis.Estimated {
			interval = w.why(e.Why)
		}
		t.Rows = append(t.Rows, []render.Cell{text(label), w.change(e.Value, o.Decimals), text(interval)})
	}
	row(w.T("както е планирано", "as planned"), c.Headline, true)
	if w.plan.Methods.Headline != study.CR2 {
		row(w.T("средно на хората (CR2)", "mean of persons (CR2)"), c.CR2, false)
	}
	if !w.Independent && w.plan.Methods.Headline != study.Cohort {
		row(w.T("всяка група по веднъж", "each group once"), c.Cohort, false)
	}
	for _, m := range w.Models {
		for _, x := range m.Contrasts {
			if m.Outcome == c.Outcome && x.From == c.From && x.To == c.To && w.plan.Methods.Headline != study.Mixed {
				row(w.T("смесен модел, всички хора", "mixed model, everybody"), x.Estimate, false)
			}
		}
	}
	m := c.Missing
	switch m.Why {
	case analysis.Hidden, analysis.NobodyLost:
	case analysis.Estimated:
		row(w.T("с тежести за липсващите", "weighted for the missing"), m.Weighted, false)
		row(w.T("липсващите без промяна", "the missing did not change"), analysis.Estimate{Value: m.NoChange, Low: analysis.None(), High: analysis.None()}, false)
		if m.Bounds.OK() {
			t.Rows = append(t.Rows, []render.Cell{text(w.T("липсващите в края на скалата (граници)", "the missing at the ends of the scale (bounds)")), text("–"), text(w.interval(m.Bounds.Low, m.Bounds.High, o.Decimals))})
		}
	default:
		row(w.T("с тежести за липсващите", "weighted for the missing"), m.Weighted, false)
	}
	f.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: f.Title, Plot: f, Table: &t, Caption: w.T("Ако редовете си приличат, изводът не зависи от допускането. Границите са най-лошото и най-доброто, което липсващите биха могли да направят.", "Where the rows agree, the conclusion does not hang on the assumption. The bounds are the worst and the best that the missing could do.")}
}

func (w writer) tipping(o study.Outcome, c analysis.Change) string {
	m := c.Missing
	if !m.Tipping.OK() {
		return ""
	}
	d := m.Tipping
	if d < 0 {
		d = -d
	}
	return w.T("{name}: интервалът би стигнал до нулата, ако промяната на липсващите е с {d} по-малка, отколкото при отговорилите.", "{name}: the interval would reach zero if the change of the missing were smaller by {d} than that of those who answered.", "name", w.title(o), "d", w.num(d, o.Decimals))
}

// shift puts the real first measurement beside the one remembered afterwards.
func (w writer) shift() []render.Block {
	t := render.Table{Caption: w.T("Истинското „преди“ и „преди, погледнато днес“", "The real “before” and “before, as seen today”"), Head: head(1, w.T("Резултат", "Outcome"), "n", w.T("преди → след", "before → after"), w.T("спомен → след", "remembered → after"), w.T("спомен − преди", "remembered − before"))}
	var said []render.Block
	for _, s := range w.Shifts {
		o := w.outcome(s.Outcome)
		if s.Why != analysis.Estimated {
			t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(s.N), text(w.why(s.Why)), text("–"), text("–")})
			continue
		}
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(s.N), text(w.estimate(s.Real, o.Decimals)), text(w.estimate(s.Then, o.Decimals)), text(w.estimate(s.Recalib, o.Decimals))})
		if s.Recalib.Clear() {
			said = append(said, render.Para{Text: w.T("{name}: днес хората оценяват миналото си различно, отколкото тогава ({d}). Мярката им се е изместила; затова двете промени стоят една до друга и в заглавието е истинската.", "{name}: people rate their past differently today than they did then ({d}). Their standard has moved; so both changes stand side by side, and the headline is the real one.", "name", w.title(o), "d", w.estimate(s.Recalib, o.Decimals))})
		}
	}
	return append([]render.Block{t}, said...)
}

// deviations put the figures by a changed plan beside those by the plan as it was locked.
func (w writer) deviations() []render.Block {
	var all []render.Block
	for _, d := range w.Deviations {
		t := render.Table{Caption: w.T("Отклонение от {d}", "Deviation of {d}", "d", w.day(d.On)), Head: head(1, w.T("Резултат", "Outcome"), w.T("по заключения план", "by the locked plan"), w.T("с отклонението", "with the deviation"))}
		for _, c := range d.Changes {
			o := w.outcome(c.Outcome)
			locked := w.T("няма такъв резултат", "no such outcome")
			if x, ok := w.main(c.Outcome); ok {
				locked = w.estimate(x.Headline, o.Decimals)
			}
			name := w.title(o)
			if name == "" {
				name = c.Outcome
			}
			t.Rows = append(t.Rows, []render.Cell{text(name), text(locked), text(w.estimate(c.Headline, o.Decimals))})
		}
		fields := ""
		for i, f := range d.Fields {
			if i > 0 {
				fields += ", "
			}
			fields += f
		}
		t.Note = w.T("Променено: {f}. Хеш на променения план: {h}", "Changed: {f}. Hash of the plan as changed: {h}", "f", fields, "h", d.Hash)
		all = append(all, render.Para{Text: w.T("Решено след заключването: {r}", "Decided after the lock: {r}", "r", w.in(d.Reason)), Kind: "warn"}, t)
	}
	return all
}

// methods are the formulas, the software, and what makes the figures come out again.
func (w writer) methods() []render.Block {
	m := w.plan.Methods
	var items []string
	add := func(bg, en string, vars ...any) { items = append(items, w.T(bg, en, vars...)) }
	if w.plan.Kind == study.Change {
		add("Промяна: по-късното минус по-ранното измерване на същия човек; само хора с двете.", "Change: the later minus the earlier measurement of the same person; only people with both.")
		add("Грешка CR2 и степени на свобода по Satterthwaite върху групите (Bell и McCaffrey 2002; Pustejovsky и Tipton 2018): хората от една група си приличат.", "CR2 error and Satterthwaite degrees of freedom over groups (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018): people of one group resemble each other.")
		add("g_av с точна поправка; интервал по CR2, а от 28 групи нататък бутстрап по групи ({b} повторения, seed {s}).", "g_av with the exact correction; interval by CR2, and from 28 groups on by bootstrap over groups ({b} replicates, seed {s}).", "b", m.Replicates, "s", strconv.FormatUint(m.Seed, 10))
		add("Смесен модел на всички измервания: ниво за всяка вълна, случайни нива на човека, групата и групата във вълната; REML, Kenward и Roger 1997.", "Mixed model of all measurements: a level for each wave, random levels of person, group and group in wave; REML, Kenward and Roger 1997.")
		add("Липсващи: логистичен модел на отговора, тежести 1/вероятността (Seaman и White 2013), граници по Manski 1990.", "Missing: logistic model of answering, weights 1/probability (Seaman and White 2013), bounds after Manski 1990.")
		add("Поправка за много проверки: {a} за основните, {b} за останалите резултати.", "Adjustment for many tests: {a} over the primary, {b} over the other outcomes.", "a", string(w.plan.Family.Primary), "b", string(w.plan.Family.Secondary))
		add("Групи: придърпани към средното по емпиричния метод на Бейс; описани с интервали, без p.", "Groups: drawn towards the mean by empirical Bayes; described with intervals, without p.")
	}
	if len(w.Wedges) > 0 {
		add("Стъпаловиден замисъл: смесен модел с периоди и места, разлика за всяко време след обучението (Hussey и Hughes 2007), сравнение само с необучени още (Callaway и Sant’Anna 2021), разместване на датите.", "Stepped wedge: mixed model with periods and places, a difference for each time since training (Hussey and Hughes 2007), comparison with the not yet trained only (Callaway and Sant’Anna 2021), permutation of dates.")
	}
	if w.Network != nil {
		add("Мрежа: QAP и MRQAP с двойно полупартиализиране (Dekker, Krackhardt и Snijders 2007), {b} размествания, seed {s}.", "Network: QAP and MRQAP with double semi-partialing (Dekker, Krackhardt and Snijders 2007), {b} permutations, seed {s}.", "b", m.Replicates, "s", strconv.FormatUint(m.Seed, 10))
	}
	add("Програма: Strengthen {v}. Всички формули и сравнението им с R са в docs/statistics.md.", "Software: Strengthen {v}. All formulas, and their comparison with R, stand in docs/statistics.md.", "v", w.Version)
	add("Проследяване: данните имат отпечатък {h}. Същият план върху същите данни дава същите числа; кой ред къде е броен, се изважда с „strengthen impact analyse --rows“.", "Tracing: the data have the fingerprint {h}. The same plan on the same data gives the same figures; which row was counted where is written by “strengthen impact analyse --rows”.", "h", w.Data)
	return []render.Block{render.List{Items: items}}
}

// planSection shows the plan whole, and its hash.
func (w writer) planSection() []render.Block {
	r := w.Record
	return []render.Block{
		render.Para{Text: w.lockSentence()},
		render.Para{Text: w.T("SHA-256 на плана: {h}", "SHA-256 of the plan: {h}", "h", w.Hash)},
		render.Code{Caption: w.T("Целият план (YAML)", "The whole plan (YAML)"), Text: string(r.YAML())},
	}
}

// network shows who works with whom, before and after.
func (w writer) network() []render.Block {
	var all []render.Block
	if x := w.Partners; x != nil {
		all = append(all, w.partners(x)...)
	}
	if x := w.Network; x != nil && x.Why == analysis.Estimated {
		all = append(all, w.actors(x)...)
	}
	return all
}

func (w writer) partners(x *analysis.Partners) []render.Block {
	if x.Why != analysis.Estimated {
		return []render.Block{render.Para{Text: w.T("Кой с кого работи, не може да се сравни, защото {why}.", "Who works with whom cannot be compared, because {why}.", "why", w.why(x.Why))}}
	}
	all := []render.Block{render.Para{Text: w.T("Хората работят често с {a} от партньорите преди и с {b} след: {e} ({n} души, отговорили двата пъти).", "People work often with {a} of the partners before and with {b} after: {e} ({n} people who answered both times).",
		"a", w.share(x.ReachFrom), "b", w.share(x.ReachTo), "e", w.points(x.Reach), "n", w.people(x.People))}}
	all = append(all, w.matrix(x, x.Before, x.From), w.matrix(x, x.After, x.To), w.ring(x))
	return all
}

// points writes a difference of shares in percentage points.
func (w writer) points(e analysis.Estimate) string {
	e.Value, e.Low, e.High = 100*e.Value, 100*e.Low, 100*e.High
	return w.estimate(e, 1) + " " + w.T("процентни пункта", "percentage points")
}

func (w writer) partner(code string) string {
	if w.plan.Partners != nil {
		for _, p := range w.plan.Partners.Of {
			if p.Sector == code && w.in(p.Title) != "" {
				return w.in(p.Title)
			}
		}
	}
	return w.name(study.Sector, code)
}

func (w writer) matrix(x *analysis.Partners, values [][]analysis.Number, wave survey.Wave) render.Figure {
	m := render.Matrix{Title: w.T("Колко често: {w}", "How often: {w}", "w", w.wave(wave))}
	t := render.Table{Caption: m.Title, Head: head(1, w.T("Кой", "Who"), "n")}
	for _, p := range x.Of {
		m.Columns = append(m.Columns, w.partner(p))
		t.Head = append(t.Head, render.Column{Text: w.partner(p), Number: true})
	}
	for i, s := range x.Sectors {
		row := render.MatrixRow{Label: w.name(study.Sector, s)}
		cells := []render.Cell{text(row.Label), w.count(x.N[i])}
		for _, v := range values[i] {
			c := render.MatrixCell{Hidden: !v.OK()}
			if v.OK() {
				c.Share, c.Text = float64(v)/w.plan.Partners.High, w.num(v, 1)
			}
			row.Cells = append(row.Cells, c)
			cells = append(cells, w.decimal(v, 2))
		}
		m.Rows, t.Rows = append(m.Rows, row), append(t.Rows, cells)
	}
	m.Desc = w.T("Средна честота от 0 до {h}. Стойностите са в таблицата.", "Mean frequency from 0 to {h}. The values are in the table.", "h", w.num(analysis.Number(w.plan.Partners.High), 0))
	t.Note = w.smallNote()
	return render.Figure{Finding: m.Title, Plot: m, Table: &t, Caption: w.T("Ред: кой отговаря. Колона: за кого. Средна честота от 0 (никога) до {h}; щриховано: твърде малко отговори.", "Row: who answers. Column: about whom. Mean frequency from 0 (never) to {h}; hatched: too few answers.", "h", w.num(analysis.Number(w.plan.Partners.High), 0))}
}

// ring draws which sectors work often with which, and what is new.
func (w writer) ring(x *analysis.Partners) render.Figure {
	codes := map[string]bool{}
	for _, s := range append(slices.Clone(x.Sectors), x.Of...) {
		if s != "" {
			codes[s] = true
		}
	}
	order := slices.Sorted(maps.Keys(codes))
	p := w.newRing()
	for _, c := range order {
		p.Nodes = append(p.Nodes, w.partner(c))
	}
	t := render.Table{Caption: p.Title, Head: head(3, w.T("Кой", "Who"), w.T("С кого", "With whom"), w.T("Връзка", "Tie"), w.T("преди", "before"), w.T("след", "after"))}
	for i, from := range x.Sectors {
		for k, to := range x.Of {
			a, b := x.Before[i][k], x.After[i][k]
			if !a.OK() || !b.OK() || from == "" {
				continue
			}
			was, is := float64(a) >= x.Tie, float64(b) >= x.Tie
			if !was && !is {
				continue
			}
			change, kind := 0, p.Kept
			if is && !was {
				change, kind = 1, p.New
			} else if was && !is {
				change, kind = -1, p.Gone
			}
			p.Ties = append(p.Ties, render.RingTie{From: slices.Index(order, from), To: slices.Index(order, to), Change: change})
			t.Rows = append(t.Rows, []render.Cell{text(w.name(study.Sector, from)), text(w.partner(to)), text(kind), w.decimal(a, 2), w.decimal(b, 2)})
		}
	}
	p.Desc = w.T("Запазени {k}, нови {n}, прекъснати {g}.", "{k} kept, {n} new, {g} ended.", "k", x.Kept, "n", x.New, "g", x.Gone)
	return render.Figure{Finding: p.Title, Plot: p, Table: &t, Caption: p.Desc + " " + w.T("Връзка има, когато средната честота е поне {t}.", "There is a tie where the mean frequency is at least {t}.", "t", w.num(analysis.Number(x.Tie), 0))}
}

func (w writer) newRing() render.Ring {
	return render.Ring{Title: w.T("Връзките преди и след", "The ties before and after"), Kept: w.T("запазена", "kept"), New: w.T("нова", "new"), Gone: w.T("прекъсната", "ended")}
}

// actors describes a network of named actors.
func (w writer) actors(x *analysis.Network) []render.Block {
	t := render.Table{Caption: w.T("Мрежата преди и след", "The network before and after"), Head: head(1, w.T("Мярка", "Measure"), w.short(x.From), w.short(x.To))}
	row := func(bg, en string, a, b render.Cell) { t.Rows = append(t.Rows, []render.Cell{text(w.T(bg, en)), a, b}) }
	a, b := x.Before, x.After
	row("връзки", "ties", w.count(a.Arcs), w.count(b.Arcs))
	row("гъстота", "density", w.decimal(a.Density, 3), w.decimal(b.Density, 3))
	row("взаимност", "reciprocity", w.decimal(a.Reciprocity, 2), w.decimal(b.Reciprocity, 2))
	row("без връзки", "isolates", render.Num(float64(a.Isolates), w.l.Int(a.Isolates)), render.Num(float64(b.Isolates), w.l.Int(b.Isolates)))
	row("части", "components", render.Num(float64(a.Components), w.l.Int(a.Components)), render.Num(float64(b.Components), w.l.Int(b.Components)))
	row("централизация", "centralisation", w.decimal(a.Centralisation, 2), w.decimal(b.Centralisation, 2))
	row("E–I индекс", "E–I index", w.decimal(a.EI, 2), w.decimal(b.EI, 2))
	row("E–I, очакван", "E–I, expected", w.decimal(a.EIExpected, 2), w.decimal(b.EIExpected, 2))
	row("p на E–I", "p of E–I", w.value(a.EIP, w.p(a.EIP)), w.value(b.EIP, w.p(b.EIP)))
	t.Note = w.T("Запазени {k}, нови {n}, прекъснати {g} връзки; прилика (Jaccard) {j}; QAP корелация {q}, p {p}. Промяна на гъстотата {d}.", "{k} ties kept, {n} new, {g} ended; likeness (Jaccard) {j}; QAP correlation {q}, p {p}. Change of density {d}.",
		"k", x.Kept, "n", x.Gained, "g", x.Dropped, "j", w.num(x.Jaccard, 2), "q", w.num(x.QAP, 2), "p", w.p(x.QAPP), "d", w.estimate(x.Density, 3))
	all := []render.Block{t}
	for k, wave := range []survey.Wave{x.From, x.To} {
		if len(x.Names) > 1 {
			all = append(all, w.blocks(x, x.Blocks[k], wave))
		}
	}
	return all
}

func (w writer) blocks(x *analysis.Network, values [][]analysis.Number, wave survey.Wave) render.Figure {
	m := render.Matrix{Title: w.T("Гъстота между групите: {w}", "Density between groups: {w}", "w", w.wave(wave))}
	t := render.Table{Caption: m.Title, Head: head(1, w.T("От", "From"), "n")}
	top := 0.0
	for _, all := range x.Blocks {
		for _, row := range all {
			for _, v := range row {
				if v.OK() {
					top = max(top, float64(v))
				}
			}
		}
	}
	for i, name := range x.Names {
		m.Columns = append(m.Columns, w.name(study.Sector, name))
		t.Head = append(t.Head, render.Column{Text: w.name(study.Sector, name), Number: true})
		row := render.MatrixRow{Label: w.name(study.Sector, name)}
		cells := []render.Cell{text(row.Label), w.count(x.Sizes[i])}
		for _, v := range values[i] {
			c := render.MatrixCell{Hidden: !v.OK()}
			if v.OK() && top > 0 {
				c.Share, c.Text = float64(v)/top, w.num(v, 2)
			}
			row.Cells, cells = append(row.Cells, c), append(cells, w.decimal(v, 3))
		}
		m.Rows, t.Rows = append(m.Rows, row), append(t.Rows, cells)
	}
	m.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: m.Title, Plot: m, Table: &t, Caption: w.T("Дял на възможните връзки, които съществуват.", "Share of the possible ties that exist.")}
}
