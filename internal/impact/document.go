package impact

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/survey"
)

// Document computes a study and writes it up in language l.
func (s *Service) Document(ctx context.Context, by access.Actor, study string, l i18n.Lang) (render.Document, error) {
	r, err := s.Compute(ctx, by, study)
	if err != nil {
		return render.Document{}, err
	}
	tables, err := s.org.Tables(ctx)
	if err != nil {
		return render.Document{}, err
	}
	return Write(r, tables, l, s.now()), nil
}

// Export is Document for a file that leaves the system; that it left is on the record.
func (s *Service) Export(ctx context.Context, by access.Actor, study string, l i18n.Lang) (render.Document, error) {
	if err := s.survey.TakeOut(ctx, by, study); err != nil {
		return render.Document{}, err
	}
	return s.Document(ctx, by, study, l)
}

// shown are the estimates that may leave the report.
func (r Result) shown() []Estimate {
	return slices.DeleteFunc(slices.Clone(r.Estimates), func(e Estimate) bool { return e.N < smallCell })
}

// writer puts a result into one language.
type writer struct {
	Result
	l      i18n.Lang
	tables org.Tables
	words  *i18n.Catalogue
}

// Write puts a result into words, tables and charts.
func Write(r Result, tables org.Tables, l i18n.Lang, made time.Time) render.Document {
	w := writer{r, l, tables, i18n.Load()}
	d := render.Document{
		Lang: string(l), Title: l.Pick("Какво се промени", "What has changed"), Made: made, Data: r.shown(),
		Subtitle: r.Study.Title.In(string(l)) + " · " + l.Pick("към ", "as of ") + l.Date(r.AsOf),
	}
	add := func(b ...render.Block) { d.Blocks = append(d.Blocks, b...) }
	add(render.Facts{Items: w.facts()}, render.Heading{Level: 2, Text: l.Pick("Накратко", "In short")})
	for _, s := range w.Summary() {
		add(render.Para{Text: s})
	}
	add(render.Para{Text: w.limits(), Kind: "warn"})
	add(render.Heading{Level: 2, Text: l.Pick("Промяната", "The change")})
	if f, ok := w.flow(); ok {
		add(f)
	}
	for _, o := range r.Study.Outcomes {
		add(w.outcome(o)...)
	}
	add(w.estimates(), w.attritionTable())
	if t, ok := w.missing(); ok {
		add(t)
	}
	if t, ok := w.reliability(); ok {
		add(t)
	}
	add(w.described()...)
	add(render.Heading{Level: 2, Text: l.Pick("Как е сметнато", "How it was computed")}, render.List{Items: w.method()})
	return d
}

func (w writer) T(bg, en string, vars ...any) string {
	v := fault.Vars{}
	for i := 0; i+1 < len(vars); i += 2 {
		v[vars[i].(string)] = vars[i+1]
	}
	return w.l.Fill(w.l.Pick(bg, en), v)
}

func (w writer) num(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return w.l.Decimal(x, decimals)
}

func (w writer) signed(x float64, decimals int) string {
	s := w.num(x, decimals)
	if x > 0 && strings.Trim(s, "0.,") != "" {
		return "+" + s
	}
	return s
}

func (w writer) interval(low, high float64, decimals int) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return "–"
	}
	return "[" + w.num(low, decimals) + "; " + w.num(high, decimals) + "]"
}

func (w writer) p(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x < 0.001:
		return "< " + w.l.Decimal(0.001, 3)
	}
	return w.l.Decimal(x, 3)
}

func (w writer) wave(v survey.Wave) string {
	return map[survey.Wave]string{
		survey.Pre: w.l.Pick("преди", "before"), survey.Post: w.l.Pick("веднага след", "right after"),
		survey.RetroPre: w.l.Pick("преди, погледнато днес", "before, as seen today"), survey.M6: w.l.Pick("след 6 месеца", "after 6 months"),
	}[v]
}

func (w writer) contrast(c Contrast) string { return w.wave(c.From) + " → " + w.wave(c.To) }

func (w writer) facts() []render.Fact {
	all := []render.Fact{
		{Value: w.l.Int(w.People), What: w.l.Pick("души в проучването", "people in the study")},
		{Value: w.l.Int(w.Cohorts), What: w.l.Pick("групи (обучения)", "groups (trainings)")},
	}
	if len(w.Flow) > 0 {
		last := w.Flow[len(w.Flow)-1]
		answered, asked := last.Tally[survey.Answered], last.Tally.Asked()
		all = append(all, render.Fact{Value: w.l.Percent(float64(answered) / float64(asked)),
			What: w.T("отговорили {w}", "answered {w}", "w", w.wave(last.Wave)),
			Of:   w.T("{a} от {b} попитани", "{a} of {b} asked", "a", answered, "b", asked)})
	}
	return all
}

// Summary is the report in plain sentences. Each is chosen by the numbers; none speaks of cause.
func (w writer) Summary() []string {
	if w.People == 0 {
		return []string{w.l.Pick("Още няма отговори. Тук ще пише какво се е променило, щом хората отговорят втори път.", "There are no answers yet. What has changed will stand here once people have answered a second time.")}
	}
	var all []string
	for _, o := range w.Study.Outcomes {
		e, ok := w.Main(o.ID)
		if !ok {
			continue
		}
		all = append(all, w.sentence(e))
	}
	if len(all) == 0 {
		all = append(all, w.l.Pick("Още никой не е отговорил два пъти, затова няма промяна, която да се измери.", "Nobody has answered twice yet, so there is no change to measure."))
	}
	return all
}

func (w writer) sentence(e Estimate) string {
	o := e.Outcome
	name, dec := o.Title.In(string(w.l)), o.Decimals
	when := w.T("шест месеца след обучението", "six months after the training")
	if e.Contrast.To == survey.Post {
		when = w.T("при второто измерване", "at the second measurement")
	}
	lost := float64(e.Lost) / float64(max(e.Measured, 1))
	start := ""
	if lost > 0.4 {
		start = w.T("Без втори отговор са {p}. ", "{p} gave no second answer. ", "p", w.l.Percent(lost))
	}
	if e.N < smallCell {
		return start + name + ": " + w.T("твърде малко хора са отговорили два пъти, за да се каже нещо.", "too few people answered twice to say anything.")
	}
	vars := []any{"name", name, "when", when, "d", w.num(math.Abs(e.Change), dec), "unit", o.Unit.In(string(w.l)), "ci", w.interval(e.Low, e.High, dec), "n", e.N, "k", e.Clusters, "share", w.l.Percent(1 - lost)}
	switch {
	case e.Problem != "" || e.Clusters < fewest:
		return start + w.T("{name}: средната разлика {when} е {d} ({unit}) при {n} души; групите са твърде малко за интервал.", "{name}: the mean difference {when} is {d} ({unit}) in {n} people; there are too few groups for an interval.", vars...)
	case e.Low > 0:
		start += w.T("{name}: {when} резултатите са средно с {d} по-високи ({unit}; 95 % интервал {ci}; {n} души в {k} групи, {share} от попитаните отново).", "{name}: {when} scores were higher by {d} on average ({unit}; 95% interval {ci}; {n} people in {k} groups, {share} of those asked again).", vars...)
	case e.High < 0:
		start += w.T("{name}: {when} резултатите са средно с {d} по-ниски ({unit}; 95 % интервал {ci}; {n} души в {k} групи, {share} от попитаните отново).", "{name}: {when} scores were lower by {d} on average ({unit}; 95% interval {ci}; {n} people in {k} groups, {share} of those asked again).", vars...)
	default:
		start += w.T("{name}: {when} данните не показват ясна промяна; с тях се съвместява всяка между {low} и {high} ({unit}; {n} души в {k} групи, {share} от попитаните отново).", "{name}: {when} the data show no clear change; any between {low} and {high} is compatible with them ({unit}; {n} people in {k} groups, {share} of those asked again).", append(vars, "low", w.num(e.Low, dec), "high", w.num(e.High, dec))...)
	}
	if e.Few() {
		start += " " + w.T("Групите са твърде малко за надежден интервал.", "There are too few groups for a dependable interval.")
	}
	if (e.Change > 0) == o.HigherBetter && !math.IsNaN(e.Better) && o.HigherBetter {
		start += " " + w.T("По-добре от преди са {b}, по-зле {c}.", "{b} did better than before, {c} worse.", "b", w.l.Percent(e.Better), "c", w.l.Percent(e.Worse))
	}
	return start
}

func (w writer) limits() string {
	return w.T("Няма група за сравнение. Разликата е промяна във времето, а не доказано действие на обучението: други събития, навикът да се отговаря, връщането към средното и отпадналите също може да я обясняват. Отговорите са на самите участници; те не описват безопасността на децата.",
		"There is no comparison group. The difference is a change over time, not a proven effect of the training: other events, getting used to the questions, regression to the mean and those who dropped out may explain it too. Answers are the participants’ own; they do not describe the safety of children.")
}

func (w writer) flow() (render.Figure, bool) {
	if len(w.Flow) == 0 {
		return render.Figure{}, false
	}
	p := render.Flow{Title: w.T("Кой отговори кога", "Who answered when")}
	t := render.Table{Caption: p.Title, Head: []render.Column{{Text: w.T("Вълна", "Wave")}, {Text: w.T("Попитани", "Asked"), Number: true}}}
	for _, s := range survey.Standings() {
		t.Head = append(t.Head, render.Column{Text: w.standing(s), Number: true})
	}
	var said []string
	for _, s := range w.Flow {
		answered, asked, open := s.Tally[survey.Answered], s.Tally.Asked(), s.Tally[survey.Open]
		p.Steps = append(p.Steps, render.FlowStep{Label: w.wave(s.Wave), N: answered, Text: w.T("{a} от {b}", "{a} of {b}", "a", answered, "b", asked),
			Lost: w.T("{n} без отговор, {o} могат още да отговорят", "{n} without an answer, {o} can still answer", "n", s.Tally.Lost(), "o", open)})
		row := []render.Cell{{Text: w.wave(s.Wave)}, render.Num(float64(asked), w.l.Int(asked))}
		t.Rows = append(t.Rows, append(row, w.tally(s.Tally)...))
		said = append(said, fmt.Sprintf("%s %d/%d", w.wave(s.Wave), answered, asked))
	}
	p.Desc = strings.Join(said, "; ")
	return render.Figure{Finding: p.Title, Caption: w.T("Попитани са тези, на които вече е тръгнало първото писмо. Отговорили са тези, които са довели въпросника докрай или са дали достатъчно отговори за поне един резултат.", "Asked are those to whom the first mail has left. Answered are those who went through to the end, or gave enough answers for at least one outcome."), Plot: p, Table: &t}, true
}

func (w writer) standing(s survey.Standing) string { return w.words.T(w.l, "standing."+string(s), nil) }

// tally writes the counts of the standings, in their order. Small ones are hidden, those who were asked and those who were not
// each for themselves, since both sums are known.
func (w writer) tally(t survey.Tally) []render.Cell {
	var all []render.Cell
	for _, asked := range []bool{true, false} {
		var counts []int
		for _, s := range survey.Standings() {
			if s.Asked() == asked {
				counts = append(counts, t[s])
			}
		}
		for i, hide := range disclosure.Inside.Row(counts) {
			c := render.Num(float64(counts[i]), w.l.Int(counts[i]))
			if hide {
				c = render.Cell{Text: w.T("скрито", "hidden"), Suppressed: true}
			}
			all = append(all, c)
		}
	}
	return all
}

// outcome draws the change of one outcome: overall and by sector, then by part of the country.
func (w writer) outcome(o survey.Outcome) []render.Block {
	e, ok := w.Main(o.ID)
	if !ok || e.N < smallCell {
		return nil
	}
	all := []render.Block{w.forest(o, e, w.BySector[o.ID], w.T("по сектори", "by sector"), func(code string) string {
		if t, ok := w.tables.Term(org.Sectors, code); ok {
			return t.Name(string(w.l))
		}
		return code
	})}
	if f, ok := w.course(o); ok {
		all = append(all, f)
	}
	if len(w.ByPlanning[o.ID]) > 1 {
		all = append(all, w.forest(o, e, w.ByPlanning[o.ID], w.T("по райони", "by part of the country"), func(name string) string {
			for _, r := range w.tables.Regions {
				if r.PlanningBG == name {
					return r.Planning(string(w.l))
				}
			}
			return name
		}))
	}
	return all
}

// course draws the means of the waves, everybody first and then the sectors, on one scale.
func (w writer) course(o survey.Outcome) (render.Figure, bool) {
	title := o.Title.In(string(w.l)) + w.T(": преди, веднага след и след шест месеца", ": before, right after and after six months")
	p := render.Slopes{Title: title, Min: math.Inf(1), Max: math.Inf(-1), Waves: []string{w.T("преди", "before"), w.T("след", "after"), w.T("6 мес.", "6 mo.")}}
	t := render.Table{Caption: title, Head: []render.Column{{Text: w.T("Група", "Group")}, {Text: w.T("Вълна", "Wave")}, {Text: "n", Number: true}, {Text: w.T("Средно", "Mean"), Number: true}, {Text: w.T("95 % интервал", "95% interval"), Number: true}}}
	seen := 0
	for _, c := range w.Courses[o.ID] {
		panel := render.SlopePanel{Label: w.T("Всички", "All")}
		if term, ok := w.tables.Term(org.Sectors, c.Name); ok {
			panel.Label = term.Name(string(w.l))
		} else if c.Name != "" {
			panel.Label = c.Name
		}
		for _, x := range c.Points {
			panel.Points = append(panel.Points, render.SlopePoint{Mean: x.Mean, Low: x.Low, High: x.High, Missing: x.Hidden})
			if x.Hidden {
				continue
			}
			seen++
			p.Min, p.Max = min(p.Min, x.Mean), max(p.Max, x.Mean)
			if !math.IsNaN(x.Low) {
				p.Min, p.Max = min(p.Min, x.Low), max(p.Max, x.High)
			}
			t.Rows = append(t.Rows, []render.Cell{{Text: panel.Label}, {Text: w.wave(x.Wave)}, render.Num(float64(x.N), w.l.Int(x.N)), render.Num(x.Mean, w.num(x.Mean, o.Decimals)), {Text: w.interval(x.Low, x.High, o.Decimals)}})
		}
		if r := []rune(panel.Label); len(r) > 24 {
			panel.Label = string(r[:23]) + "…"
		}
		p.Panels = append(p.Panels, panel)
	}
	p.Min, p.Max = max(p.Min, o.Low), min(p.Max, o.High)
	p.Desc = w.T("Стойностите са в таблицата.", "The values are in the table.")
	return render.Figure{Finding: title, Caption: w.T("Средно на отговорилите във всяка вълна, {u}, с 95 % интервал по групи. Не всички са отговорили всеки път: разликата между точките не е средната промяна.", "Mean of those who answered in each wave, {u}, with 95% interval over groups. Not everybody answered each time: the distance of the points is not the mean change.", "u", o.Unit.In(string(w.l))), Plot: p, Table: &t}, seen > 1 && p.Max > p.Min
}

func (w writer) forest(o survey.Outcome, e Estimate, groups []Group, by string, name func(string) string) render.Figure {
	f := render.Forest{Title: o.Title.In(string(w.l)) + ", " + by, Unit: o.Unit.In(string(w.l))}
	t := render.Table{Caption: f.Title, Head: []render.Column{{Text: w.T("Група", "Group")}, {Text: "n", Number: true}, {Text: w.wave(e.Contrast.From), Number: true}, {Text: w.wave(e.Contrast.To), Number: true}, {Text: w.T("Промяна", "Change"), Number: true}, {Text: w.T("95 % интервал", "95% interval"), Number: true}}}
	row := func(label string, x Estimate, overall, hidden bool) {
		text := w.signed(x.Change, o.Decimals) + " " + w.interval(x.Low, x.High, o.Decimals)
		f.Rows = append(f.Rows, render.ForestRow{Label: label, Est: x.Change, Low: x.Low, High: x.High, N: x.N, Text: text, Overall: overall, Suppressed: hidden})
		if hidden {
			t.Rows = append(t.Rows, []render.Cell{{Text: label}, {Text: w.T("скрито", "hidden"), Suppressed: true}, {Text: "–"}, {Text: "–"}, {Text: "–"}, {Text: "–"}})
			return
		}
		t.Rows = append(t.Rows, []render.Cell{{Text: label}, render.Num(float64(x.N), w.l.Int(x.N)), render.Num(x.MeanFrom, w.num(x.MeanFrom, o.Decimals)), render.Num(x.MeanTo, w.num(x.MeanTo, o.Decimals)), render.Num(x.Change, w.signed(x.Change, o.Decimals)), {Text: w.interval(x.Low, x.High, o.Decimals)}})
	}
	for _, g := range groups {
		if g.Suppressed || g.Estimate.N > 0 {
			label := w.T("не е посочено", "not stated")
			if g.Name != "" {
				label = name(g.Name)
			}
			row(label, g.Estimate, false, g.Suppressed)
		}
	}
	row(w.T("Всички", "All"), e, true, false)
	f.Desc = w.T("Всички: {c}, n {n}. Стойностите са в таблицата.", "All: {c}, n {n}. The values are in the table.", "c", f.Rows[len(f.Rows)-1].Text, "n", e.N)
	return render.Figure{
		Finding: o.Title.In(string(w.l)) + " " + by + ": " + w.signed(e.Change, o.Decimals) + " " + w.interval(e.Low, e.High, o.Decimals),
		Caption: w.T("Средна промяна {c}, {u}, с 95 % интервал (CR2, Satterthwaite). Групи под 5 души не се показват, а с тях и други, когато общият брой би ги издал. Групите не се сравняват помежду си.", "Mean change {c}, {u}, with 95% interval (CR2, Satterthwaite). Groups under 5 people are not shown, and with them others where the total would tell of them. Groups are not to be compared.", "c", w.contrast(e.Contrast), "u", f.Unit),
		Plot:    f, Table: &t,
	}
}

func (w writer) estimates() render.Table {
	t := render.Table{Caption: w.T("Всички промени", "All changes"), Head: []render.Column{{Text: w.T("Резултат", "Outcome")}, {Text: w.T("Сравнение", "Contrast")}, {Text: "n", Number: true}, {Text: w.T("групи", "groups"), Number: true}, {Text: w.T("Промяна", "Change"), Number: true}, {Text: "SE", Number: true}, {Text: "df", Number: true}, {Text: w.T("95 % интервал", "95% interval"), Number: true}, {Text: "p", Number: true}, {Text: "p (Holm)", Number: true}, {Text: "g_av", Number: true}, {Text: w.T("интервал", "interval"), Number: true}, {Text: "p (Wilcoxon, Pratt)", Number: true}, {Text: w.T("по групи", "by groups"), Number: true}}}
	for _, e := range w.Estimates {
		if e.N < smallCell {
			continue
		}
		d := e.Outcome.Decimals
		t.Rows = append(t.Rows, []render.Cell{{Text: e.Outcome.Title.In(string(w.l))}, {Text: w.contrast(e.Contrast)}, render.Num(float64(e.N), w.l.Int(e.N)), render.Num(float64(e.Clusters), w.l.Int(e.Clusters)),
			w.value(e.Change, w.signed(e.Change, d)), w.value(e.SE, w.num(e.SE, d+1)), w.value(e.DF, w.num(e.DF, 1)), {Text: w.interval(e.Low, e.High, d)}, w.value(e.P, w.p(e.P)), w.value(e.PHolm, w.p(e.PHolm)),
			w.value(e.GAv, w.num(e.GAv, 2)), {Text: w.interval(e.GAvLow, e.GAvHigh, 2)}, w.value(e.WilcoxonP, w.p(e.WilcoxonP)), {Text: w.signed(e.CohortChange, d) + " " + w.interval(e.CohortLow, e.CohortHigh, d)}})
	}
	t.Note = w.T("p не е вероятността резултатът да е случаен. „По групи“: средното от средните промени на групите. Ретроспективната оценка („погледнато днес“) не замества истинското измерване преди.", "p is not the probability that the result is chance. “By groups”: the mean of the groups’ mean changes. The retrospective rating (“as seen today”) does not replace the real measurement before.")
	return t
}

func (w writer) value(x float64, text string) render.Cell {
	if math.IsNaN(x) {
		return render.Cell{Text: text}
	}
	return render.Num(x, text)
}

func (w writer) attritionTable() render.Table {
	t := render.Table{Caption: w.T("Кой липсва", "Who is missing"), Head: []render.Column{{Text: w.T("Резултат", "Outcome")}, {Text: w.T("Измерени и попитани отново", "Measured and asked again"), Number: true}, {Text: w.T("С двете", "With both"), Number: true}, {Text: w.T("Още може да отговорят", "May still answer"), Number: true}, {Text: w.T("Не отговориха", "Did not answer"), Number: true}, {Text: w.T("Разлика в началото (SMD)", "Difference at the start (SMD)"), Number: true}, {Text: w.T("Промяна, ако липсващите са без промяна", "Change if the missing did not change"), Number: true}, {Text: w.T("Претеглена промяна", "Weighted change"), Number: true}, {Text: w.T("Граници", "Bounds"), Number: true}, {Text: w.T("Обрат", "Tipping"), Number: true}}}
	for _, o := range w.Study.Outcomes {
		e, ok := w.Main(o.ID)
		if !ok || e.N < smallCell {
			continue
		}
		t.Rows = append(t.Rows, []render.Cell{{Text: o.Title.In(string(w.l))}, render.Num(float64(e.Measured), w.l.Int(e.Measured)), render.Num(float64(e.N), w.l.Int(e.N)), render.Num(float64(e.NotAsked), w.l.Int(e.NotAsked)), render.Num(float64(e.Lost), w.l.Int(e.Lost)),
			w.value(e.LostDifference, w.num(e.LostDifference, 2)), w.value(e.NoChange, w.signed(e.NoChange, o.Decimals)),
			{Text: w.signed(e.Weighted, o.Decimals) + " " + w.interval(e.WeightedLow, e.WeightedHigh, o.Decimals)}, {Text: w.interval(e.BoundLow, e.BoundHigh, o.Decimals)}, w.value(e.Tipping, w.signed(e.Tipping, o.Decimals))})
	}
	t.Note = w.T("SMD: стандартизирана разлика между отговорилите и липсващите при първото измерване. Претеглена: с тежест 1/вероятността да отговори човек с такъв начален резултат. Граници: ако всички липсващи са на единия или на другия край на скалата. Обрат: с колко по-различна трябва да е промяната на липсващите, за да стигне интервалът до нула.", "SMD: standardised difference between those who answered and the missing at the first measurement. Weighted: by 1/the probability that somebody with such a first score answers. Bounds: were all the missing at one end of the scale or the other. Tipping: by how much the change of the missing would have to differ for the interval to reach zero.")
	return t
}

// missing says, outcome by outcome, why there is no second score of those who have a first one.
func (w writer) missing() (render.Table, bool) {
	t := render.Table{Caption: w.T("Защо няма второ измерване", "Why there is no second measurement"), Head: []render.Column{{Text: w.T("Резултат", "Outcome")}}}
	for _, s := range survey.Standings()[1:] {
		t.Head = append(t.Head, render.Column{Text: w.standing(s), Number: true})
	}
	for _, o := range w.Study.Outcomes {
		if e, ok := w.Main(o.ID); ok && e.N >= smallCell && len(e.Why) > 0 {
			t.Rows = append(t.Rows, append([]render.Cell{{Text: o.Title.In(string(w.l))}}, w.tally(e.Why)[1:]...))
		}
	}
	t.Note = w.T("Числата са на хора с първо измерване. Само онези, които са били питани и вече не могат да отговорят, се броят за отпаднали; който не е завършил или се е отказал, не е питан втори път.", "The numbers are of people with a first measurement. Only those who were asked and can answer no more count as lost; who did not complete or withdrew was not asked again.")
	return t, len(t.Rows) > 0
}

// described tells ratings and use in practice, question by question.
func (w writer) described() []render.Block {
	var all []render.Block
	for _, d := range w.Described {
		t := render.Table{Caption: d.Instrument.Title.In(string(w.l)) + " (" + w.wave(d.Wave) + ")", Head: []render.Column{
			{Text: w.T("Въпрос", "Question")}, {Text: "n", Number: true}, {Text: w.T("Двата най-високи", "Top two"), Number: true}, {Text: w.T("Отговори", "Answers")}}}
		for _, x := range d.Items {
			if x.Hidden {
				continue
			}
			t.Rows = append(t.Rows, []render.Cell{{Text: x.Item.Text.In(string(w.l))}, render.Num(float64(x.N), w.l.Int(x.N)), w.top(x), {Text: w.shares(x)}})
		}
		if len(t.Rows) > 0 {
			all = append(all, t)
		}
	}
	if len(all) > 0 {
		all = append([]render.Block{render.Heading{Level: 2, Text: w.T("Оценка на обучението и употреба в практиката", "Rating of the training and use in practice")}}, all...)
	}
	return all
}

func (w writer) top(x survey.Distribution) render.Cell {
	if !x.Rated {
		return render.Cell{Text: "–"}
	}
	return render.Num(x.Top, w.l.Percent(x.Top))
}

// shares writes how often each answer was given: "never 12, once 30".
func (w writer) shares(x survey.Distribution) string {
	var all []string
	for _, s := range x.Shares {
		n := w.l.Int(s.N)
		if s.Hidden {
			n = w.T("скрито", "hidden")
		}
		all = append(all, s.Text.In(string(w.l))+": "+n)
	}
	return strings.Join(all, "; ")
}

func (w writer) reliability() (render.Table, bool) {
	if len(w.Reliability) == 0 {
		return render.Table{}, false
	}
	t := render.Table{Caption: w.T("Надеждност на скалите преди обучението", "Reliability of the scales before the training"), Head: []render.Column{{Text: w.T("Скала", "Scale")}, {Text: "n", Number: true}, {Text: w.T("въпроси", "items"), Number: true}, {Text: "α", Number: true}, {Text: w.T("95 % интервал", "95% interval"), Number: true}, {Text: "ω", Number: true}}}
	for _, s := range w.Reliability {
		name := s.Name
		for _, o := range w.Study.Outcomes {
			if o.ID == s.Name {
				name = o.Title.In(string(w.l))
			}
		}
		t.Rows = append(t.Rows, []render.Cell{{Text: name}, render.Num(float64(s.N), w.l.Int(s.N)), render.Num(float64(s.Items), w.l.Int(s.Items)), w.value(s.Alpha, w.num(s.Alpha, 2)), {Text: w.interval(s.AlphaLow, s.AlphaHigh, 2)}, w.value(s.Omega, w.num(s.Omega, 2))})
	}
	return t, true
}

func (w writer) method() []string {
	return []string{
		w.T("Промяна = по-късното минус по-ранното измерване на същия човек; само хора с двете измервания.", "Change = the later minus the earlier measurement of the same person; only people with both."),
		w.T("Стандартна грешка CR2 и степени на свобода по Satterthwaite върху групите (Bell и McCaffrey 2002; Pustejovsky и Tipton 2018): хората от едно обучение си приличат.", "CR2 standard error and Satterthwaite degrees of freedom over groups (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018): people of one training resemble each other."),
		w.T("g_av: промяната, делена на корена от средната дисперсия на двете вълни, с точна поправка; интервал чрез бутстрап по групи (1999 повторения, seed 20260302) при 12 и повече групи, иначе по Bonett (2008).", "g_av: the change over the root of the mean variance of the two waves, with the exact correction; interval by bootstrap over groups (1999 replicates, seed 20260302) from 12 groups on, otherwise by Bonett (2008)."),
		w.T("Рангова проверка: Wilcoxon с нулите по Pratt; тя приема хората за независими.", "Rank check: Wilcoxon with Pratt’s zeros; it takes people as independent."),
		w.T("Поправка по Holm върху основните резултати.", "Holm adjustment over the primary outcomes."),
	}
}
