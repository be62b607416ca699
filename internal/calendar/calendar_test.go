package calendar

import (
	"testing"
	"time"
)

func TestAddMonths(t *testing.T) {
	for name, tc := range map[string]struct {
		from string
		n    int
		want string
	}{
		"31 August falls on the last day of February":   {"2025-08-31", 6, "2026-02-28"},
		"in a leap year that is the 29th":               {"2023-08-31", 6, "2024-02-29"},
		"30 August does the same":                       {"2025-08-30", 6, "2026-02-28"},
		"a month that has the day keeps it":             {"2026-01-15", 6, "2026-07-15"},
		"the year turns":                                {"2025-12-31", 2, "2026-02-28"},
		"going back clamps as well":                     {"2026-03-31", -1, "2026-02-28"},
		"a leap day lands on the 29th of another month": {"2024-02-29", 6, "2024-08-29"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := MustDate(tc.from).AddMonths(tc.n).String(); got != tc.want {
				t.Errorf("%s + %d months = %s, want %s", tc.from, tc.n, got, tc.want)
			}
		})
	}
}

func TestOnReadsTheDayInSofia(t *testing.T) {
	moment := time.Date(2026, 3, 13, 22, 30, 0, 0, time.UTC) // 00:30 on the 14th in Sofia
	if got := On(moment).String(); got != "2026-03-14" {
		t.Errorf("day %s, want 2026-03-14", got)
	}
}

func TestDayEndsBeforeMidnightOnAShortDay(t *testing.T) {
	end := MustDate("2026-03-29").End() // the clock goes forward that night
	if got := end.In(Sofia).Format("2006-01-02 15:04:05"); got != "2026-03-29 23:59:59" {
		t.Errorf("end %s", got)
	}
	if got := MustDate("2026-03-29").Start().Sub(MustDate("2026-03-28").Start()); got != 24*time.Hour {
		t.Errorf("28 March lasts %s", got)
	}
	if got := MustDate("2026-03-30").Start().Sub(MustDate("2026-03-29").Start()); got != 23*time.Hour {
		t.Errorf("29 March lasts %s, want 23h", got)
	}
}

func TestDateText(t *testing.T) {
	for _, bad := range []string{"2026-02-30", "26-01-01", "2026/01/01", "2026-1-1", "x"} {
		if _, err := ParseDate(bad); err == nil {
			t.Errorf("%q was read as a date", bad)
		}
	}
	var d Date
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("empty text gives %v, %v", d, err)
	}
	if got := MustDate("1969-12-31").AddDays(1).String(); got != "1970-01-01" {
		t.Errorf("before the epoch: %s", got)
	}
}
