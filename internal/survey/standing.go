package survey

import (
	"time"

	"strengthen/internal/training"
)

// Standing says how one person stands in one wave. Home, the pages of the waves and the report all count these.
type Standing string

// The standings. Answered and Partly come from the answers themselves, the others from the facts of the training.
const (
	Answered    Standing = "answered"    // ended the sitting, or gave enough answers for the score of an outcome
	Partly      Standing = "partly"      // began, gave too little, and the time is over
	Open        Standing = "open"        // was asked and can still answer
	Silent      Standing = "silent"      // was asked, and the time is over
	Undelivered Standing = "undelivered" // no mail with the link could be delivered
	NotDue      Standing = "notdue"      // the first mail has not left yet
	Never       Standing = "never"       // did not complete, or came in too late: is not asked
	Gone        Standing = "gone"        // gave the seat up, or the training was called off
)

// Standings lists them in the order of pages.
func Standings() []Standing {
	return []Standing{Answered, Open, Partly, Silent, Undelivered, NotDue, Never, Gone}
}

// Asked reports whether the person counts as asked: the first mail has left, or was to leave and could not.
func (s Standing) Asked() bool {
	return s == Answered || s == Partly || s == Open || s == Silent || s == Undelivered
}

// Lost reports whether no answer is to be hoped for from somebody who was asked.
func (s Standing) Lost() bool { return s == Partly || s == Silent || s == Undelivered }

// With returns the standing given what was answered: began says that there are answers.
func (s Standing) With(began bool, r Response) Standing {
	switch {
	case r.Counts:
		return Answered
	case began && (s == Silent || s == Undelivered):
		return Partly
	}
	return s
}

// Tally counts people by how they stand.
type Tally map[Standing]int

// Asked is how many were asked.
func (t Tally) Asked() int { return t.sum(Standing.Asked) }

// Lost is how many were asked, did not answer and cannot any more.
func (t Tally) Lost() int { return t.sum(Standing.Lost) }

// People is how many stand there at all.
func (t Tally) People() int { return t.sum(func(Standing) bool { return true }) }

func (t Tally) sum(which func(Standing) bool) int {
	n := 0
	for s, k := range t {
		if which(s) {
			n += k
		}
	}
	return n
}

// Add adds the counts of another tally.
func (t Tally) Add(other Tally) {
	for s, n := range other {
		t[s] += n
	}
}

// Step is how everybody stands in one wave.
type Step struct {
	Wave  Wave
	Tally Tally
}

// Flow counts, wave by wave, how everybody of the study stands. The retrospective rating is asked in the sitting after the
// training and has no step of its own; a wave in which nobody was asked is left out.
func (d Data) Flow() []Step {
	var all []Step
	for _, w := range []Wave{Pre, Post, M6} {
		s := Step{Wave: w, Tally: Tally{}}
		for _, x := range d.Respondents {
			if st := x.Standing[w]; st != "" {
				s.Tally[st]++
			}
		}
		if s.Tally.Asked() > 0 {
			all = append(all, s)
		}
	}
	return all
}

// standingOf derives how a seat stands in a wave from the facts, leaving the answers aside.
func standingOf(x Subject, e training.Event, w Wave, now time.Time) Standing {
	i, ok := x.Waves[w]
	over := training.Held(e, now)
	switch {
	case ok && i.Ended == Left, !ok && x.State != training.Confirmed:
		return Gone
	case ok && i.Ended == Untaken:
		return Never
	case ok:
		return standingOfAsked(i, now)
	case w == Pre && !now.Before(e.HalfDays[0].Begin()), w != Pre && over:
		return Never
	}
	return NotDue
}

func standingOfAsked(i Invitation, now time.Time) Standing {
	switch {
	case now.Before(i.Asks):
		return NotDue
	case i.Mails.Sent == 0 && i.Mails.Failed > 0:
		return Undelivered
	case now.Before(i.Closes):
		return Open
	}
	return Silent
}

// enough reports whether the answers of a wave suffice for the score of any outcome of the programme's own study.
func enough(answers map[string]string) bool {
	for _, o := range Outcomes() {
		if _, ok := Score(o.ID, answers); ok {
			return true
		}
	}
	return false
}
