package training

import (
	"slices"
	"time"

	"strengthen/internal/calendar"
)

// Moved returns the training with its first day moved by n days. Trainings keep off weekends: a first day that would fall on
// one becomes the Monday after, and the other days stay as many working days from the first as they were. A training that
// was planned into a weekend on purpose moves as it is. The end of applications and the release date move along.
func (e Event) Moved(n int) Event {
	first := e.Starts()
	shift := func(d calendar.Date) calendar.Date { return d.AddDays(n) }
	if !slices.ContainsFunc(e.HalfDays, func(h HalfDay) bool { return weekend(h.On) }) {
		to := first.AddDays(n)
		for weekend(to) {
			to = to.AddDays(1)
		}
		n = first.DaysUntil(to)
		shift = func(d calendar.Date) calendar.Date { return workingDay(to, workingDays(first, d)) }
	}
	days := slices.Clone(e.HalfDays)
	for i := range days {
		days[i].On = shift(days[i].On)
	}
	e.HalfDays, e.ApplyUntil = days, e.ApplyUntil.AddDays(n)
	at := e.Release.In(calendar.Sofia)
	e.Release = calendar.On(e.Release).AddDays(n).At(at.Hour(), at.Minute())
	return e
}

func weekend(d calendar.Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// workingDays counts the working days from a to b, without a.
func workingDays(a, b calendar.Date) int {
	n := 0
	for d := a; d.Before(b); {
		if d = d.AddDays(1); !weekend(d) {
			n++
		}
	}
	return n
}

// workingDay is n working days after d.
func workingDay(d calendar.Date, n int) calendar.Date {
	for n > 0 {
		if d = d.AddDays(1); !weekend(d) {
			n--
		}
	}
	return d
}
