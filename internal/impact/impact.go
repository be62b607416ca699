// Package impact writes the report of a study: it takes the plan and the answers, lets package analysis compute, and puts the
// result into sentences, tables and charts that are chosen by the numbers and cannot say more than the design allows. Without
// a comparison group it speaks of change, never of effect.
package impact

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Service composes reports.
type Service struct {
	survey  *survey.Service
	org     *org.Service
	now     calendar.Clock
	Version string // of the program, for the report
}

// New returns a service over the subjects that it reads.
func New(s *survey.Service, o *org.Service, now calendar.Clock) *Service {
	return &Service{survey: s, org: o, now: now, Version: "dev"}
}

// Proposed is the plan of a study for which nobody has written one.
func Proposed(d survey.Data) study.Plan {
	if d.Study.ID == survey.OwnStudy {
		return study.Own(d.Study, study.Period{})
	}
	var waves []survey.Wave
	for _, w := range survey.Waves() {
		for _, r := range d.Respondents {
			if len(r.Answers[w]) > 0 || r.Standing[w] != "" {
				waves = append(waves, w)
				break
			}
		}
	}
	if len(waves) < 2 {
		waves = []survey.Wave{survey.Pre, survey.M6}
	}
	return study.Default(d.Study, waves...)
}

// Compute reads a study and computes every figure that its plan asks for.
func (s *Service) Compute(ctx context.Context, by access.Actor, id string) (analysis.Result, error) {
	d, err := s.survey.Data(ctx, by, id)
	if err != nil {
		return analysis.Result{}, err
	}
	r, err := analysis.Analyse(ctx, study.Record{Plan: Proposed(d)}, analysis.FromAnswers(d), analysis.Options{Level: disclosure.Inside})
	r.AsOf, r.Version = s.now.Today().String(), s.Version
	return r, err
}

// Document computes a study and writes it up in language l.
func (s *Service) Document(ctx context.Context, by access.Actor, id string, l i18n.Lang) (render.Document, error) {
	r, err := s.Compute(ctx, by, id)
	if err != nil {
		return render.Document{}, err
	}
	tables, err := s.org.Tables(ctx)
	if err != nil {
		return render.Document{}, err
	}
	return Write(r, NamesOf(tables, r.Record.Plan), l, s.now()), nil
}

// Export is Document for a file that leaves the system; that it left is on the record.
func (s *Service) Export(ctx context.Context, by access.Actor, id string, l i18n.Lang) (render.Document, error) {
	if err := s.survey.TakeOut(ctx, by, id); err != nil {
		return render.Document{}, err
	}
	return s.Document(ctx, by, id, l)
}
