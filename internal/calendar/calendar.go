// Package calendar knows days, moments and spans as people in Bulgaria count them. A Date has no hour and no zone; hours
// are elapsed time; days and months are civil dates in Europe/Sofia. It holds no legal terms and never asks what time it is.
package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zone must be there on every machine
)

// Sofia is the zone in which all civil dates are read.
var Sofia = mustLoad("Europe/Sofia")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return loc
}

// Clock returns the present moment. Only cmd passes time.Now; everybody else passes one on.
type Clock func() time.Time

// Today is the day that the clock shows in Sofia.
func (c Clock) Today() Date { return On(c()) }

// Date is a civil day. The zero Date is no day at all.
type Date struct{ days int32 } // days since 1970-01-01, plus one

// On is the day that t falls on in Sofia.
func On(t time.Time) Date {
	y, m, d := t.In(Sofia).Date()
	return Of(y, m, d)
}

// Of returns the day of year, month and day; days and months out of range roll over as in time.Date.
func Of(year int, month time.Month, day int) Date {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Date{int32(t.Unix()/86400) + 1}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not YYYY-MM-DD", s)
	}
	return Of(t.Date()), nil
}

// MustDate is ParseDate for constants.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (d Date) utc() time.Time { return time.Unix(int64(d.days-1)*86400, 0).UTC() }

// IsZero reports whether d is no day at all.
func (d Date) IsZero() bool { return d.days == 0 }

// Parts returns year, month and day.
func (d Date) Parts() (int, time.Month, int) { return d.utc().Date() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// String returns YYYY-MM-DD, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD; an empty text is the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	*d = v
	return err
}

// AddDays returns the day n days later (earlier for negative n).
func (d Date) AddDays(n int) Date { return Date{d.days + int32(n)} }

// AddMonths returns the same day n calendar months later, or the last day of that month when it has no such day:
// 31 August plus six months is the last day of February. This is how PostgreSQL adds an interval of months.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Parts()
	first := Of(y, m+time.Month(n), 1)
	last := first.lastOfMonth()
	_, _, max := last.Parts()
	return first.AddDays(min(day, max) - 1)
}

func (d Date) lastOfMonth() Date {
	y, m, _ := d.Parts()
	return Of(y, m+1, 1).AddDays(-1)
}

// DaysUntil counts the days from d to e; it is negative when e is earlier.
func (d Date) DaysUntil(e Date) int { return int(e.days - d.days) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.days < e.days }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.days > e.days }

// Compare orders dates for slices.SortFunc.
func (d Date) Compare(e Date) int { return int(d.days) - int(e.days) }

// At returns the moment of hour and minute on d in Sofia. An hour that the spring change skips is the one after it.
func (d Date) At(hour, minute int) time.Time {
	y, m, day := d.Parts()
	return time.Date(y, m, day, hour, minute, 0, 0, Sofia)
}

// Start is the first moment of d in Sofia.
func (d Date) Start() time.Time { return d.At(0, 0) }

// End is the last second of d in Sofia, 23:59:59.
func (d Date) End() time.Time { return d.AddDays(1).Start().Add(-time.Second) }
