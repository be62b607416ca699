package calendar

import (
	"fmt"
	"time"
)

// Easter returns Easter Sunday of the Orthodox Church in a year of the Gregorian calendar, 1900 to 2099 and beyond: the Julian
// rule of Meeus (Astronomical Algorithms, 2nd ed., chapter 8), moved by the days between the two calendars.
func Easter(year int) Date {
	a, b, c := year%4, year%7, year%19
	d := (19*c + 15) % 30
	e := (2*a + 4*b - d + 34) % 7
	f := d + e + 114
	return Of(year, time.Month(f/31), f%31+1).AddDays(julianLag(year))
}

// julianLag is how many days the Julian calendar is behind the Gregorian one in the spring of a year.
func julianLag(year int) int { return year/100 - year/400 - 2 }

// fixed are the public holidays with a date (Labour Code, article 154, paragraph 1).
var fixed = [...]struct {
	month time.Month
	day   int
}{
	{time.January, 1}, {time.March, 3}, {time.May, 1}, {time.May, 6}, {time.May, 24}, {time.September, 6}, {time.September, 22},
	{time.December, 24}, {time.December, 25}, {time.December, 26},
}

// Decreed are days that a decree of the Council of Ministers makes free (true) or working (false).
type Decreed map[Date]bool

// WorkCalendar knows on which days people in Bulgaria work: Monday to Friday, without the public holidays of article 154 of
// the Labour Code. When one of them other than Easter falls on a Saturday or Sunday, the first working day after it is free
// too (paragraph 2, as it reads since 2017; it is applied to every year). It may be used by several goroutines.
type WorkCalendar struct {
	decreed Decreed
	free    map[Date]bool // public holidays and the days given for them, by year
}

// The years whose working days are known.
const firstYear, lastYear = 1990, 2110

// Known reports whether a moment lies in the years 1990 to 2100, so that a term that starts at it ends in a year whose working
// days are known. Another one is a slip of the hand.
func Known(t time.Time) bool {
	year := t.In(Sofia).Year()
	return firstYear <= year && year <= lastYear-10
}

// NewWorkCalendar returns the calendar of the years from 1990 to 2110 with the days that decrees changed.
func NewWorkCalendar(decreed Decreed) *WorkCalendar {
	c := &WorkCalendar{decreed: decreed, free: map[Date]bool{}}
	for year := firstYear; year <= lastYear; year++ {
		c.addYear(year)
	}
	return c
}

func (c *WorkCalendar) addYear(year int) {
	easter := Easter(year)
	for n := -2; n <= 1; n++ { // Good Friday to Easter Monday
		c.free[easter.AddDays(n)] = true
	}
	var moved []Date
	for _, h := range fixed {
		d := Of(year, h.month, h.day)
		c.free[d] = true
		if weekend(d) {
			moved = append(moved, d)
		}
	}
	for _, d := range moved {
		for d = d.AddDays(1); weekend(d) || c.free[d]; d = d.AddDays(1) {
		}
		c.free[d] = true
	}
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// Working reports whether d is a working day. It panics outside the years 1990 to 2110, where nobody has a term.
func (c *WorkCalendar) Working(d Date) bool {
	if year, _, _ := d.Parts(); year < firstYear || year > lastYear {
		panic(fmt.Sprintf("calendar: no working days are known for %s", d))
	}
	if free, ok := c.decreed[d]; ok {
		return !free
	}
	return !weekend(d) && !c.free[d]
}

// NextWorking returns d when it is a working day, and otherwise the first one after it.
func (c *WorkCalendar) NextWorking(d Date) Date {
	for !c.Working(d) {
		d = d.AddDays(1)
	}
	return d
}

// Unit is what a term is counted in.
type Unit string

// The units. Hours are elapsed time and run through nights and holidays. The others are civil days in Sofia; the day on which
// the term starts is not counted, and the last day counts to its last second.
const (
	Hours       Unit = "hours"
	Days        Unit = "days"
	WorkingDays Unit = "working_days"
	Months      Unit = "months"
)

// Term is a length of time within which something has to be done. Roll says that a term of days or months that ends on a day
// off ends on the next working day instead.
type Term struct {
	N    int
	Unit Unit
	Roll bool
}

// Due returns the moment at which a term that starts at from is over. A term of nothing is over at once.
func (c *WorkCalendar) Due(from time.Time, t Term) time.Time {
	day := On(from)
	switch t.Unit {
	case Hours:
		return from.Add(time.Duration(t.N) * time.Hour)
	case WorkingDays:
		for n := 0; n < t.N; n++ {
			day = c.NextWorking(day.AddDays(1))
		}
		return day.End()
	case Days:
		day = day.AddDays(t.N)
	case Months:
		day = day.AddMonths(t.N)
	default:
		panic("calendar: unknown unit " + string(t.Unit))
	}
	if t.Roll {
		day = c.NextWorking(day)
	}
	return day.End()
}

// WorkingDaysUntil counts the working days after d up to and with e; it is negative when e is earlier.
func (c *WorkCalendar) WorkingDaysUntil(d, e Date) int {
	if e.Before(d) {
		return -c.WorkingDaysUntil(e, d)
	}
	n := 0
	for d = d.AddDays(1); !d.After(e); d = d.AddDays(1) {
		if c.Working(d) {
			n++
		}
	}
	return n
}
