package demo

import (
	"context"
	"errors"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

// What leads of cases write down in the first days. All of it is invented.
var (
	seenAtHome = []casework.Note{
		{Part: casework.Core, Nature: casework.Fact, Source: "посещение в дома", Text: "Детето има свое легло и учебници. Хладилникът е почти празен; майката каза, че заплатата идва в петък."},
		{Part: casework.Core, Nature: casework.Fact, Source: "разговор с личния лекар", Text: "Имунизациите са направени навреме; последният преглед е отпреди година."},
		{Part: casework.Core, Nature: casework.Opinion, Source: "социалният работник", Text: "Майката разбира какво се случва и търси помощ, но се страхува да остане сама. Бабата е опората, на която детето се доверява."},
	}
	ownWords = []casework.Note{
		{Source: "разговор в училище, без родителите", Text: "Когато вратата се затръшне, си слагам слушалките и броя до сто.", Wish: "ask"},
		{Source: "разговор в дома, в детската стая", Text: "Искам в събота да съм при баба. Там никой не вика.", Wish: "share"},
		{Source: "разговор в синята стая", Text: "Не искам мама да разбере, че съм ви казал.", Wish: "keep"},
	}
	fromSchool = casework.Note{Part: casework.School, Nature: casework.Fact, Source: "класният ръководител", Text: "Идва редовно, но в понеделник често заспива в първия час. Говори само с едно дете от класа."}
)

// record writes down what was seen, what a child that speaks said, and what the school told with the agreement of the mother, or
// of a child from fourteen itself. One in six of those who agreed takes it back later.
func (c *caseStory) record(ctx context.Context) error {
	v, err := c.w.Casework.OpenCase(ctx, c.by, c.id)
	if err != nil || v.Case.State == casework.Closed {
		return err
	}
	n, band := c.w.n, v.Case.Band
	notes := []casework.Note{seenAtHome[n%len(seenAtHome)]}
	if slices.Contains([]string{"7-9", "10-13", "14-17"}, band) {
		said := ownWords[n/3%len(ownWords)]
		said.Part, said.Nature = casework.Voice, casework.Verbal
		notes = append(notes, said)
		if n%2 == 0 {
			notes = append(notes, fromSchool)
			if err := c.agreed(ctx, band, n%12 == 0); err != nil {
				return err
			}
		}
	}
	for _, x := range notes {
		x.Case = c.id
		if _, err := c.w.Casework.AddNote(ctx, c.by, access.NewID(), x); err != nil {
			return err
		}
	}
	return nil
}

// agreed keeps who agreed that the school is asked, and that they took it back two months later.
func (c *caseStory) agreed(ctx context.Context, band string, back bool) error {
	x := casework.Consent{Capacity: "mother", How: "written", Parts: []casework.Compartment{casework.School}}
	if casework.ConsentsAlone(band) {
		x.Capacity = "child"
	}
	if err := c.w.Casework.RecordConsent(ctx, c.by, access.NewID(), c.id, x); err != nil || !back {
		return err
	}
	c.w.later(c.w.Clock.Now().AddDate(0, 2, 0), func(ctx context.Context) error {
		v, err := c.w.Casework.WhoSees(ctx, c.by, c.id)
		for _, x := range v.Consents {
			err = errors.Join(err, quiet(c.w.Casework.WithdrawConsent(ctx, c.by, c.id, x.ID)))
		}
		return err
	})
	return nil
}
