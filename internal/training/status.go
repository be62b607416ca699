package training

import "slices"

// State is where a seat stands. Whether the person came and completed are facts of their own, not states of the seat.
type State string

// The states of a seat.
const (
	Applied   State = "applied"   // waits for the head of the institution
	Endorsed  State = "endorsed"  // may be given a seat
	Confirmed State = "confirmed" // has a seat
	Waiting   State = "waiting"   // endorsed, and no seat is free
	Offered   State = "offered"   // a seat is kept until the person says yes or no
	Declined  State = "declined"  // the head or the person said no
	Withdrawn State = "withdrawn" // the person, or somebody for the person, gave it up
	Closed    State = "closed"    // the training began, and the person had no seat
	Cancelled State = "cancelled" // the training will not be held
)

// States lists the states in the order of pages.
func States() []State {
	return []State{Applied, Endorsed, Confirmed, Offered, Waiting, Declined, Withdrawn, Closed, Cancelled}
}

// Open reports whether a seat or the wish for one still stands.
func (s State) Open() bool { return CallOff.From(s) }

// Seated reports whether the state holds a seat.
func (s State) Seated() bool { return s == Confirmed || s == Offered }

// Step is what moves a seat from one state to another.
type Step string

// The steps.
const (
	Apply    Step = "apply"
	Endorse  Step = "endorse"
	Refuse   Step = "refuse"   // the head says not now
	Confirm  Step = "confirm"  // allocation gives a seat
	Queue    Step = "queue"    // allocation finds none
	OfferIt  Step = "offer"    // allocation offers a freed seat to somebody who waits
	Accept   Step = "accept"   // the person takes the offer
	Decline  Step = "decline"  // the person does not
	Lapse    Step = "lapse"    // the offer ran out
	Withdraw Step = "withdraw" // given up
	Replace  Step = "replace"  // the head sends somebody else
	Close    Step = "close"    // the training begins without the person
	Reapply  Step = "reapply"  // applies again after a no
	CallOff  Step = "calloff"  // the training is called off
)

// move says from where a step may be taken and where it leads.
type move struct {
	from []State
	to   State
}

// moves is the whole table of seat states. Pages, tests and the documentation read it.
var moves = map[Step]move{
	Apply:    {[]State{""}, Applied},
	Endorse:  {[]State{Applied}, Endorsed},
	Refuse:   {[]State{Applied}, Declined},
	Confirm:  {[]State{Endorsed}, Confirmed},
	Queue:    {[]State{Endorsed}, Waiting},
	OfferIt:  {[]State{Waiting}, Offered},
	Accept:   {[]State{Offered}, Confirmed},
	Decline:  {[]State{Offered}, Declined},
	Lapse:    {[]State{Offered}, Declined},
	Withdraw: {[]State{Applied, Endorsed, Confirmed, Waiting, Offered}, Withdrawn},
	Replace:  {[]State{Applied, Endorsed, Confirmed, Waiting, Offered}, Withdrawn},
	Close:    {[]State{Applied, Endorsed, Waiting, Offered}, Closed},
	Reapply:  {[]State{Declined, Withdrawn}, Applied},
	CallOff:  {[]State{Applied, Endorsed, Confirmed, Waiting, Offered}, Cancelled},
}

// Steps lists every step.
func Steps() []Step {
	return []Step{Apply, Endorse, Refuse, Confirm, Queue, OfferIt, Accept, Decline, Lapse, Withdraw, Replace, Close, Reapply, CallOff}
}

// From reports whether the step may be taken from state s.
func (p Step) From(s State) bool { return slices.Contains(moves[p].from, s) }

// To is where the step leads.
func (p Step) To() State { return moves[p].to }
