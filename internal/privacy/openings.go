package privacy

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
)

// openingsSetting is how many different cases somebody may open in a day before the officer is told. It stops nobody: a night on
// duty may need more, and a worker who is stopped loses a child.
const (
	openingsSetting = "openings.limit"
	openingsDefault = 40
)

// Unusual is a day on which somebody opened more different cases than is usual.
type Unusual struct {
	Person access.PersonID
	Name   string
	Day    calendar.Date
	Cases  int
	At     time.Time // when it was noticed
}

// OpeningsTx is what the count of openings needs of a transaction.
type OpeningsTx interface {
	Openings(ctx context.Context, from, to time.Time, above int) ([]Unusual, error) // who opened more different cases than that
	UnusualDays(ctx context.Context, n int) ([]Unusual, error)                      // the last first
	PutUnusual(ctx context.Context, u Unusual) (first bool, err error)
	DataOfficers(ctx context.Context) ([]org.Person, error)
}

// CountOpenings looks at today and yesterday and tells the officers, once for each person and day.
func (s *Service) CountOpenings(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		above, err := numberSet(ctx, tx, openingsSetting, openingsDefault)
		if err != nil {
			return err
		}
		today := calendar.On(tx.Now())
		for _, day := range []calendar.Date{today.AddDays(-1), today} {
			if err := countDay(ctx, tx, day, above); err != nil {
				return err
			}
		}
		return nil
	})
}

func countDay(ctx context.Context, tx Tx, day calendar.Date, above int) error {
	all, err := tx.Openings(ctx, day.Start(), day.AddDays(1).Start(), above)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "openings"}); err != nil {
		return err
	}
	for _, u := range all {
		u.Day, u.At = day, tx.Now()
		first, err := tx.PutUnusual(ctx, u)
		if err != nil {
			return err
		}
		if !first {
			continue
		}
		officers, err := tx.DataOfficers(ctx)
		if err != nil {
			return err
		}
		if err := tell(ctx, tx, "openings", string(u.Person)+"/"+day.String(), "/data/openings", officers); err != nil {
			return err
		}
	}
	return nil
}

// UnusualDays lists the days on which somebody opened unusually many cases, and the number above which a day is unusual.
func (s *Service) UnusualDays(ctx context.Context, by access.Actor) ([]Unusual, int, error) {
	var all []Unusual
	above := 0
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeOpenings, access.Resource{Kind: "openings"}); err != nil {
			return err
		}
		if above, err = numberSet(ctx, tx, openingsSetting, openingsDefault); err != nil {
			return err
		}
		all, err = tx.UnusualDays(ctx, 200)
		return err
	})
	return all, above, err
}

// SetUsual changes that number.
func (s *Service) SetUsual(ctx context.Context, by access.Actor, n int) error {
	return s.setNumber(ctx, by, openingsSetting, "usual", n, 1, 1000)
}
