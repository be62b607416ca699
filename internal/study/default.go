package study

import (
	"slices"

	"strengthen/internal/survey"
)

var waveTitles = map[survey.Wave]survey.Text{
	survey.Pre:      {BG: "преди обучението", EN: "before the training"},
	survey.Post:     {BG: "веднага след обучението", EN: "right after the training"},
	survey.RetroPre: {BG: "преди обучението, погледнато днес", EN: "before the training, as seen today"},
	survey.M6:       {BG: "шест месеца след обучението", EN: "six months after the training"},
}

var waveShort = map[survey.Wave]survey.Text{
	survey.Pre:      {BG: "преди", EN: "before"},
	survey.Post:     {BG: "след", EN: "after"},
	survey.RetroPre: {BG: "преди, погледнато днес", EN: "before, as seen today"},
	survey.M6:       {BG: "6 месеца", EN: "6 months"},
}

// Default is the plan that is proposed for a study: what is known to hold with groups of people, without a comparison.
func Default(s survey.Study, waves ...survey.Wave) Plan {
	p := Plan{
		Kind: Change, Study: s.ID, Title: s.Title, Estimand: IsChange,
		Question: survey.Text{
			BG: "Какво е различно при хората, които са минали през обучението, и задържа ли се?",
			EN: "What is different in the people who went through the training, and does it last?",
		},
		Cluster:    survey.Text{BG: "обучение", EN: "training"},
		Comparison: Comparison{Design: NoComparison},
		Methods:    Methods{Headline: CR2, Replicates: 9999, Seed: 20260302},
		Missing:    Missing{Stance: AtRandom, Bounds: true},
		Family:     Family{Primary: Holm, Secondary: BH},
		Groups:     []By{Sector, Region},
		Size:       Size{People: 560, Groups: 28, ICC: 0.05, CV: 0.4, Loss: 0.35, Correlation: 0.5, Power: 0.8},
	}
	for _, w := range waves {
		p.Waves = append(p.Waves, Wave{Wave: w, Title: waveTitles[w]})
	}
	p.Primary = Contrast{survey.Pre, survey.M6}
	if !slices.Contains(waves, survey.M6) {
		p.Primary.To = survey.Post
	}
	for _, o := range s.Outcomes {
		role := SecondaryRole
		if o.Primary {
			role = PrimaryRole
		}
		p.Outcomes = append(p.Outcomes, Outcome{
			ID: o.ID, Title: o.Title, Unit: o.Unit, Role: role, Scale: Score, Low: o.Low, High: o.High, Decimals: o.Decimals, Lower: !o.HigherBetter,
		})
	}
	if !slices.ContainsFunc(p.Outcomes, func(o Outcome) bool { return o.Role == PrimaryRole }) && len(p.Outcomes) > 0 {
		p.Outcomes[0].Role = PrimaryRole
	}
	return p
}

// Own is the plan that is proposed for the programme's own study.
func Own(s survey.Study, period Period) Plan {
	p := Default(s, survey.Waves()...)
	p.Period = period
	p.Missing.Explain = []By{Sector, Experience}
	for i := range p.Outcomes {
		switch o := &p.Outcomes[i]; o.ID {
		case "knowledge":
			o.Scale, o.Smallest = Test, 5
		case "confidence":
			o.Smallest = 5
		case "cooperation":
			o.Smallest, o.Index = 0.25, true
		case "attitudes":
			o.Smallest = 0.2
		}
	}
	p.Partners = &Partners{From: survey.Pre, To: survey.M6, High: 4, Tie: 2}
	for _, x := range []struct{ sector, item, bg, en string }{
		{"social", "co11", "Социални услуги и ОЗД", "Social services and CPD"}, {"police", "co12", "Полиция", "Police"},
		{"education", "co13", "Училища и детски градини", "Schools and kindergartens"}, {"health", "co14", "Здравни услуги", "Health services"},
		{"ngo", "co15", "Психолози и НПО", "Psychologists and NGOs"}, {"justice", "co16", "Прокуратура и съд", "Prosecution and court"},
		{"municipality", "co17", "Община", "Municipality"},
	} {
		p.Partners.Of = append(p.Partners.Of, Partner{Sector: x.sector, Item: x.item, Title: survey.Text{BG: x.bg, EN: x.en}})
	}
	return p
}
