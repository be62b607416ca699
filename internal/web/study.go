package web

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/fault"
	"strengthen/internal/impact"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// studyPlan is the plan of a study, with what it could find.
type studyPlan struct {
	Page
	Study   string
	Kept    study.Kept
	Plan    study.Plan // as the form shows it
	Reason  survey.Text
	Finds   template.HTML
	Waiting string
}

func (s *Server) planOf(r *http.Request) (*studyPlan, error) {
	p := &studyPlan{Page: s.page(r, ""), Study: studyOf(r)}
	p.Title = p.L("План на проучването", "Plan of the study")
	var err error
	if p.Kept, err = s.Impact.Plan(r.Context(), p.actor, p.Study); err != nil {
		return p, err
	}
	p.Plan = p.Kept.Record.Plan
	if n := len(p.Kept.Record.Deviations); n > 0 {
		p.Plan = p.Kept.Record.Deviations[n-1].Plan
	}
	return p, nil
}

func (s *Server) studyPlanForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.planOf(r)
	if err != nil {
		return err
	}
	return s.showPlan(w, r, p, nil)
}

// showPlan writes the page, or the page with the fault of a form that was not taken: what was typed stands in it, and nothing is
// drawn of it, because numbers that no plan has can keep a server busy for years.
func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, p *studyPlan, wrong error) error {
	if wrong != nil {
		return s.again(w, atFields(wrong, p.Plan), &p.Page, "studyplan", p)
	}
	p.Waiting = strings.Join(p.Plan.Comparison.Waiting, ", ")
	if d, err := impact.Detectable(r.Context(), p.Plan, p.Lang, s.Now()); err == nil {
		p.Finds = template.HTML(render.HTML(d)) //nolint:gosec // render escapes everything
	}
	return s.show(w, "studyplan", p)
}

// atFields puts the faults of a plan at the fields of the form that show their places.
func atFields(err error, p study.Plan) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	var l fault.List
	for _, e := range fault.All(err) {
		l.Add(e.At(formField(e.Field, p)))
	}
	return l.Err()
}

func formField(place string, p study.Plan) string {
	for i, o := range p.Outcomes {
		if part, ok := strings.CutPrefix(place, fmt.Sprintf("outcomes[%d].", i)); ok {
			return part + "_" + o.ID
		}
	}
	for from, to := range map[string]string{"comparison.column": "waiting", "comparison.design": "design", "primary_contrast": "contrast", "subgroup_test": "test", "multiplicity.": "family_", "methods.": "", "missing.": "", "size.": ""} {
		if rest, ok := strings.CutPrefix(place, from); ok {
			return to + rest
		}
	}
	if place == "plan" || place == "study" {
		return "" // the whole of it
	}
	return place
}

// actOnPlan reads the form into the plan and lets do carry it out.
func (s *Server) actOnPlan(w http.ResponseWriter, r *http.Request, ok string, do func(p *studyPlan, version int) error) error {
	p, err := s.planOf(r)
	if err != nil {
		return err
	}
	var l fault.List
	version := number(r, "version", &l)
	p.Plan = readPlan(r, p.Plan, &l)
	p.Reason = survey.Text{BG: field(r, "reason_bg"), EN: field(r, "reason_en")}
	if err = l.Err(); err == nil {
		err = do(p, version)
	}
	if err != nil {
		return s.showPlan(w, r, p, err)
	}
	return to(w, r, "/impact/plan?study="+p.Study, ok)
}

func (s *Server) saveStudyPlan(w http.ResponseWriter, r *http.Request) error {
	return s.actOnPlan(w, r, "saved", func(p *studyPlan, version int) error {
		return s.Study.Save(r.Context(), p.actor, p.Study, version, p.Plan)
	})
}

func (s *Server) lockPlan(w http.ResponseWriter, r *http.Request) error {
	return s.actOnPlan(w, r, "saved", func(p *studyPlan, version int) error {
		return s.Study.Lock(r.Context(), p.actor, p.Study, version, p.Plan)
	})
}

func (s *Server) deviatePlan(w http.ResponseWriter, r *http.Request) error {
	return s.actOnPlan(w, r, "saved", func(p *studyPlan, version int) error {
		return s.Study.Deviate(r.Context(), p.actor, p.Study, version, p.Reason, p.Plan)
	})
}

func (s *Server) planFile(w http.ResponseWriter, r *http.Request) error {
	p, err := s.planOf(r)
	return download(w, "plan.yaml", "application/yaml", p.Kept.Record.YAML(), err)
}

// readPlan lays the fields of the form over a plan.
func readPlan(r *http.Request, p study.Plan, l *fault.List) study.Plan {
	p.Outcomes = slices.Clone(p.Outcomes)
	for i := range p.Outcomes {
		o := &p.Outcomes[i]
		o.Role = study.Role(field(r, "role_"+o.ID))
		o.Smallest = decimal(r, "smallest_"+o.ID, l)
	}
	from, to, _ := strings.Cut(field(r, "contrast"), "-")
	p.Primary = study.Contrast{From: survey.Wave(from), To: survey.Wave(to)}
	p.Methods.Headline = study.Headline(field(r, "headline"))
	p.Missing.Stance = study.Stance(field(r, "stance"))
	p.Family = study.Family{Primary: study.Adjustment(field(r, "family_primary")), Secondary: study.Adjustment(field(r, "family_secondary"))}
	p.Test = study.By(field(r, "test"))
	p.Comparison, p.Estimand = study.Comparison{Design: study.Design(field(r, "design"))}, study.IsChange
	if p.Comparison.Design == study.WaitList {
		p.Estimand = study.IsEffect
		p.Comparison = study.Comparison{Design: study.WaitList, Lot: field(r, "lot") != "", Waiting: separate(field(r, "waiting"))}
	}
	p.Size = study.Size{People: number(r, "people", l), Groups: number(r, "groups", l), ICC: decimal(r, "icc", l), CV: decimal(r, "cv", l),
		Loss: decimal(r, "loss", l), Correlation: decimal(r, "correlation", l), Power: decimal(r, "power", l)}
	return p
}

func separate(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",; \n\r\t", r) })
}

// decimal reads a number with a decimal point or comma; an empty field is 0.
func decimal(r *http.Request, name string, l *fault.List) float64 {
	v := strings.Replace(field(r, name), ",", ".", 1)
	if v == "" {
		return 0
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil {
		l.Add(fault.Field(name, "mapping.number"))
	}
	return x
}

// Num writes a number of the form.
func (p studyPlan) Num(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if p.Lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Int writes a whole number of the form without separators.
func (p studyPlan) Whole(n int) string { return strconv.Itoa(n) }

// Contrasts are the comparisons that can be the primary one.
func (p studyPlan) Contrasts() []Option {
	var all []Option
	waves := p.Plan.Waves
	for i, a := range waves {
		for _, b := range waves[i+1:] {
			if a.Wave != survey.RetroPre && b.Wave != survey.RetroPre {
				all = append(all, Option{Value: fmt.Sprintf("%s-%s", a.Wave, b.Wave), Text: p.In2(p.Plan.WaveTitle(a.Wave)) + " → " + p.In2(p.Plan.WaveTitle(b.Wave))})
			}
		}
	}
	return all
}

// Chosen is the primary contrast as the form knows it.
func (p studyPlan) Chosen() string {
	return fmt.Sprintf("%s-%s", p.Plan.Primary.From, p.Plan.Primary.To)
}

// choices are options in both languages: value, Bulgarian, English.
func (p studyPlan) choices(all ...string) []Option {
	var o []Option
	for i := 0; i+2 < len(all); i += 3 {
		o = append(o, Option{Value: all[i], Text: p.L(all[i+1], all[i+2])})
	}
	return o
}

// Roles are what an outcome may be.
func (p studyPlan) Roles() []Option {
	return p.choices("primary", "основен", "primary", "secondary", "допълнителен", "secondary")
}

// Headlines are the methods of the headline figure.
func (p studyPlan) Headlines() []Option {
	return p.choices("cr2", "средно на хората (CR2)", "mean of persons (CR2)", "cohort", "всяко обучение по веднъж", "each training once", "mixed", "смесен модел на всички измервания", "mixed model of all measurements")
}

// Designs are the comparisons.
func (p studyPlan) Designs() []Option {
	return p.choices("none", "няма", "none", "wait-list", "групи, които чакат обучението си", "groups that wait for their training")
}

// Stances are what is supposed of the missing.
func (p studyPlan) Stances() []Option {
	return p.choices("at-random", "липсват случайно, като се знае началото им", "missing at random, given how they began", "complete", "нищо: само отговорилите двата пъти", "nothing: only those who answered both times")
}

// Families are the adjustments for many tests.
func (p studyPlan) Families() []Option {
	return p.choices("holm", "по Holm", "Holm", "hochberg", "по Hochberg", "Hochberg", "benjamini-hochberg", "по Benjamini и Hochberg", "Benjamini and Hochberg", "benjamini-yekutieli", "по Benjamini и Yekutieli", "Benjamini and Yekutieli", "none", "без поправка", "none")
}

// Tests are the planned tests of parts of the people.
func (p studyPlan) Tests() []Option {
	return p.choices("sector", "секторите", "sectors", "region", "областите", "regions", "experience", "стажът", "experience")
}
