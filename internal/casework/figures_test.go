package casework_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// cells puts counts of assessments beside those of the services: hours and how often, in a region and a month.
func (w *world) cells(region, month, what string, hours map[int]int) {
	w.Helper()
	for h, n := range hours {
		w.exec("INSERT INTO figure_cell (region_id, month, what, hours, n, in_time) VALUES ($1, $2, $3, $4, $5, $6)", region, month, what, h, n, map[bool]int{true: n}[h < 24])
	}
}

// completed puts a training of a region there that the worker completed on a day.
func (w *world) completed(id string, region access.RegionID, on calendar.Date) {
	w.Helper()
	w.completedBy("worker", id, region, on)
}

func (w *world) completedBy(who, id string, region access.RegionID, on calendar.Date) {
	w.Helper()
	w.exec(`INSERT INTO programme (id, title_bg, title_en, starts_on, ends_on, target_trainings, target_people, target_children, version)
		SELECT 'p', 'П', 'P', '2025-01-01', '2026-12-31', 28, 840, 1000, 1 WHERE NOT EXISTS (SELECT 1 FROM programme)`)
	w.exec(`INSERT INTO training (id, programme_id, region_id, starts_on, ends_on, capacity, agency_max, apply_until, release_at, need_share, state, sequence, version)
		VALUES ($1, 'p', $2, $3, $3, 30, 5, $3, $3, 0.8, 'planned', 0, 1)`, id, string(region), on.String())
	w.exec(`INSERT INTO enrolment (id, training_id, person_id, agency_id, sector, profession, state, reason, reason_vars, applied_at, badge, version)
		VALUES ($1, $1, $2, $3, 'social', 'cpd_social_worker', 'confirmed', '', '', $4, $1, 1)`, id, string(w.person[who].Person), string(w.agency["ozd"]), on.String())
	w.exec(`INSERT INTO completion (enrolment_id, person_id, training_id, completed_on, attended, half_days, need_share, at) VALUES ($1, $2, $1, $3, 4, 4, 0.8, $3)`,
		id, string(w.person[who].Person), on.String())
}

func TestFiguresOfAYear(t *testing.T) {
	each(t, func(w *world) {
		for i, r := range []string{"PER", "SOF", "VAR", "BGS", "KNL"} {
			for m := 1; m <= 12; m++ {
				w.cells(r, fmt.Sprintf("2026-%02d", m), "assessed.violence", map[int]int{10 + i: 4, 30: 3})
			}
		}
		w.cells("PER", "2025-12", "assessed.violence", map[int]int{500: 50}) // of another year
		f, err := w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "", "")
		w.must(err)
		all := f.Whole.Of["assessed.violence"]
		// 5 regions x 12 months x (4 below 15 hours + 3 of 30): the middle two of 420 are of the fifth and of 14 hours or less.
		if all.N != 420 || all.InTime != 240 || all.Median != 14 {
			t.Errorf("all: %+v", all)
		}
		if got := f.Periods[0].Of["assessed.violence"]; got.N != 35 || got.InTime != 20 {
			t.Errorf("January: %+v", got)
		}
		f, err = w.s.OpenFigures(w.Context(), w.person["manager"], 2025, "", "")
		w.must(err)
		if got := f.Whole.Of["assessed.violence"]; f.Year != 2025 || got.N != 50 || f.First != 2025 || f.Last != 2026 {
			t.Errorf("2025: %+v, of %d to %d", got, f.First, f.Last)
		}
		f, err = w.s.OpenFigures(w.Context(), w.person["coordinator"], 0, "", "")
		w.must(err)
		if got := f.Whole.Of["assessed.violence"]; f.Region != "PER" || len(f.Regions) != 1 || got.N != 84 || got.Median != 10 || f.Effect != nil {
			t.Errorf("the coordinator of Pernik: %+v of %s", got, f.Region)
		}
		_, err = w.s.OpenFigures(w.Context(), w.person["coordinator"], 2026, "SOF", "")
		w.want(fault.Denied, err, "another region")
		_, err = w.s.OpenFigures(w.Context(), w.person["worker"], 2026, "", "")
		w.want(fault.Denied, err, "a social worker")
		_, err = w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "QQQ", "")
		w.want(fault.NotFound, err, "no such region")
	})
}

// What should have come by now and has not is not in time: signals that nobody assessed, also where somebody gave them away or
// kept them with another when their day was over, and cases that have no plan. What is not due yet does not count.
func TestWhatNeverHappenedIsNotInTime(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		for _, r := range []string{"SOF", "VAR", "BGS"} {
			w.cells(r, "2026-03", "assessed.violence", map[int]int{10: 20})
			w.cells(r, "2026-03", "planned", map[int]int{10: 20})
		}
		var all []casework.Signal
		for range 12 {
			all = append(all, w.give("worker", violence()))
		}
		for _, g := range all[:5] {
			w.must(w.s.Screen(ctx, worker, g.ID, g.Version))
			w.must(w.s.Assess(ctx, worker, g.ID, g.Version+1, casework.Unfounded, time.Time{}))
		}
		w.clock.Move(25 * time.Hour)
		w.sweep()
		w.must(w.s.Forward(ctx, worker, all[5].ID, all[5].Version, w.agency["ozd2"], "", ""))
		w.must(w.s.Join(ctx, worker, all[7].ID, all[7].Version, all[6].ID))
		for _, i := range []int{5, 7} { // given away, and kept with another
			if k := w.earliest(all[i].ID, "D09"); !k.Late || k.State != casework.Cancelled {
				t.Errorf("signal %d: %s, late %v", i, k.State, k.Late)
			}
		}
		late := w.give("worker", violence())
		w.at("ref", w.s.Join(ctx, worker, all[8].ID, all[8].Version, late.ID), "an earlier signal kept with a later one")
		f, err := w.s.OpenFigures(ctx, w.person["manager"], 2026, "", "")
		w.must(err)
		if got := f.Whole.Of["assessed.violence"]; got.N != 72 || got.InTime != 65 || got.Median != 10 {
			t.Errorf("of 60 elsewhere, 5 in time and 7 not at all: %+v", got)
		}
		for range 6 {
			w.opened()
		}
		w.clock.Move(28*24*time.Hour + time.Hour)
		f, err = w.s.OpenFigures(ctx, w.person["manager"], 2026, "", "")
		w.must(err)
		if got := f.Whole.Of["planned"]; got.N != 66 || got.InTime != 60 || got.Median != 10 {
			t.Errorf("of 60 plans elsewhere and 6 that are missing: %+v", got)
		}
	})
}

// A case lacks its plan in the month in which it was opened by the clock of Sofia, and only when it was open for longer than a
// plan may take.
func TestCasesWithoutAPlanByMonth(t *testing.T) {
	each(t, func(w *world) {
		ctx, day := w.Context(), 24*time.Hour
		w.clock.Set(calendar.Of(2026, 6, 1).At(9, 0))
		of := map[string]int{}
		for _, tc := range []struct {
			opened time.Time
			open   time.Duration // until it was closed, 0 when it was not
			plan   string        // when it was adopted
			month  string        // in which it counts
		}{
			{opened: calendar.Of(2025, 12, 31).At(23, 59)},
			{opened: calendar.Of(2026, 1, 1).At(0, 0), month: "2026-01-01"},
			{opened: calendar.Of(2026, 3, 31).At(23, 59), month: "2026-03-01"},
			{opened: calendar.Of(2026, 4, 1).At(0, 0), month: "2026-04-01"},
			{opened: calendar.Of(2026, 4, 2).At(9, 0), open: 28*day - time.Minute},
			{opened: calendar.Of(2026, 4, 2).At(9, 0), open: 28*day + time.Minute, month: "2026-04-01"},
			{opened: calendar.Of(2026, 2, 2).At(9, 0), plan: "2026-03-20T09:00:00.000000Z"},
			{opened: calendar.Of(2026, 5, 4).At(8, 59), month: "2026-05-01"},
			{opened: calendar.Of(2026, 5, 4).At(9, 1)}, // not due yet
		} {
			c := w.team()
			w.drafted(c)
			stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
			w.exec("UPDATE case_file SET opened_at = $1 WHERE id = $2", stamp(tc.opened), string(c.ID))
			if tc.open > 0 {
				w.exec("UPDATE case_file SET closed_at = $1 WHERE id = $2", stamp(tc.opened.Add(tc.open)), string(c.ID))
			}
			if tc.plan != "" {
				w.exec("UPDATE plan SET adopted_at = $1 WHERE case_id = $2", tc.plan, string(c.ID))
			}
			if tc.month != "" {
				of[tc.month]++
			}
		}
		w.must(store.For[casework.Tx]{DB: w.db}.View(ctx, w.person["manager"], func(tx casework.Tx) error {
			cells, err := tx.Unplanned(ctx, calendar.Of(2026, 1, 1), calendar.Of(2026, 12, 31), 28*day)
			got := map[string]int{}
			for _, c := range cells {
				got[c.Month.String()] += c.N
				if c.Region != "PER" {
					t.Errorf("in %s", c.Region)
				}
			}
			if !maps.Equal(got, of) {
				t.Errorf("%v, want %v", got, of)
			}
			return err
		}))
	})
}

// earliest is the first clock of a rule of a signal.
func (w *world) earliest(g casework.SignalID, rule string) (first casework.Clock) {
	w.Helper()
	for _, k := range w.listed(g, "") {
		if k.Rule == rule && (first.ID == "" || k.Start.Before(first.Start)) {
			first = k
		}
	}
	return first
}

// A breach stays when its case is closed: on the term, and on the timeline.
func TestABreachStaysWhenTheCaseCloses(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "placement.needed", time.Time{}, ""))
		w.clock.Move(2 * time.Hour)
		w.sweep()
		w.must(w.s.ProposeClose(ctx, worker, c.ID, w.cas(c.ID).Version, "unfounded", "Детето е при баба си."))
		w.must(w.s.DecideClose(ctx, w.person["head"], c.ID, w.cas(c.ID).Version, true, ""))
		clocks := w.clocks("", c.ID)
		if k := clocks["D19"]; k.State != casework.Cancelled || !k.Late {
			t.Errorf("the placement that was not ordered: %s, late %v", k.State, k.Late)
		}
		if k := clocks["D13"]; k.State != casework.Cancelled || k.Late {
			t.Errorf("the assessment that was not due: %s, late %v", k.State, k.Late)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM case_event WHERE what = 'clock.late' AND record = 'D19'"); n != 1 {
			t.Errorf("%d lines of the timeline", n)
		}
	})
}

// A quarter and a year are counted from what happened in them, not from their months; few are told by no period, and where a
// month is hidden its quarter may be told, when that does not tell the month.
func TestFiguresByPeriod(t *testing.T) {
	each(t, func(w *world) {
		for _, r := range []string{"SOF", "VAR", "BGS"} {
			for m := 1; m <= 12; m++ {
				w.cells(r, fmt.Sprintf("2026-%02d", m), "assessed.violence", map[int]int{12: 2 + m%3, 40: 1})
			}
		}
		for month, hours := range map[string]map[int]int{
			"01": {10: 5}, "02": {20: 5}, "03": {30: 15}, // 25, of which the 13th took 30 hours: the median of the medians is 20
			"04": {10: 4},                             // few, in its quarter too
			"07": {8: 2}, "08": {9: 2}, "09": {30: 3}, // few in each month, and seven together
		} {
			w.cells("PER", "2026-"+month, "assessed.violence", hours)
		}
		w.cells("PER", "2024-05", "assessed.violence", map[int]int{100: 7})
		of := func(who string, region access.RegionID, p casework.Period) casework.Figures {
			f, err := w.s.OpenFigures(w.Context(), w.person[who], 2026, region, p)
			w.must(err)
			return f
		}
		f := of("coordinator", "", "")
		if f.By != casework.ByQuarter || len(f.Periods) != 4 || f.Periods[2].From != calendar.Of(2026, 7, 1) {
			t.Fatalf("without a period: by %s, %d of them", f.By, len(f.Periods))
		}
		if got := f.Periods[0].Of["assessed.violence"]; got.N != 25 || got.Median != 30 || got.InTime != 10 {
			t.Errorf("the first quarter: %+v", got)
		}
		if got := f.Periods[1].Of["assessed.violence"]; got != (casework.Figure{Hidden: true}) {
			t.Errorf("four signals of a quarter are told: %+v", got)
		}
		months := of("coordinator", "", casework.ByMonth).Periods
		for _, m := range []int{3, 6, 7, 8} {
			if got := months[m].Of["assessed.violence"]; got != (casework.Figure{Hidden: true}) {
				t.Errorf("the few of month %d are told: %+v", m+1, got)
			}
		}
		if got := f.Periods[2].Of["assessed.violence"]; got.N != 7 && !got.Hidden {
			t.Errorf("the third quarter: %+v", got)
		}
		f = of("coordinator", "", casework.ByYear)
		if len(f.Periods) != 3 || f.Periods[0].From != calendar.Of(2024, 1, 1) {
			t.Fatalf("years: %+v", f.Periods)
		}
		if got := f.Periods[2].Of["assessed.violence"]; got.N != 36 || got != f.Whole.Of["assessed.violence"] {
			t.Errorf("2026: %+v, and in all %+v", got, f.Whole.Of["assessed.violence"])
		}
		if f = of("manager", "", ""); f.By != casework.ByMonth || len(f.Periods) != 12 {
			t.Errorf("of all regions, without a period: by %s", f.By)
		}
		for what, n := range map[casework.Period]int{casework.ByQuarter: 4, casework.ByYear: 3} {
			if f = of("manager", "PER", what); len(f.Periods) != n {
				t.Errorf("by %s: %d", what, len(f.Periods))
			}
		}
		_, err := w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "", "week")
		w.want(fault.NotFound, err, "a period of one's own")
	})
}

// Four signals in a month of a region are not told, nor can they be worked out from the totals beside them.
func TestFewAreNotTold(t *testing.T) {
	each(t, func(w *world) {
		for m := 1; m <= 12; m++ {
			for i, r := range []string{"PER", "SOF", "VAR"} {
				w.cells(r, fmt.Sprintf("2026-%02d", m), "met", map[int]int{5: 20 + m + i})
			}
		}
		w.cells("KNL", "2026-05", "met", map[int]int{5: 4})
		for _, who := range []string{"manager", "coordinator"} {
			region := access.RegionID("KNL")
			if who == "coordinator" {
				region = ""
			}
			f, err := w.s.OpenFigures(w.Context(), w.person[who], 2026, region, casework.ByMonth)
			w.must(err)
			if got := f.Periods[4].Of["met"]; who == "manager" && (!got.Hidden || got.N != 0 || got.InTime != 0 || !f.Whole.Of["met"].Hidden) {
				t.Errorf("%s: May %+v, year %+v", who, got, f.Whole.Of["met"])
			}
		}
		f, err := w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "", "")
		w.must(err)
		hidden := 0
		for _, r := range f.Regions {
			if r.Of["met"].Hidden {
				hidden++
			}
		}
		if hidden < 2 && !f.Whole.Of["met"].Hidden {
			t.Errorf("one hidden region beside a total that is told")
		}
	})
}

// TestThePaceOfTrainedRegions makes twelve regions that were trained two months apart, in which time halves after the training
// while it falls by one in a hundred everywhere each month, and asks what the training did.
func TestThePaceOfTrainedRegions(t *testing.T) {
	each(t, func(w *world) {
		tables, err := w.org.Tables(w.Context())
		w.must(err)
		for i, r := range tables.Regions[:12] {
			trained := calendar.Of(2025, time.Month(3+i), 10)
			w.completed(fmt.Sprint("t", i), r.ID, trained)
			for m := range 18 {
				at := calendar.Of(2025, time.Month(1+m), 1)
				hours := 40 * math.Pow(.99, float64(m))
				if at.After(trained) {
					hours /= 2
				}
				w.cells(string(r.ID), at.String()[:7], "assessed.violence", map[int]int{int(hours): 3, int(hours) + i%3: 2})
			}
		}
		f, err := w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "", "")
		w.must(err)
		if e := f.Effect; e == nil || e.Cannot != "" || e.Ratio < .45 || e.Ratio > .55 || e.High > .6 || e.Regions != 12 {
			t.Errorf("%+v", f.Effect)
		}
	})
}

func TestNoEffectWithoutTrainings(t *testing.T) {
	each(t, func(w *world) {
		f, err := w.s.OpenFigures(w.Context(), w.person["manager"], 0, "", "")
		w.must(err)
		if f.Effect == nil || f.Effect.Cannot == "" || f.Year != 2026 || f.Whole.Of["met"] != (casework.Figure{}) {
			t.Errorf("%+v %+v", f.Effect, f.Whole)
		}
	})
}

// A child counts once, for the first act of anybody who had completed a training; few children are not told.
func TestAChildIsSupportedOnce(t *testing.T) {
	each(t, func(w *world) {
		supported := func() int {
			return testkit.Count(w, w.db, "SELECT coalesce(sum(n), 0) FROM figure_cell WHERE what = 'supported'")
		}
		c := w.opened()
		if n := supported(); n != 0 {
			t.Errorf("%d children supported by people who completed nothing", n)
		}
		w.completed("t", "PER", calendar.On(w.clock.Now()))
		for range 2 {
			w.must(w.s.CaseHappened(w.Context(), w.person["worker"], c.ID, casework.CaseAssessed, time.Time{}, ""))
		}
		if n := supported(); n != 1 {
			t.Errorf("one child, counted %d times", n)
		}
		v, err := w.s.Timeline(w.Context(), w.person["worker"], c.ID, casework.EventFilter{Limit: 50})
		w.must(err)
		for _, e := range v.Events {
			if e.Trained != (e.What == "event.case.assessed") {
				t.Errorf("%s: trained %v", e.What, e.Trained)
			}
		}
		w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["school"], Person: w.person["teacher"].Person, Function: "teacher"}, 30))
		for name, sees := range map[string]bool{"worker": true, "head": true, "teacher": false} { // her own, her unit's, another's
			v, err := w.s.Timeline(w.Context(), w.person[name], c.ID, casework.EventFilter{Limit: 50})
			w.must(err)
			if got := slices.ContainsFunc(v.Events, func(e casework.CaseEvent) bool { return e.Trained }); got != sees {
				t.Errorf("the %s sees that the worker completed a training: %v", name, got)
			}
			if got := slices.ContainsFunc(v.Seats, func(x casework.SeatView) bool { return len(x.Trained) > 0 }); got != sees {
				t.Errorf("the %s sees when the worker completed a training: %v", name, got)
			}
		}
		for n, told := range map[int]int{3: 0, 4: 5} { // with the one: 4 are few, 5 are told (disclosure.Inside)
			w.exec("DELETE FROM figure_cell WHERE month = '2025-01'")
			w.cells("PER", "2025-01", "supported", map[int]int{0: n})
			w.cells("PER", "2025-01", "met", map[int]int{0: 100})
			f, err := w.s.OpenFigures(w.Context(), w.person["manager"], 2026, "", "")
			w.must(err)
			if f.Supported != told {
				t.Errorf("of %d children %d are told, want %d", n+1, f.Supported, told)
			}
		}
	})
}
