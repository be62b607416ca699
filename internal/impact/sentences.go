package impact

import (
	"math"
	"slices"

	"strengthen/internal/analysis"
	"strengthen/internal/disclosure"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// What a sentence is chosen by.
const (
	manyLost   = 0.4 // share lost from which a sentence begins with it
	fewGroups  = 10  // groups below which an interval is called weak
	fewDegrees = 4   // degrees of freedom below which nothing depends on an interval
)

// Summary is the report in plain sentences, one for each primary outcome. Each is chosen by the numbers and the design.
func (w writer) Summary() []string {
	switch w.plan.Kind {
	case study.Wedge:
		return w.wedgeSentences()
	case study.Network:
		return w.networkSentences()
	}
	if w.People == 0 {
		return []string{w.T("Още няма отговори. Тук ще пише какво се е променило, щом хората отговорят втори път.", "There are no answers yet. What has changed will stand here once people have answered a second time.")}
	}
	var all []string
	for _, o := range w.plan.Outcomes {
		if c, ok := w.main(o.ID); ok && (o.Role == study.PrimaryRole || c.Headline.Clear()) {
			all = append(all, w.sentence(o, c))
		}
	}
	if len(all) == 0 {
		all = append(all, w.T("Още никой не е отговорил два пъти, затова няма промяна, която да се измери.", "Nobody has answered twice yet, so there is no change to measure."))
	}
	for _, c := range w.Compared {
		if w.outcome(c.Outcome).Role == study.PrimaryRole {
			all = append(all, w.comparedSentence(c))
		}
	}
	return append(all, w.wedgeSentences()...)
}

// reading is what is said below the heading of an outcome.
func (w writer) reading(o study.Outcome, c analysis.Change) []string {
	all := []string{w.sentence(o, c)}
	if s := w.verdict(o, c); s != "" {
		all = append(all, s)
	}
	if c.Reliable != nil && c.Reliable.Up >= 0 && c.Reliable.Down >= 0 {
		n := float64(c.N)
		all = append(all, w.T("С повече от грешката на мярката (над {t}) се подобриха {u} от хората и се влошиха {d}.", "By more than the error of measurement (above {t}), {u} of people improved and {d} got worse.",
			"t", w.num(c.Reliable.Threshold, o.Decimals), "u", w.share(analysis.Number(float64(c.Reliable.Up)/n)), "d", w.share(analysis.Number(float64(c.Reliable.Down)/n))))
	}
	if w.disagree(c) {
		all = append(all, w.T("Внимание: когато всяка група се брои по веднъж, изводът е друг ({e}). Двете числа стоят в таблицата.", "Mind: when each group counts once, the verdict is another ({e}). Both figures stand in the table.", "e", w.estimate(c.Cohort, o.Decimals)))
	}
	return all
}

// disagree reports whether persons and groups, taken as the unit, lead to different verdicts.
func (w writer) disagree(c analysis.Change) bool {
	return !w.Independent && c.CR2.OK() && c.Cohort.OK() && (c.CR2.Clear() != c.Cohort.Clear() || c.CR2.Value*c.Cohort.Value < 0)
}

// sentence says what is known of one change. Of more than 40 % lost it speaks first.
func (w writer) sentence(o study.Outcome, c analysis.Change) string {
	name, dec := w.title(o), o.Decimals
	lost := 0.0
	if c.Measured > 0 && c.Lost > 0 {
		lost = float64(c.Lost) / float64(c.Measured)
	}
	start := ""
	if lost > manyLost {
		start = w.T("Без втори отговор са {p}. ", "{p} gave no second answer. ", "p", w.l.Percent(lost))
	}
	h := c.Headline
	vars := []any{"name", name, "when", w.wave(c.To), "d", w.num(analysis.Number(math.Abs(float64(h.Value))), dec), "unit", w.unit(o), "ci", w.interval(h.Low, h.High, dec), "who", w.who(c), "low", w.num(h.Low, dec), "high", w.num(h.High, dec), "why", w.why(h.Why)}
	switch {
	case c.N == disclosure.Hidden || h.Why == analysis.Hidden:
		return start + w.T("{name}: твърде малко хора са отговорили два пъти, за да се каже нещо.", "{name}: too few people answered twice to say anything.", vars...)
	case !h.Value.OK():
		return start + w.T("{name}: промяната {when} не може да се оцени, защото {why}.", "{name}: the change {when} cannot be estimated, because {why}.", vars...)
	case !h.OK():
		return start + w.T("{name}: средната разлика {when} е {d} ({unit}; {who}), но интервал не може да се оцени, защото {why}.", "{name}: the mean difference {when} is {d} ({unit}; {who}), but an interval cannot be estimated, because {why}.", vars...)
	case h.Low > 0:
		start += w.T("{name}: {when} резултатите са средно с {d} по-високи ({unit}; 95 % интервал {ci}; {who}).", "{name}: {when}, scores were higher by {d} on average ({unit}; 95% interval {ci}; {who}).", vars...)
	case h.High < 0:
		start += w.T("{name}: {when} резултатите са средно с {d} по-ниски ({unit}; 95 % интервал {ci}; {who}).", "{name}: {when}, scores were lower by {d} on average ({unit}; 95% interval {ci}; {who}).", vars...)
	default:
		start += w.T("{name}: {when} данните не показват ясна промяна; с тях се съвместява всяка между {low} и {high} ({unit}; {who}).", "{name}: {when}, the data show no clear change; any between {low} and {high} is compatible with them ({unit}; {who}).", vars...)
	}
	if !w.Independent && (c.Groups < fewGroups || h.DF.OK() && h.DF < fewDegrees) {
		start += " " + w.T("Групите са твърде малко за надежден интервал.", "There are too few groups for a dependable interval.")
	}
	better, worse := c.Better, c.Worse
	if o.Lower {
		better, worse = worse, better
	}
	if better.OK() && worse.OK() {
		start += " " + w.T("По-добре от преди са {b}, по-зле {c}.", "{b} did better than before, {c} worse.", "b", w.share(better), "c", w.share(worse))
	}
	return start
}

func (w writer) unit(o study.Outcome) string {
	if u := w.in(o.Unit); u != "" {
		return u
	}
	return w.T("в единиците на мярката", "in units of the measure")
}

// who are the people behind a change: how many, of how many asked again, in how many groups.
func (w writer) who(c analysis.Change) string {
	s := w.T("{n} души", "{n} people", "n", c.N)
	if !w.Independent {
		s = w.T("{n} души в {k} групи", "{n} people in {k} groups", "n", c.N, "k", c.Groups)
	}
	if c.Measured > 0 {
		s += w.T(", {share} от попитаните отново", ", {share} of those asked again", "share", w.l.Percent(float64(c.N)/float64(c.Measured)))
	}
	return s
}

// verdict compares the interval with the smallest change that matters, as the plan named it.
func (w writer) verdict(o study.Outcome, c analysis.Change) string {
	s := w.num(analysis.Number(o.Smallest), max(o.Decimals, 1))
	switch c.Smallest {
	case analysis.Beyond:
		return w.T("Целият интервал лежи отвъд най-малката промяна, която има значение ({s}).", "The whole interval lies beyond the smallest change that matters ({s}).", "s", s)
	case analysis.Within:
		return w.T("Целият интервал е под най-малката промяна, която има значение ({s}).", "The whole interval is below the smallest change that matters ({s}).", "s", s)
	case analysis.Against:
		return w.T("Целият интервал е влошаване, по-голямо от най-малката промяна, която има значение ({s}).", "The whole interval is a worsening larger than the smallest change that matters ({s}).", "s", s)
	case analysis.Undecided:
		return w.T("Данните не решават дали промяната е по-голяма от най-малката, която има значение ({s}).", "The data do not decide whether the change is larger than the smallest that matters ({s}).", "s", s)
	}
	return ""
}

// comparedSentence says what stands beside those who waited.
func (w writer) comparedSentence(c analysis.Comparison) string {
	o := w.outcome(c.Outcome)
	vars := []any{"name", w.title(o), "e", w.estimate(c.Main, o.Decimals), "unit", w.unit(o), "why", w.why(c.Main.Why), "t", w.people(c.Trained), "c", w.people(c.Waiting), "p", w.p(c.PPermute)}
	switch {
	case !c.Main.OK():
		return w.T("{name}: сравнението с чакащите не може да се оцени, защото {why}.", "{name}: the comparison with those who waited cannot be estimated, because {why}.", vars...)
	case c.Main.Clear():
		return w.T("{name}: в сравнение с чакащите разликата е {e} ({unit}; {t} обучени, {c} чакащи; p от разместване на групите {p}).", "{name}: compared with those who waited the difference is {e} ({unit}; {t} trained, {c} waiting; p by exchanging the groups {p}).", vars...)
	}
	return w.T("{name}: сравнението с чакащите не показва ясна разлика: {e} ({unit}; {t} обучени, {c} чакащи).", "{name}: the comparison with those who waited shows no clear difference: {e} ({unit}; {t} trained, {c} waiting).", vars...)
}

func (w writer) wedgeSentences() []string {
	var all []string
	for _, x := range w.Wedges {
		o := w.outcome(x.Outcome)
		vars := []any{"name", w.title(o), "e", w.estimate(x.Effect, o.Decimals), "unit", w.unit(o), "k", x.Places, "n", x.Rows, "why", w.why(x.Effect.Why), "p", w.p(x.PPermute)}
		switch {
		case !x.Effect.OK():
			all = append(all, w.T("{name}: разликата след обученията не може да се оцени, защото {why}.", "{name}: the difference after the trainings cannot be estimated, because {why}.", vars...))
		case x.Effect.Clear():
			all = append(all, w.T("{name}: след обучението показателят се различава средно с {e} ({unit}) от онова, което се вижда в същото време при необучените още ({k} места, {n} измервания; p от разместване на датите {p}).", "{name}: after the training the figure differs by {e} on average ({unit}) from what is seen at the same time where nobody was trained yet ({k} places, {n} measurements; p by exchanging the dates {p}).", vars...))
		default:
			all = append(all, w.T("{name}: след обучението не се вижда ясна разлика спрямо необучените още: {e} ({unit}; {k} места).", "{name}: after the training no clear difference is seen from those not trained yet: {e} ({unit}; {k} places).", vars...))
		}
	}
	return all
}

func (w writer) networkSentences() []string {
	n := w.Network
	if n == nil {
		return nil
	}
	if n.Why != analysis.Estimated {
		return []string{w.T("Мрежата не може да се сравни, защото {why}.", "The network cannot be compared, because {why}.", "why", w.why(n.Why))}
	}
	return []string{w.T("Между {n} участници, отговорили двата пъти, връзките са {a} преди и {b} след; {k} са запазени, {g} са нови, {d} са прекъснати.", "Among the {n} actors who answered both times there were {a} ties before and {b} after; {k} were kept, {g} are new, {d} ended.",
		"n", n.Actors, "a", n.Before.Arcs, "b", n.After.Arcs, "k", n.Kept, "g", n.Gained, "d", n.Dropped)}
}

// own reports whether the study is that of the programme, in which people rate themselves.
func (w writer) own() bool { return w.plan.Study == survey.OwnStudy }

// limits is the one sentence that must stand beside every headline.
func (w writer) limits() string {
	switch {
	case w.plan.Kind == study.Network:
		return w.T("Мрежата се състои от онова, което участниците сами посочват. Без група за сравнение разликата е промяна във времето.", "The network is made of what the actors themselves name. Without a comparison group the difference is a change over time.")
	case !w.effect():
		s := w.T("Няма група за сравнение. Разликата е промяна във времето, а не доказано действие: други събития, навикът да се отговаря, връщането към средното и отпадналите също може да я обясняват.",
			"There is no comparison group. The difference is a change over time, not a proven effect: other events, getting used to the questions, regression to the mean and those who dropped out may explain it too.")
		if w.own() {
			s += " " + w.T("Отговорите са на самите участници; те не описват безопасността на децата.", "Answers are the participants’ own; they do not describe the safety of children.")
		}
		return s
	case w.plan.Comparison.Lot:
		return w.T("Кой е обучен пръв, е теглено с жребий, затова разликата спрямо чакащите може да се чете като действие на програмата в тези места и в това време, доколкото отпадналите не са особени.", "Who was trained first was drawn by lot, so the difference from those who waited may be read as what the programme did in these places at this time, as far as those who were lost are not special.")
	}
	return w.T("Кой е обучен пръв, не е теглено с жребий. Разликата може да се чете като действие на програмата само ако без нея двете групи биха се променили еднакво.", "Who was trained first was not drawn by lot. The difference may be read as what the programme did only if without it both groups would have changed alike.")
}

// conclusions are what the design allows and forbids.
func (w writer) conclusions() []render.Block {
	may, not := w.may(), w.mayNot()
	return []render.Block{
		render.Heading{Level: 3, Text: w.T("Може да се каже", "It may be said")}, render.List{Items: may},
		render.Heading{Level: 3, Text: w.T("Не бива да се казва", "It must not be said")}, render.List{Items: not},
	}
}

func (w writer) may() []string {
	var all []string
	for _, o := range w.plan.Outcomes {
		c, ok := w.main(o.ID)
		if !ok || !c.Headline.OK() || o.Role != study.PrimaryRole {
			continue
		}
		vars := []any{"name", w.title(o), "when", w.wave(c.To), "e", w.estimate(c.Headline, o.Decimals), "low", w.num(c.Headline.Low, o.Decimals), "high", w.num(c.Headline.High, o.Decimals)}
		if c.Headline.Clear() {
			all = append(all, w.T("При отговорилите „{name}“ {when} се различава от началото с {e}.", "Among those who answered, “{name}” {when} differs from the start by {e}.", vars...))
		} else {
			all = append(all, w.T("При отговорилите всяка промяна на „{name}“ между {low} и {high} се съвместява с данните.", "Among those who answered, any change of “{name}” between {low} and {high} is compatible with the data.", vars...))
		}
	}
	if w.effect() {
		all = append(all, w.limits())
	} else {
		all = append(all, w.T("Че промяната е във връзка по време с обучението.", "That the change goes together in time with the training."))
	}
	return all
}

func (w writer) mayNot() []string {
	var all []string
	add := func(bg, en string, vars ...any) { all = append(all, w.T(bg, en, vars...)) }
	if !w.effect() {
		add("Че промяната се дължи на обучението: няма с кого да се сравни.", "That the change is due to the training: there is nobody to compare with.")
	}
	if slices.ContainsFunc(w.Changes, func(c analysis.Change) bool { return c.Main && c.Headline.OK() && !c.Headline.Clear() }) {
		add("Че „няма промяна“, където интервалът включва нулата: той включва и други стойности.", "That there is “no change” where an interval holds zero: it holds other values too.")
	}
	if w.own() {
		add("Нещо за всички специалисти, за системата или за безопасността на децата: говорят само отговорилите участници, и то за себе си.", "Anything about all professionals, the system or the safety of children: only the participants who answered speak, and of themselves.")
	}
	if !w.own() {
		add("Нещо за хора, които не са били измерени.", "Anything about people who were not measured.")
	}
	if slices.ContainsFunc(w.Changes, func(c analysis.Change) bool { return c.Lost > 0 }) {
		add("Нещо за по-късното измерване, без да се каже и каква част от хората е отговорила.", "Anything about the later measurement without saying which share of people answered.")
	}
	if len(w.plan.Groups) > 0 {
		add("Кой сектор или коя област е по-добра: разликите между малки групи са предимно случайност.", "Which sector or region is better: differences between small groups are mostly noise.")
	}
	if w.plan.Has(survey.RetroPre) {
		add("Че ретроспективната оценка показва напредъка: паметта и учтивостта я изкривяват.", "That the retrospective rating shows the gain: memory and courtesy bend it.")
	}
	add("Че p е вероятността резултатът да е случаен, или че малко p значи голяма промяна.", "That p is the probability of the result being chance, or that a small p means a large change.")
	if w.Record.Locked == nil || w.Record.Locked.Late {
		add("Че изборът на резултати и методи е бил направен преди данните.", "That outcomes and methods were chosen before the data.")
	}
	return all
}
