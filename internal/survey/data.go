package survey

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Data is a study with everybody who was asked, for the report. Rows never leave the report; only aggregates do.
type Data struct {
	Study       Study
	Respondents []Respondent
}

// Data reads a study. It needs the right to read the report.
func (s *Service) Data(ctx context.Context, by access.Actor, study string) (Data, error) {
	return s.data(ctx, by, access.ReadReport, study)
}

// Answers reads the answers by study code, for the evaluator; the reading is on the record.
func (s *Service) Answers(ctx context.Context, by access.Actor, study string) (Data, error) {
	return s.data(ctx, by, access.ReadAnswer, study)
}

func (s *Service) data(ctx context.Context, by access.Actor, action access.Action, study string) (Data, error) {
	var d Data
	read := s.store.View
	if action == access.ReadAnswer {
		read = s.store.Update
	}
	err := read(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, action, access.Resource{Kind: "study", ID: study}); err != nil {
			return err
		}
		var err error
		if d.Study, err = readStudy(ctx, tx, study); err != nil {
			return err
		}
		if d.Respondents, err = tx.RespondentsOf(ctx, study); err != nil {
			return err
		}
		answers, err := tx.Answers(ctx, study)
		for i := range d.Respondents {
			d.Respondents[i].Answers = answers[d.Respondents[i].Code]
		}
		return err
	})
	return d, err
}

func readStudy(ctx context.Context, tx Tx, id string) (Study, error) {
	if id != OwnStudy {
		return tx.Study(ctx, id)
	}
	study := Study{ID: OwnStudy, Outcomes: Outcomes()}
	p, err := tx.Programme(ctx)
	if fault.Is(err, fault.NotFound) {
		return study, nil
	}
	study.Title = Text{p.TitleBG, p.TitleEN}
	return study, err
}

// Studies lists the programme's own study and the imported ones.
func (s *Service) Studies(ctx context.Context, by access.Actor) ([]Study, error) {
	var all []Study
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ReadReport, access.Resource{Kind: "study"}); err != nil {
			return err
		}
		own, err := readStudy(ctx, tx, OwnStudy)
		if err != nil {
			return err
		}
		others, err := tx.Studies(ctx)
		all = append([]Study{own}, others...)
		return err
	})
	return all, err
}
