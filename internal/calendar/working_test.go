package calendar

import (
	"bufio"
	"os"
	"testing"
	"time"
)

// easters reads the dates of Orthodox Easter, computed by python3-dateutil (method EASTER_ORTHODOX).
func easters(t *testing.T) map[int]Date {
	t.Helper()
	f, err := os.Open("testdata/orthodox-easter.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[int]Date{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		d := MustDate(lines.Text())
		year, _, _ := d.Parts()
		all[year] = d
	}
	return all
}

func TestEasterIsThatOfTheOrthodoxChurch(t *testing.T) {
	all := easters(t)
	if len(all) != 121 {
		t.Fatalf("%d years", len(all))
	}
	for year, want := range all {
		if got := Easter(year); got != want {
			t.Errorf("Easter %d is %s, want %s", year, got, want)
		}
	}
}

// The numbers of working days were published by newspapers from the official calendar: novini247.com for 2025 (249; May 19,
// July and October 23), trud.bg for 2026 (248; May 18, July 23), where 2 January 2026 is free by decree.
func TestWorkingDaysOfPublishedYears(t *testing.T) {
	c := NewWorkCalendar(Decreed{MustDate("2026-01-02"): true})
	for _, tc := range []struct {
		from, to string
		want     int
	}{
		{"2025-01-01", "2025-12-31", 249}, {"2025-05-01", "2025-05-31", 19}, {"2025-07-01", "2025-07-31", 23}, {"2025-10-01", "2025-10-31", 23},
		{"2026-01-01", "2026-12-31", 248}, {"2026-05-01", "2026-05-31", 18}, {"2026-07-01", "2026-07-31", 23},
	} {
		if got := c.WorkingDaysUntil(MustDate(tc.from).AddDays(-1), MustDate(tc.to)); got != tc.want {
			t.Errorf("%s to %s has %d working days, want %d", tc.from, tc.to, got, tc.want)
		}
	}
}

// Days that published calendars got wrong.
func TestDaysThatOtherCalendarsMissed(t *testing.T) {
	c := NewWorkCalendar(nil)
	for day, why := range map[string]string{
		"2024-05-01": "1 May 2024, a Wednesday, is Labour Day",
		"2024-05-06": "Easter Monday and St George's Day in one: no further day is given",
		"2024-05-04": "Holy Saturday",
		"2021-05-04": "Labour Day on Holy Saturday goes to the Tuesday after Easter Monday",
		"2017-12-27": "Christmas Eve on a Sunday",
		"2022-12-28": "Christmas Eve and Christmas on a weekend give two days",
		"2026-05-25": "24 May on a Sunday",
		"2025-09-08": "6 September on a Saturday",
	} {
		if c.Working(MustDate(day)) {
			t.Errorf("%s is taken for a working day: %s", day, why)
		}
	}
	for day, why := range map[string]string{
		"2024-05-07": "Easter is not moved",
		"2018-01-02": "1 January on a Monday",
		"2024-11-01": "1 November is free for schools only",
		"2020-05-04": "nothing",
	} {
		if !c.Working(MustDate(day)) {
			t.Errorf("%s is taken for a day off (%s)", day, why)
		}
	}
}

func TestDue(t *testing.T) {
	c := NewWorkCalendar(Decreed{MustDate("2027-03-04"): true, MustDate("2027-03-13"): false})
	for name, tc := range map[string]struct {
		from string
		term Term
		want string
	}{
		"hours run on through the clock change in spring": {"2026-03-28 10:00:00", Term{24, Hours, false}, "2026-03-29 11:00:00"},
		"hours run on through the clock change in autumn": {"2026-10-24 10:00:00", Term{24, Hours, false}, "2026-10-25 09:00:00"},
		"48 hours over the weekend of the clock change":   {"2026-03-27 23:30:00", Term{48, Hours, false}, "2026-03-30 00:30:00"},
		"days end at the last second":                     {"2026-03-24 10:00:00", Term{10, Days, false}, "2026-04-03 23:59:59"},
		"a day off moves the end where the rule says so":  {"2026-03-27 10:00:00", Term{1, Days, true}, "2026-03-30 23:59:59"},
		"and does not where it does not":                  {"2026-03-27 10:00:00", Term{1, Days, false}, "2026-03-28 23:59:59"},
		"working days pass over Easter":                   {"2026-04-09 10:00:00", Term{1, WorkingDays, false}, "2026-04-14 23:59:59"},
		"working days pass over a decreed day off":        {"2027-03-02 10:00:00", Term{1, WorkingDays, false}, "2027-03-05 23:59:59"},
		"and count a Saturday that a decree makes work":   {"2027-03-12 10:00:00", Term{1, WorkingDays, false}, "2027-03-13 23:59:59"},
		"a month from the 31st":                           {"2026-01-31 10:00:00", Term{1, Months, false}, "2026-02-28 23:59:59"},
		"six months that end on a Sunday":                 {"2026-02-28 10:00:00", Term{6, Months, true}, "2026-08-28 23:59:59"},
		"past the year 2038":                              {"2038-01-19 03:14:07", Term{24, Hours, false}, "2038-01-20 03:14:07"},
		"nothing is over at once":                         {"2026-03-24 10:00:00", Term{0, Hours, false}, "2026-03-24 10:00:00"},
		"the day of the start is that of Sofia":           {"2026-03-24 00:30:00", Term{1, Days, false}, "2026-03-25 23:59:59"},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := time.ParseInLocation(time.DateTime, tc.from, Sofia)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Due(from.UTC(), tc.term).In(Sofia).Format(time.DateTime); got != tc.want {
				t.Errorf("due %s, want %s", got, tc.want)
			}
		})
	}
}

// oracle judges terms slowly, from the text of the law and with nothing of the package: days as text, holidays from a list
// made for every year, Easter from the file, each step one minute or one day long.
type oracle struct {
	off map[string]bool
}

func newOracle(t *testing.T, decreed map[string]bool) *oracle {
	o := &oracle{off: map[string]bool{}}
	easter := easters(t)
	for y := 1990; y <= 2101; y++ {
		e, _ := time.Parse("2006-01-02", easter[y].String())
		for _, d := range []int{-2, -1, 0, 1} {
			o.off[e.AddDate(0, 0, d).Format("2006-01-02")] = true
		}
		var onWeekend []time.Time
		for _, md := range []string{"01-01", "03-03", "05-01", "05-06", "05-24", "09-06", "09-22", "12-24", "12-25", "12-26"} {
			d, _ := time.Parse("2006-01-02", time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")+"-"+md)
			o.off[d.Format("2006-01-02")] = true
			if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
				onWeekend = append(onWeekend, d)
			}
		}
		for _, d := range onWeekend {
			for {
				d = d.AddDate(0, 0, 1)
				if w := d.Weekday(); w != time.Saturday && w != time.Sunday && !o.off[d.Format("2006-01-02")] {
					break
				}
			}
			o.off[d.Format("2006-01-02")] = true
		}
	}
	for day, off := range decreed {
		o.off[day] = off
		if !off {
			o.off[day+" works"] = true
		}
	}
	return o
}

func (o *oracle) works(day time.Time) bool {
	k := day.Format("2006-01-02")
	if o.off[k+" works"] {
		return true
	}
	return !o.off[k] && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

func (o *oracle) due(from time.Time, term Term) string {
	loc, _ := time.LoadLocation("Europe/Sofia")
	if term.Unit == Hours {
		t := from
		for range term.N {
			t = t.Add(60 * time.Minute)
		}
		return t.In(loc).Format(time.DateTime)
	}
	y, m, d := from.In(loc).Date()
	day := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	switch term.Unit {
	case Days:
		for range term.N {
			day = day.Add(24 * time.Hour)
		}
	case WorkingDays:
		for n := 0; n < term.N; {
			if day = day.Add(24 * time.Hour); o.works(day) {
				n++
			}
		}
	case Months:
		want := (int(m) - 1 + term.N) % 12
		day = time.Date(y, m+time.Month(term.N), d, 12, 0, 0, 0, time.UTC)
		for int(day.Month())-1 != want { // the month has no such day
			day = day.Add(-24 * time.Hour)
		}
	}
	for term.Roll && !o.works(day) {
		day = day.Add(24 * time.Hour)
	}
	return day.Format("2006-01-02") + " 23:59:59"
}

// TestTermsAreThoseOfASlowOracle compares every day from 1990 to 2100, at an hour of the night that the clock changes bend,
// with the kinds of term that the law uses.
func TestTermsAreThoseOfASlowOracle(t *testing.T) {
	decreed := map[string]bool{"2026-01-02": true, "2031-03-15": false, "2044-08-29": true}
	days := Decreed{}
	for d, off := range decreed {
		days[MustDate(d)] = off
	}
	c, o := NewWorkCalendar(days), newOracle(t, decreed)
	terms := []Term{
		{24, Hours, false}, {48, Hours, false}, {1, Hours, false}, {10, Days, false}, {10, Days, true}, {28, Days, true}, {7, Days, false},
		{1, WorkingDays, false}, {2, WorkingDays, false}, {5, WorkingDays, false}, {1, Months, true}, {3, Months, false}, {6, Months, true}, {18, Months, true},
	}
	n := 0
	for from := time.Date(1990, 1, 1, 0, 40, 0, 0, time.UTC); from.Year() <= 2098; from = from.Add(24*time.Hour + 7*time.Minute) {
		for _, term := range terms {
			n++
			if got, want := c.Due(from, term).In(Sofia).Format(time.DateTime), o.due(from, term); got != want {
				t.Fatalf("%s + %+v is due %s, the oracle says %s", from, term, got, want)
			}
		}
	}
	t.Logf("%d terms compared", n)
}
