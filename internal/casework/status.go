package casework

import "slices"

// move says from where a step may be taken and where it leads.
type move[S ~string] struct {
	from []S
	to   S
}

// table is the whole life of a kind of record: pages, documentation and tests read it.
type table[S, P ~string] map[P]move[S]

// from reports whether step p may be taken in state s.
func (t table[S, P]) from(p P, s S) bool { return slices.Contains(t[p].from, s) }

// may lists the steps that can be taken in state s, out of all in their order.
func (t table[S, P]) may(s S, all []P) []P {
	var out []P
	for _, p := range all {
		if t.from(p, s) {
			out = append(out, p)
		}
	}
	return out
}

// SignalState is where a signal stands.
type SignalState string

// The states of a signal.
const (
	Received     SignalState = "received"     // in the inbox of a unit
	Acknowledged SignalState = "acknowledged" // somebody has taken it
	Screening    SignalState = "screening"    // is being assessed
	Ending       SignalState = "ending"       // one person proposes to end it, a second one decides
	Linked       SignalState = "linked"       // belongs to a case
	Joined       SignalState = "joined"       // says the same as an earlier signal, and is kept with it
	NoAction     SignalState = "no_action"    // ended without a case

	Back SignalState = "back" // no state of its own: where the signal was before it was linked or joined
)

// SignalStep is what moves a signal.
type SignalStep string

// The steps of a signal.
const (
	Receive     SignalStep = "receive"
	Acknowledge SignalStep = "acknowledge"
	Screen      SignalStep = "screen"
	Forward     SignalStep = "forward" // to the unit where the child lives, or to another institution
	Propose     SignalStep = "propose" // to end without a case
	Confirm     SignalStep = "confirm" // by a second person
	Return      SignalStep = "return"
	LinkIt      SignalStep = "link"
	UnlinkIt    SignalStep = "unlink"
	JoinIt      SignalStep = "join"
	UnjoinIt    SignalStep = "unjoin"
)

// SignalSteps lists the steps in the order of pages.
func SignalSteps() []SignalStep {
	return []SignalStep{Receive, Acknowledge, Screen, Forward, Propose, Confirm, Return, LinkIt, UnlinkIt, JoinIt, UnjoinIt}
}

// SignalStates lists the states in the order of pages.
func SignalStates() []SignalState {
	return []SignalState{Received, Acknowledged, Screening, Ending, Linked, Joined, NoAction}
}

var signalMoves = table[SignalState, SignalStep]{
	Receive:     {[]SignalState{""}, Received},
	Acknowledge: {[]SignalState{Received}, Acknowledged},
	Screen:      {[]SignalState{Received, Acknowledged}, Screening},
	Forward:     {[]SignalState{Received, Acknowledged, Screening}, Received},
	Propose:     {[]SignalState{Screening}, Ending},
	Confirm:     {[]SignalState{Ending}, NoAction},
	Return:      {[]SignalState{Ending}, Screening},
	LinkIt:      {[]SignalState{Received, Acknowledged, Screening}, Linked}, // what is urgent opens a case at once
	UnlinkIt:    {[]SignalState{Linked}, Back},
	JoinIt:      {[]SignalState{Received, Acknowledged, Screening}, Joined},
	UnjoinIt:    {[]SignalState{Joined}, Back},
}

// From reports whether the step may be taken from state s.
func (p SignalStep) From(s SignalState) bool { return signalMoves.from(p, s) }

// To is where the step leads.
func (p SignalStep) To() SignalState { return signalMoves[p].to }

// Open reports whether a signal in this state still waits for its end.
func (s SignalState) Open() bool {
	return slices.Contains([]SignalState{Received, Acknowledged, Screening, Ending}, s)
}

// CaseState is where a case stands. Urgency, protection, placement and the like are flags beside it.
type CaseState string

// The states of a case.
const (
	Intake       CaseState = "intake"
	Assessment   CaseState = "assessment"
	Coordination CaseState = "coordination" // violence is confirmed and the team is called
	PlanActive   CaseState = "plan_active"
	InReview     CaseState = "review"
	Closing      CaseState = "closing" // one person proposes to close, a second one decides
	Closed       CaseState = "closed"
)

// CaseStep is what moves a case.
type CaseStep string

// The steps of a case.
const (
	OpenIt       CaseStep = "open"
	Assess       CaseStep = "assess"
	CallTeam     CaseStep = "call_team"
	Adopt        CaseStep = "adopt" // the plan
	Review       CaseStep = "review"
	ProposeClose CaseStep = "propose_close"
	ApproveClose CaseStep = "approve_close"
	KeepOpen     CaseStep = "keep_open"
	Reopen       CaseStep = "reopen"
)

// CaseSteps lists the steps in the order of pages.
func CaseSteps() []CaseStep {
	return []CaseStep{OpenIt, Assess, CallTeam, Adopt, Review, ProposeClose, ApproveClose, KeepOpen, Reopen}
}

// CaseStates lists the states in the order of pages.
func CaseStates() []CaseState {
	return []CaseState{Intake, Assessment, Coordination, PlanActive, InReview, Closing, Closed}
}

var caseMoves = table[CaseState, CaseStep]{
	OpenIt:       {[]CaseState{""}, Intake},
	Assess:       {[]CaseState{Intake}, Assessment},
	CallTeam:     {[]CaseState{Intake, Assessment}, Coordination},
	Adopt:        {[]CaseState{Assessment, Coordination, InReview}, PlanActive},
	Review:       {[]CaseState{PlanActive}, InReview},
	ProposeClose: {[]CaseState{Intake, Assessment, Coordination, PlanActive, InReview}, Closing},
	ApproveClose: {[]CaseState{Closing}, Closed},
	KeepOpen:     {[]CaseState{Closing}, InReview},
	Reopen:       {[]CaseState{Closed}, Intake},
}

// From reports whether the step may be taken from state s.
func (p CaseStep) From(s CaseState) bool { return caseMoves.from(p, s) }

// To is where the step leads.
func (p CaseStep) To() CaseState { return caseMoves[p].to }

// Hindrance is a kind of work that keeps a case from closing; its text is the key of a message.
type Hindrance string

// The hindrances, in the order of pages. Whoever proposes to close and whoever agrees are both held to them.
const (
	OpenTasksLeft    Hindrance = "case.opentasks"
	OpenRequestsLeft Hindrance = "case.openrequests" // between institutions, which one of them still answers
	MinutesUnsigned  Hindrance = "case.unsigned"     // their tasks begin when they are signed
	NotAssessed      Hindrance = "case.unassessed"   // signals of the case
	StillProtected   Hindrance = "case.protected"    // by the police
	StillPlaced      Hindrance = "case.placed"       // in an emergency, until the court decides or it ends
)

// Hindrances lists them in the order of pages.
func Hindrances() []Hindrance {
	return []Hindrance{OpenTasksLeft, OpenRequestsLeft, MinutesUnsigned, NotAssessed, StillProtected, StillPlaced}
}
