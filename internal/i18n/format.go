package i18n

import (
	"strconv"
	"strings"
	"time"

	"strengthen/internal/calendar"
)

const thin = "\u00a0" // no-break space

// Int writes a whole number: Bulgarian groups from five digits on, with a no-break space; English with a comma from four.
func (l Lang) Int(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "\u2212", s[1:]
	}
	sep, from := thin, 5
	if l == EN {
		sep, from = ",", 4
	}
	if len(s) < from {
		return sign + s
	}
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return sign + strings.Join(append([]string{s}, parts...), sep)
}

// Size writes a number of bytes: 64 КБ and 20 МБ in Bulgarian, 64 kB and 20 MB in English, rounded down.
func (l Lang) Size(bytes int64) string {
	if bytes < 1<<20 {
		return l.Int(int(bytes>>10)) + thin + l.Pick("КБ", "kB")
	}
	return l.Int(int(bytes>>20)) + thin + l.Pick("МБ", "MB")
}

// Decimal writes x with a fixed number of decimals, a decimal comma in Bulgarian, and a true minus sign.
func (l Lang) Decimal(x float64, decimals int) string {
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	s = strings.Replace(s, "-", "\u2212", 1)
	if l == BG {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Percent writes a share between 0 and 1 as a percentage: 72 % in Bulgarian, 72% in English.
func (l Lang) Percent(share float64) string {
	s := l.Decimal(100*share, 0)
	if l == BG {
		return s + thin + "%"
	}
	return s + "%"
}

var months = map[Lang][]string{
	BG: {"януари", "февруари", "март", "април", "май", "юни", "юли", "август", "септември", "октомври", "ноември", "декември"},
	EN: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

var weekdays = map[Lang][]string{
	BG: {"неделя", "понеделник", "вторник", "сряда", "четвъртък", "петък", "събота"},
	EN: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

// Month writes the month of d with its year: "ноември 2021 г.", "November 2021".
func (l Lang) Month(d calendar.Date) string {
	y, m, _ := d.Parts()
	return l.MonthName(int(m)) + " " + l.year(y)
}

// MonthName writes the name of month 1 to 12.
func (l Lang) MonthName(m int) string { return months[l][m-1] }

func (l Lang) year(y int) string {
	if l == BG {
		return strconv.Itoa(y) + thin + "г."
	}
	return strconv.Itoa(y)
}

// Date writes a day: "9 ноември 2021 г.", "9 November 2021". No day is "–".
func (l Lang) Date(d calendar.Date) string {
	if d.IsZero() {
		return "–"
	}
	_, _, day := d.Parts()
	return strconv.Itoa(day) + thin + l.Month(d)
}

// Short writes a day in figures: "09.11.2021", "09/11/2021" read day first.
func (l Lang) Short(d calendar.Date) string {
	if d.IsZero() {
		return "–"
	}
	return d.Start().Format(l.Pick("02.01.2006", "02/01/2006"))
}

// Day writes a day with its weekday.
func (l Lang) Day(d calendar.Date) string {
	if d.IsZero() {
		return "–"
	}
	return weekdays[l][d.Weekday()] + ", " + l.Date(d)
}

// Days writes the days from a to b, naming month and year once: "23–25 ноември 2021 г.".
func (l Lang) Days(a, b calendar.Date) string {
	ya, ma, da := a.Parts()
	yb, mb, _ := b.Parts()
	switch {
	case a.IsZero() || b.IsZero() || a == b:
		return l.Date(a)
	case ya == yb && ma == mb:
		return strconv.Itoa(da) + "–" + l.Date(b)
	case ya == yb:
		return strconv.Itoa(da) + thin + l.MonthName(int(ma)) + " – " + l.Date(b)
	}
	return l.Date(a) + " – " + l.Date(b)
}

// Moment writes a moment as it is in Sofia: "9 ноември 2021 г., 17:30".
func (l Lang) Moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return l.Date(calendar.On(t)) + ", " + t.In(calendar.Sofia).Format("15:04")
}

// Deadline writes until when something can be done: a moment, or the end of a day when it is the last second of one.
func (l Lang) Deadline(t time.Time) string {
	if d := calendar.On(t); t.Equal(d.End()) {
		return l.Pick("края на ", "the end of ") + l.Date(d)
	}
	return l.Moment(t)
}
