package impact

import (
	"time"

	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/i18n"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

func newWriter(r analysis.Result, names Names, l i18n.Lang) writer {
	return writer{r, r.Record.Plan, l, names, i18n.Load()}
}

// Write puts a result into words, tables and charts: from the question to what may be concluded, and to what everything rests on.
func Write(r analysis.Result, names Names, l i18n.Lang, made time.Time) render.Document {
	w := newWriter(r, names, l)
	d := render.Document{
		Lang: string(l), Title: w.heading(), Subtitle: w.in(w.plan.Title) + " · " + w.asOf(), Made: made, Data: r,
	}
	add := func(b ...render.Block) { d.Blocks = append(d.Blocks, b...) }
	section := func(bg, en string, blocks []render.Block) {
		if len(blocks) > 0 {
			add(render.Heading{Level: 2, Text: l.Pick(bg, en)})
			add(blocks...)
		}
	}
	if facts := w.facts(); len(facts) > 0 {
		add(render.Facts{Items: facts})
	}
	section("Накратко", "In short", w.inShort())
	section("Въпрос и замисъл", "Question and design", w.design())
	section("Кой отговори и кой не", "Who answered and who did not", w.flow())
	section("С какво е мерено", "What it was measured with", w.instruments())
	section("Какво се промени", "What has changed", w.outcomes())
	section("Какво показва сравнението", "What the comparison shows", w.comparison())
	section("Кой липсва и какво може да значи това", "Who is missing and what that may mean", w.lost())
	section("Колко издържа резултатът", "How well the result holds", w.sensitivity())
	section("По сектори, области и други групи", "By sector, region and other groups", w.groups())
	section("Кой с кого работи", "Who works with whom", w.network())
	section("Оценка и употреба в практиката", "Ratings and use in practice", w.practice())
	section("Какво може и какво не може да се заключи", "What may and may not be concluded", w.conclusions())
	section("Отклонения от плана", "Deviations from the plan", w.deviations())
	section("Как е сметнато", "How it was computed", w.methods())
	section("Планът", "The plan", w.planSection())
	return d
}

func (w writer) heading() string {
	if w.effect() && w.plan.Estimand == study.IsEffect {
		return w.T("Какво промени програмата", "What the programme changed")
	}
	return w.T("Какво се промени", "What has changed")
}

func (w writer) asOf() string {
	day, err := calendar.ParseDate(w.AsOf)
	if err != nil {
		return w.T("без дата", "without a date")
	}
	return w.T("към {d}", "as of {d}", "d", w.l.Date(day))
}

// facts are the size of the study and who answered last.
func (w writer) facts() []render.Fact {
	if w.plan.Kind != study.Change {
		return nil
	}
	all := []render.Fact{{Value: w.l.Int(w.People), What: w.T("души в проучването", "people in the study")}}
	if !w.Independent {
		all = append(all, render.Fact{Value: w.l.Int(w.Groups), What: w.T("групи ({c})", "groups ({c})", "c", w.in(w.plan.Cluster))})
	}
	if len(w.Flow) > 0 {
		last := w.Flow[len(w.Flow)-1]
		if t := last.All; t.Answered > 0 && t.Lost >= 0 && t.Open >= 0 {
			asked := t.Answered + t.Lost + t.Open
			all = append(all, render.Fact{Value: w.l.Percent(float64(t.Answered) / float64(asked)),
				What: w.T("отговорили {w}", "answered {w}", "w", w.wave(last.Wave)),
				Of:   w.T("{a} от {b} попитани", "{a} of {b} asked", "a", t.Answered, "b", asked)})
		}
	}
	return all
}

// inShort is the report in plain sentences, with its limits.
func (w writer) inShort() []render.Block {
	var all []render.Block
	for _, s := range w.Summary() {
		all = append(all, render.Para{Text: s})
	}
	return append(all, render.Para{Text: w.limits(), Kind: "warn"})
}

// design says what was asked, and how.
func (w writer) design() []render.Block {
	p := w.plan
	var items []string
	add := func(bg, en string, vars ...any) { items = append(items, w.T(bg, en, vars...)) }
	switch p.Kind {
	case study.Wedge:
		add("Места, обучени на различни дати: за всяко място и период се гледа един показател преди и след обучението му.", "Places trained at different dates: one figure of each place and period is looked at before and after its training.")
	case study.Network:
		add("Кой кого посочва като партньор, по едни и същи участници преди и след.", "Who names whom as a partner, among the same actors before and after.")
	default:
		add("Едни и същи хора, питани: {w}.", "The same people, asked: {w}.", "w", w.waves())
		add("Основно сравнение: {c}.", "Primary contrast: {c}.", "c", w.wave(p.Primary.From)+" → "+w.wave(p.Primary.To))
		for _, o := range p.Outcomes {
			items = append(items, w.measures(o))
		}
	}
	switch p.Comparison.Design {
	case study.WaitList:
		if p.Comparison.Lot {
			add("Сравнение: групи, които чакаха обучението си; редът е теглен с жребий.", "Comparison: groups that waited for their training; the order was drawn by lot.")
		} else {
			add("Сравнение: групи, които чакаха обучението си; редът не е теглен с жребий.", "Comparison: groups that waited for their training; the order was not drawn by lot.")
		}
	case study.Staggered:
		add("Сравнение: групи, обучени на различни дати; необучените още са мярка за обучените.", "Comparison: groups trained at different dates; those not trained yet are the measure for those trained.")
	default:
		if p.Kind == study.Change {
			add("Няма група за сравнение: мери се промяна, не действие.", "There is no comparison group: what is measured is change, not effect.")
		}
	}
	items = append(items, w.lockSentence())
	var all []render.Block
	if q := w.in(p.Question); q != "" {
		all = append(all, render.Para{Text: q, Kind: "lead"})
	}
	return append(all, render.List{Items: items})
}

func (w writer) waves() string {
	s := ""
	for i, x := range w.plan.Waves {
		if i > 0 {
			s += "; "
		}
		s += w.wave(x.Wave)
	}
	return s
}

// measures describes an outcome in one line.
func (w writer) measures(o study.Outcome) string {
	s := w.title(o)
	if u := w.in(o.Unit); u != "" {
		s += ", " + u
	}
	s += ": " + map[study.Role]string{study.PrimaryRole: w.T("основен резултат", "primary outcome"), study.SecondaryRole: w.T("допълнителен резултат", "secondary outcome")}[o.Role]
	if o.Lower {
		s += w.T("; по-малкото е по-добро", "; less is better")
	}
	if o.Smallest > 0 {
		s += w.T("; най-малка промяна, която има значение: {s}", "; smallest change that matters: {s}", "s", w.num(analysis.Number(o.Smallest), max(o.Decimals, 1)))
	}
	return s + "."
}

func (w writer) lockSentence() string {
	l := w.Record.Locked
	switch {
	case l == nil:
		return w.T("Планът не е заключен: изборите в него можеха да се променят и след като данните дойдоха.", "The plan is not locked: its choices could be changed after the data came.")
	case l.Late:
		return w.T("Планът е заключен на {d}, но след като данните за основното сравнение са започнали да идват.", "The plan was locked on {d}, but after the data of the primary contrast had begun to come.", "d", w.day(l.On))
	}
	return w.T("Планът е заключен на {d}, преди да има данни за основното сравнение.", "The plan was locked on {d}, before there were data for the primary contrast.", "d", w.day(l.On))
}

func (w writer) day(s string) string {
	d, err := calendar.ParseDate(s)
	if err != nil {
		return s
	}
	return w.l.Date(d)
}

// flow follows people from wave to wave, in all and by sector and region.
func (w writer) flow() []render.Block {
	if len(w.Flow) == 0 {
		return nil
	}
	p := render.Flow{Title: w.T("От кого има отговори", "Who gave answers")}
	t := render.Table{Caption: p.Title, Head: head(1, w.T("Кога", "When"), w.T("отговорили", "answered"), w.T("още може да отговорят", "may still answer"), w.T("не отговориха", "did not answer"), w.T("не са питани", "not asked"))}
	for _, f := range w.Flow {
		a := f.All
		step := render.FlowStep{Label: w.wave(f.Wave), N: max(a.Answered, 0), Text: w.people(a.Answered)}
		if a.Answered >= 0 && a.Lost >= 0 && a.Open >= 0 {
			step.Text = w.T("{a} от {b}", "{a} of {b}", "a", a.Answered, "b", a.Answered+a.Lost+a.Open)
		}
		step.Lost = w.T("без отговор {n}, още може {o}, непитани {m}", "no answer {n}, may still {o}, not asked {m}", "n", w.people(a.Lost), "o", w.people(a.Open), "m", w.people(a.NotAsked))
		p.Steps = append(p.Steps, step)
		t.Rows = append(t.Rows, w.tally(w.wave(f.Wave), a))
		p.Desc += w.wave(f.Wave) + ": " + step.Text + ". "
	}
	all := []render.Block{render.Figure{Finding: p.Title, Plot: p, Table: &t, Caption: w.T("Отговорили са тези, които са дали достатъчно отговори за поне един резултат. Отговорите на един човек се свързват по код, без име.", "Those have answered who gave enough answers for at least one outcome. The answers of a person are linked by a code, without a name.")}}
	for _, by := range w.plan.Groups {
		if t, ok := w.flowBy(by); ok {
			all = append(all, t)
		}
	}
	return all
}

func (w writer) tally(name string, a analysis.Tally) []render.Cell {
	return []render.Cell{text(name), w.count(a.Answered), w.count(a.Open), w.count(a.Lost), w.count(a.NotAsked)}
}

// flowBy is who answered in each group: of those asked, wave by wave.
func (w writer) flowBy(by study.By) (render.Table, bool) {
	t := render.Table{Folded: true, Caption: w.T("Кой отговори: {b}", "Who answered: {b}", "b", w.by(by)), Head: head(1, w.T("Група", "Group"))}
	var names []string
	rows := map[string][]render.Cell{}
	for _, f := range w.Flow {
		t.Head = append(t.Head, render.Column{Text: w.T("{w}: отговорили", "{w}: answered", "w", w.short(f.Wave)), Number: true}, render.Column{Text: w.T("не отговориха", "did not"), Number: true})
		for _, row := range f.By[string(by)] {
			if rows[row.Name] == nil {
				names, rows[row.Name] = append(names, row.Name), []render.Cell{text(w.name(by, row.Name))}
			}
			rows[row.Name] = append(rows[row.Name], w.count(row.Answered), w.count(row.Lost))
		}
	}
	for _, name := range names {
		t.Rows = append(t.Rows, rows[name])
	}
	t.Note = w.smallNote()
	return t, len(t.Rows) > 0
}

func (w writer) smallNote() string {
	if w.Level < 2 {
		return ""
	}
	return w.T("Числа под {n} не се показват, а с тях и други, от които може да се пресметнат.", "Numbers under {n} are not shown, nor others from which they could be worked out.", "n", w.Level)
}

// by says how people are told apart; a plan may have its own words for it, under labels.by.
func (w writer) by(b study.By) string {
	if t, ok := w.names["by"][string(b)]; ok {
		return w.in(t)
	}
	return map[study.By]string{study.Sector: w.T("по сектори", "by sector"), study.Region: w.T("по области", "by region"), study.Experience: w.T("по стаж", "by experience")}[b]
}

// instruments say how far the scales can be trusted.
func (w writer) instruments() []render.Block {
	if len(w.Reliability) == 0 {
		return nil
	}
	t := render.Table{Caption: w.T("Надеждност преди обучението", "Reliability at the first measurement"), Head: head(1, w.T("Скала", "Scale"), "n", w.T("въпроси", "items"), "α", w.T("95 % интервал", "95% interval"), "ω", "KR-20", w.T("грешка на мярката", "error of measurement"), w.T("на дъното", "at the bottom"), w.T("на върха", "at the top"))}
	var said []string
	for _, s := range w.Reliability {
		o := w.outcome(s.Outcome)
		t.Rows = append(t.Rows, []render.Cell{text(w.title(o)), w.count(s.N), render.Num(float64(s.Items), w.l.Int(s.Items)), w.decimal(s.Alpha, 2), text(w.interval(s.AlphaCI.Low, s.AlphaCI.High, 2)),
			w.decimal(s.Omega, 2), w.decimal(s.KR20, 2), w.decimal(s.SEM, o.Decimals), w.value(s.Floor, w.share(s.Floor)), w.value(s.Ceiling, w.share(s.Ceiling))})
		if s.Why != analysis.Estimated {
			said = append(said, w.T("{name}: надеждността не може да се оцени, защото {why}.", "{name}: reliability cannot be estimated, because {why}.", "name", w.title(o), "why", w.why(s.Why)))
		}
		if s.Alpha.OK() && s.Alpha < 0.6 {
			said = append(said, w.T("{name}: въпросите не вървят заедно (α {a}); сборът им не бива да се чете като една мярка.", "{name}: the items do not go together (α {a}); their score should not be read as one measure.", "name", w.title(o), "a", w.num(s.Alpha, 2)))
		}
		if s.Ceiling.OK() && s.Ceiling > 0.15 {
			said = append(said, w.T("{name}: {p} са на върха още в началото; подобрението им не може да се види.", "{name}: {p} are at the top from the start; a gain of theirs cannot be seen.", "name", w.title(o), "p", w.share(s.Ceiling)))
		}
	}
	t.Note = w.T("α и ω: доколко въпросите мерят едно и също, от 0 до 1. Грешка на мярката: с колко се разминава резултатът на един човек от случайност.", "α and ω: how far the items measure the same thing, from 0 to 1. Error of measurement: by how much a person’s score is off by chance.")
	all := []render.Block{t}
	for _, s := range said {
		all = append(all, render.Para{Text: s})
	}
	for _, s := range w.Reliability {
		if q, ok := w.questions(s); ok {
			all = append(all, q)
		}
	}
	return all
}

func (w writer) questions(s analysis.Scale) (render.Table, bool) {
	t := render.Table{Folded: true, Caption: w.T("{name}, въпрос по въпрос", "{name}, item by item", "name", w.title(w.outcome(s.Outcome))), Head: head(1, w.T("Въпрос", "Item"), w.T("средно", "mean"), w.T("връзка с останалите", "link to the others"), w.T("отличаване", "discrimination"), w.T("α без него", "α without it"))}
	for i, q := range s.Question {
		t.Rows = append(t.Rows, []render.Cell{text(w.l.Int(i + 1)), w.decimal(q.Mean, 2), w.decimal(q.ItemRest, 2), w.decimal(q.Discrimination, 2), w.decimal(q.AlphaWithout, 2)})
	}
	return t, len(t.Rows) > 1
}

// outcomes tell the change, outcome by outcome.
func (w writer) outcomes() []render.Block {
	if w.plan.Kind != study.Change {
		return nil
	}
	var all []render.Block
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok {
			continue
		}
		all = append(all, render.Heading{Level: 3, Text: w.title(o)})
		for _, s := range w.reading(o, c) {
			all = append(all, render.Para{Text: s})
		}
		if f, ok := w.contrasts(o); ok {
			all = append(all, f)
		}
		if f, ok := w.course(o); ok {
			all = append(all, f)
		}
		for _, it := range w.Items {
			if it.ID == o.ID {
				all = append(all, w.answers(it))
			}
		}
	}
	if len(all) == 0 {
		return []render.Block{render.Para{Text: w.T("Още никой не е отговорил два пъти.", "Nobody has answered twice yet.")}}
	}
	return append(all, w.allChanges(), w.sizes())
}

// practice tells ratings and use in practice, question by question.
func (w writer) practice() []render.Block {
	var all []render.Block
	parts := map[string]*render.Table{}
	var order []string
	instruments := survey.Instruments()
	for _, x := range w.Described {
		t := parts[x.Part]
		if t == nil {
			t = &render.Table{Caption: w.in(instruments[x.Part].Title), Head: []render.Column{{Text: w.T("Въпрос", "Question")}, {Text: "n", Number: true}, {Text: w.T("Двата най-високи", "Top two"), Number: true}, {Text: w.T("Отговори", "Answers")}}}
			parts[x.Part], order = t, append(order, x.Part)
		}
		for _, v := range x.Waves {
			if !v.Hidden {
				t.Rows = append(t.Rows, []render.Cell{text(w.in(x.Title)), w.count(v.N), w.value(v.Top, w.share(v.Top)), text(w.levels(x, v))})
			}
		}
	}
	for _, name := range order {
		if t := parts[name]; len(t.Rows) > 0 {
			t.Note = w.T("Участниците описват собствената си работа; никой не я е наблюдавал.", "Participants describe their own work; nobody observed it.")
			all = append(all, *t)
		}
	}
	return all
}

// levels writes how often each answer was given: "never: 12; once: 30".
func (w writer) levels(x analysis.Item, v analysis.ItemWave) string {
	s := ""
	for i, n := range v.Counts {
		if i > 0 {
			s += "; "
		}
		s += w.in(x.Levels[i]) + ": " + w.people(n)
	}
	return s
}

// answers shows how often each answer was given to one question, wave by wave.
func (w writer) answers(x analysis.Item) render.Table {
	t := render.Table{Caption: w.T("{name}: колко пъти е даден всеки отговор", "{name}: how often each answer was given", "name", w.in(x.Title)), Head: head(1, w.T("Отговор", "Answer"))}
	for _, v := range x.Waves {
		t.Head = append(t.Head, render.Column{Text: w.short(v.Wave), Number: true})
	}
	for i, level := range x.Levels {
		row := []render.Cell{text(w.in(level))}
		for _, v := range x.Waves {
			if v.Hidden {
				row = append(row, render.Cell{Text: w.hidden(), Suppressed: true})
			} else {
				row = append(row, w.count(v.Counts[i]))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	t.Note = w.smallNote()
	return t
}
