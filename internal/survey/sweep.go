package survey

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// Sweep brings codes, invitations, mail and standings to what the facts of this moment ask for. It may run as often as one
// likes. Each kind of writing has a transaction of its own and a random order or that of the codes, so that neither tells
// which code belongs to whom; Mix takes away what the database itself remembers of the writing.
func (s *Service) Sweep(ctx context.Context) error {
	closed, err := s.closeIfDue(ctx)
	if err != nil || closed {
		return err
	}
	all, events, err := s.subjects(ctx)
	if err != nil {
		return err
	}
	if err := s.registerAll(ctx, all, events); err != nil {
		return err
	}
	changed, err := s.changeAll(ctx, all, events)
	if err != nil {
		return err
	}
	if err := s.markDone(ctx, all); err != nil {
		return err
	}
	if changed {
		if all, events, err = s.subjects(ctx); err != nil {
			return err
		}
	}
	return s.keepStandings(ctx, all, events)
}

// subjects reads every seat that may have to be asked, in a random order, and the trainings.
func (s *Service) subjects(ctx context.Context) ([]Subject, map[training.EventID]training.Event, error) {
	var all []Subject
	events := map[training.EventID]training.Event{}
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		if all, err = tx.Asking(ctx); err != nil {
			return err
		}
		for _, x := range all {
			if _, ok := events[x.Event]; ok {
				continue
			}
			if events[x.Event], err = tx.Event(ctx, x.Event); err != nil {
				return err
			}
		}
		return nil
	})
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, events, err
}

// write runs fn in a transaction of the program itself.
func (s *Service) write(ctx context.Context, fn func(Tx) error) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.SendWave, access.Resource{Kind: "wave"}); err != nil {
			return err
		}
		return fn(tx)
	})
}

// registerAll gives codes to confirmed seats that have none, in the order of the codes.
func (s *Service) registerAll(ctx context.Context, all []Subject, events map[training.EventID]training.Event) error {
	var fresh []Subject
	for i, x := range all {
		if x.Code == "" && x.State == training.Confirmed {
			all[i].Code = newCode()
			fresh = append(fresh, all[i])
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	byCode(fresh)
	return s.write(ctx, func(tx Tx) error {
		for _, x := range fresh {
			if err := s.register(ctx, tx, x, events[x.Event]); err != nil {
				return err
			}
		}
		return nil
	})
}

func byCode(all []Subject) {
	slices.SortFunc(all, func(a, b Subject) int { return strings.Compare(a.Code, b.Code) })
}

func (s *Service) changeAll(ctx context.Context, all []Subject, events map[training.EventID]training.Event) (bool, error) {
	var due []change
	for _, x := range all {
		due = append(due, s.changes(x, events[x.Event])...)
	}
	for part := range slices.Chunk(due, 50) {
		err := s.write(ctx, func(tx Tx) error {
			for _, c := range part {
				if err := s.apply(ctx, tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return len(due) > 0, nil
}

// markDone notes, together for everybody since the last time, whose sitting was ended, and cancels what was still planned.
func (s *Service) markDone(ctx context.Context, all []Subject) error {
	var done []Invitation
	for _, x := range all {
		for w, i := range x.Waves {
			if x.Finished[w] && !i.Done {
				done = append(done, i)
			}
		}
	}
	if len(done) == 0 {
		return nil
	}
	return s.write(ctx, func(tx Tx) error {
		for _, i := range done {
			i, err := tx.Invitation(ctx, i.ID) // it may have been moved since it was read
			if err != nil {
				return err
			}
			i.Done = true
			if err := tx.PutInvitation(ctx, i); err != nil {
				return err
			}
			if err := tx.CancelMail(ctx, i.ID, mailAnswer); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepStandings writes down, by study code, how everybody stands where that has changed.
func (s *Service) keepStandings(ctx context.Context, all []Subject, events map[training.EventID]training.Event) error {
	type row struct {
		code string
		wave Wave
		s    Standing
	}
	var rows []row
	byCode(all)
	now := s.now()
	for _, x := range all {
		for _, w := range []Wave{Pre, Post, M6} {
			if st := standingOf(x, events[x.Event], w, now); x.Code != "" && st != x.Standing[w] {
				rows = append(rows, row{x.Code, w, st})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return s.write(ctx, func(tx Tx) error {
		for _, r := range rows {
			if err := tx.PutStanding(ctx, OwnStudy, r.code, r.wave, r.s); err != nil {
				return err
			}
			if r.wave != Post {
				continue
			}
			if err := tx.PutStanding(ctx, OwnStudy, r.code, RetroPre, r.s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Mix writes everything that is kept by study code anew in the order of the codes, so that neither the place of a row nor
// the transaction that wrote it tells when it was written. It belongs once a day.
func (s *Service) Mix(ctx context.Context) error {
	return s.write(ctx, func(tx Tx) error { return tx.Mix(ctx) })
}

const closedSetting = "survey.closed" // the day on which the map was deleted

// MapEnds is the day from which the map from code to person is deleted: twelve months after the programme ends.
func MapEnds(p training.Programme) calendar.Date { return p.Ends.AddMonths(12) }

// closeIfDue reports whether the study is closed, and closes it twelve months after the programme ended.
func (s *Service) closeIfDue(ctx context.Context) (bool, error) {
	closed, due := false, false
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		day, err := tx.Setting(ctx, closedSetting)
		if err != nil || day != "" {
			closed = day != ""
			return err
		}
		p, err := tx.Programme(ctx)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		due = err == nil && !s.now.Today().Before(MapEnds(p))
		return err
	})
	if err != nil || !due {
		return closed, err
	}
	return true, s.closeStudy(ctx)
}

// closeStudy deletes the map from code to person, once, and everything that could serve in its place: the labels of the
// trainings, the invitations and their mail, the years of experience, and the sector of those whose group has fewer than
// five of it. What was answered stays, by code.
func (s *Service) closeStudy(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.OpenCode, access.Resource{Kind: "code", ID: "deleted"}); err != nil {
			return err
		}
		if day, err := tx.Setting(ctx, closedSetting); err != nil || day != "" {
			return err
		}
		regions, err := tx.Regions(ctx)
		if err != nil {
			return err
		}
		all, err := tx.RespondentsOf(ctx, OwnStudy)
		if err != nil {
			return err
		}
		sectors := ShownSectors(all)
		for _, x := range all {
			x.Sector, x.Experience, x.Region = sectors[x.Code], "", partOfCountry(regions, x.Region)
			if err := tx.PutRespondent(ctx, OwnStudy, x); err != nil {
				return err
			}
		}
		if err := tx.CloseStudy(ctx); err != nil {
			return err
		}
		if err := tx.Mix(ctx); err != nil {
			return err
		}
		return tx.PutSetting(ctx, closedSetting, s.now.Today().String())
	})
}

// Closed returns the day on which the map from code to person was deleted; the zero day while it is there.
func (s *Service) Closed(ctx context.Context) (calendar.Date, error) {
	var d calendar.Date
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		day, err := tx.Setting(ctx, closedSetting)
		if err != nil || day == "" {
			return err
		}
		d, err = calendar.ParseDate(day)
		return err
	})
	return d, err
}

// partOfCountry is the NUTS 2 code of a region, or what was given when it is none.
func partOfCountry(all []org.Region, id string) string {
	for _, r := range all {
		if string(r.ID) == id && len(r.NUTS3) > 4 {
			return r.NUTS3[:4]
		}
	}
	return id
}
