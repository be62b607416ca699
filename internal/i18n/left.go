package i18n

import (
	"strconv"
	"time"
)

// span writes a length of time in its largest fitting unit: minutes up to an hour and a half, hours up to two days, then days.
// Counting is downwards: who has 25 hours left reads "25 hours", who has 59 seconds left reads "0 minutes".
func (l Lang) span(d time.Duration) (text string, one bool) {
	n, bg, en := int(d/time.Minute), [2]string{"минута", "минути"}, [2]string{"minute", "minutes"}
	switch {
	case d >= 48*time.Hour:
		n, bg, en = int(d/(24*time.Hour)), [2]string{"ден", "дни"}, [2]string{"day", "days"}
	case d >= 90*time.Minute:
		n, bg, en = int(d/time.Hour), [2]string{"час", "часа"}, [2]string{"hour", "hours"}
	}
	i := 1
	if n == 1 {
		i = 0
	}
	return strconv.Itoa(n) + thin + l.Pick(bg[i], en[i]), n == 1
}

// Left says how much time is left: "остават 2 дни", "2 days left".
func (l Lang) Left(d time.Duration) string {
	text, one := l.span(d)
	if l == EN {
		return text + " left"
	}
	if one {
		return "остава " + text
	}
	return "остават " + text
}

// Late says how much time ago something should have been done: "закъснява с 1 ден", "1 day late".
func (l Lang) Late(d time.Duration) string {
	text, _ := l.span(d)
	return l.Pick("закъснява с "+text, text+" late")
}

// Took says how long something took: "за 17 часа", "in 17 hours".
func (l Lang) Took(d time.Duration) string {
	text, _ := l.span(d)
	return l.Pick("за ", "in ") + text
}
