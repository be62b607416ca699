package training

import (
	"context"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// Programme is the whole: its time and what it set out to reach. A database keeps one.
type Programme struct {
	ID               string
	TitleBG, TitleEN string
	Starts, Ends     calendar.Date
	Trainings        int // how many trainings are to be held
	People           int // how many people are to complete one
	Children         int // how many children at risk are to be supported
	Version          int
}

// Title returns the title in the language of code lang.
func (p Programme) Title(lang string) string {
	if lang == "en" {
		return p.TitleEN
	}
	return p.TitleBG
}

// Resource is what the policy asks about.
func (p Programme) Resource() access.Resource { return access.Resource{Kind: "programme", ID: p.ID} }

// longestTitle is how long the name of the programme may be, in letters: it stands on certificates.
const longestTitle = 300

func (p Programme) check() error {
	var l fault.List
	for field, title := range map[string]string{"title_bg": p.TitleBG, "title_en": p.TitleEN} {
		switch {
		case strings.TrimSpace(title) == "":
			l.Add(fault.Field(field, "form.required"))
		case len([]rune(title)) > longestTitle:
			l.Add(fault.Field(field, "form.most", fault.Vars{"max": longestTitle}))
		}
	}
	if p.Starts.IsZero() {
		l.Add(fault.Field("starts", "form.date"))
	}
	if p.Ends.IsZero() || p.Ends.Before(p.Starts) {
		l.Add(fault.Field("ends", "programme.ends"))
	}
	for field, n := range map[string]int{"trainings": p.Trainings, "people": p.People, "children": p.Children} {
		if n < 1 || n > 1_000_000 {
			l.Add(fault.Field(field, "form.range", fault.Vars{"min": 1, "max": 1_000_000}))
		}
	}
	return l.Err()
}

// Programme returns the programme; its targets are public. Before there is one it is NotFound.
func (s *Service) Programme(ctx context.Context) (Programme, error) {
	var p Programme
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		p, err = tx.Programme(ctx)
		return err
	})
	return p, err
}

// SaveProgramme sets up the programme or changes it.
func (s *Service) SaveProgramme(ctx context.Context, by access.Actor, p Programme) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.PlanProgramme, p.Resource()); err != nil {
			return err
		}
		old, err := tx.Programme(ctx)
		switch {
		case fault.Is(err, fault.NotFound):
			p.ID, p.Version = access.NewID(), 0
		case err != nil:
			return err
		default:
			p.ID = old.ID
		}
		return tx.PutProgramme(ctx, p)
	})
}
