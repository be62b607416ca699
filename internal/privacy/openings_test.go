package privacy_test

import (
	"fmt"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
	"strengthen/internal/store"
)

// opens leaves the entries of opening cases, as the pages do.
func (w *world) opens(who string, cases ...int) {
	w.Helper()
	w.must(store.For[privacy.Tx]{DB: w.db}.Update(w.Context(), w.person[who], func(tx privacy.Tx) error {
		for _, n := range cases {
			if err := tx.Allow(w.Context(), access.SeeCase, access.Resource{Kind: "case", ID: fmt.Sprint("c", n), Agency: w.agency["ozd"], Team: []access.PersonID{w.person[who].Person}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestTheOfficerLearnsOfUnusualDays(t *testing.T) {
	each(t, func(w *world) {
		ctx, officer := w.Context(), w.person["officer"]
		w.want(fault.Denied, w.s.SetUsual(ctx, w.person["admin"], 3), "an administrator sets the number")
		w.want(fault.Invalid, w.s.SetUsual(ctx, officer, 0), "none at all")
		w.must(w.s.SetUsual(ctx, officer, 3))
		w.clock.Set(time.Date(2026, 3, 28, 21, 59, 0, 0, time.UTC)) // 23:59 in Sofia, before the night of the clock change
		w.opens("worker", 1, 2, 3, 3, 2, 1)
		w.opens("head", 1, 2)
		w.clock.Move(2 * time.Minute) // the next day
		w.opens("worker", 4)
		w.opens("head", 1, 2, 3, 4)
		w.must(w.s.CountOpenings(ctx))
		days, usual, err := w.s.UnusualDays(ctx, officer)
		w.must(err)
		if usual != 3 || len(days) != 1 || days[0].Person != w.person["head"].Person || days[0].Cases != 4 || days[0].Day.String() != "2026-03-29" {
			t.Fatalf("above %d: %+v", usual, days)
		}
		w.opens("head", 5)
		w.must(w.s.CountOpenings(ctx))
		if n := w.count(`SELECT count(*) FROM message WHERE kind = 'openings'`); n != 2 {
			t.Errorf("%d messages, want one to each of two officers", n)
		}
		if days, _, err := w.s.UnusualDays(ctx, officer); err != nil || days[0].Cases != 5 {
			t.Errorf("the number did not grow: %+v, %v", days, err)
		}
		_, _, err = w.s.UnusualDays(ctx, w.person["head"])
		w.want(fault.Denied, err, "a head reads it")
	})
}
