package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// RequestState is where a request between institutions stands.
type RequestState string

// The states of a request.
const (
	Asked     RequestState = "asked" // in the inbox of the institution that is asked
	Taken     RequestState = "taken" // somebody there has it
	NeedsInfo RequestState = "needs_info"
	Accepted  RequestState = "accepted"
	Declined  RequestState = "declined"
	Answered  RequestState = "answered"
	Verified  RequestState = "verified" // the sender has what was asked for
	Withdrawn RequestState = "withdrawn"
	Expired   RequestState = "expired"
)

// RequestStep is what moves a request.
type RequestStep string

// The steps of a request.
const (
	Ask        RequestStep = "ask"
	Take       RequestStep = "take"
	AskInfo    RequestStep = "ask_info"
	GiveInfo   RequestStep = "give_info"
	Accept     RequestStep = "accept"
	Decline    RequestStep = "decline"
	AnswerIt   RequestStep = "answer"
	Verify     RequestStep = "verify"
	ReturnIt   RequestStep = "return"
	WithdrawIt RequestStep = "withdraw"
	Expire     RequestStep = "expire"
)

// RequestSteps lists the steps in the order of pages.
func RequestSteps() []RequestStep {
	return []RequestStep{Ask, Take, AskInfo, GiveInfo, Accept, Decline, AnswerIt, Verify, ReturnIt, WithdrawIt, Expire}
}

var requestMoves = table[RequestState, RequestStep]{
	Ask:        {[]RequestState{""}, Asked},
	Take:       {[]RequestState{Asked}, Taken},
	AskInfo:    {[]RequestState{Asked, Taken}, NeedsInfo},
	GiveInfo:   {[]RequestState{NeedsInfo}, Asked},
	Accept:     {[]RequestState{Asked, Taken}, Accepted},
	Decline:    {[]RequestState{Asked, Taken, Accepted}, Declined},
	AnswerIt:   {[]RequestState{Accepted}, Answered},
	Verify:     {[]RequestState{Answered}, Verified},
	ReturnIt:   {[]RequestState{Answered}, Accepted},
	WithdrawIt: {[]RequestState{Asked, Taken, NeedsInfo, Accepted}, Withdrawn},
	Expire:     {[]RequestState{Asked, Taken, NeedsInfo, Accepted}, Expired},
}

// From reports whether the step may be taken from state s.
func (p RequestStep) From(s RequestState) bool { return requestMoves.from(p, s) }

// To is where the step leads.
func (p RequestStep) To() RequestState { return requestMoves[p].to }

// Open reports whether a request still waits for something.
func (s RequestState) Open() bool {
	return slices.Contains([]RequestState{Asked, Taken, NeedsInfo, Accepted, Answered}, s)
}

// WithSender reports whether a request waits for the institution that sent it: for information, or for a check of the answer.
func (s RequestState) WithSender() bool { return s == NeedsInfo || s == Answered }

// bySender reports whether the step is taken by the institution that asked; the others are taken by the one that was asked.
func (p RequestStep) bySender() bool {
	return slices.Contains([]RequestStep{Ask, GiveInfo, Verify, ReturnIt, WithdrawIt}, p)
}

// clockEvents are what the clocks learn of a step.
func (p RequestStep) clockEvents() []Event {
	switch p {
	case Ask:
		return []Event{"request.sent"}
	case GiveInfo:
		return []Event{"request.resumed", "request.sent"}
	case AskInfo:
		return []Event{"request.answered", "request.returned"}
	case Accept:
		return []Event{"request.answered", "request.accepted"}
	case ReturnIt:
		return []Event{"request.resumed", "request.accepted"}
	case Decline, WithdrawIt, Expire:
		return []Event{"request.answered", "request.done", "request.resumed"}
	case AnswerIt:
		return []Event{"request.done", "request.returned"}
	case Verify:
		return []Event{"request.resumed"}
	}
	return nil
}

// Asks lists what one institution can ask of another.
func Asks() []string {
	return []string{"information", "opinion", "visit", "examination", "service", "protection"}
}

// Request is what one institution asks of another about a case. It lies in the inbox of the institution, not with a person who
// may be away, and carries no more than its own words and the parts of the case that were named.
type Request struct {
	ID      string
	Case    CaseID
	Ref     string // of the case
	N       int
	From    access.AgencyID
	To      access.AgencyID
	Kind    string
	Parts   []Compartment // of the case that the institution may read for it
	State   RequestState
	Since   time.Time
	Due     calendar.Date // by when it is to be done
	NextDue time.Time     // of the clock that runs: of the answer until it is accepted, of the work after that, of the sender when it is the sender's turn
	Until   time.Time     // after that nothing can be read through it any more
	Share   string
	Sender  access.PersonID
	Taker   access.PersonID
	Text    sealed.Text
	Version int
	History []RequestEvent
}

// RequestEvent is a line of the history of a request.
type RequestEvent struct {
	ID      string
	Request string
	At      time.Time
	Actor   access.PersonID
	Agency  access.AgencyID
	Step    RequestStep
	Text    sealed.Text
}

// senderDays is how many days the sender has whose request came back before such a term was kept.
const senderDays = 7

// Ends is the one term of a request that pages show: of its clock, so that what is shown is what reminders follow, and without
// one its day.
func (r Request) Ends() time.Time {
	switch {
	case !r.NextDue.IsZero():
		return r.NextDue
	case r.State.WithSender():
		return calendar.On(r.Since).AddDays(senderDays).End()
	}
	return r.Due.End()
}

// Answering reports whether the term is that of the answer whether the request is accepted, which is sooner than its day.
func (r Request) Answering() bool {
	return !r.NextDue.IsZero() && (r.State == Asked || r.State == Taken)
}

// Cursor says where a page of an inbox ends.
func (r Request) Cursor() string { return cursor(r.Since, r.ID) }

// RequestFilter narrows an inbox.
type RequestFilter struct {
	Open   bool   // that wait for the institution that was asked
	Before string // cursor "since/id"
	Limit  int
}

// RequestTx is what requests need of a transaction.
type RequestTx interface {
	Request(ctx context.Context, id string) (Request, error)
	Requests(ctx context.Context, s access.Scope, f RequestFilter) ([]Request, error)
	ReturnedRequests(ctx context.Context, s access.Scope, from access.AgencyID, f RequestFilter) ([]Request, error)
	RequestsOf(ctx context.Context, c CaseID) ([]Request, error)
	PutRequest(ctx context.Context, r Request) error
	PutRequestEvent(ctx context.Context, c CaseID, e RequestEvent) error
	StaleRequests(ctx context.Context) ([]string, error)
}

// Send asks an institution for something. The institution need not be of the team; it reads the words of the request, and of
// the case only the parts that are named, until the request ends.
func (s *Service) Send(ctx context.Context, by access.Actor, key string, id CaseID, r Request) error {
	return s.onCase(ctx, by, id, -1, access.WriteCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "ask", Asks(), r.Kind)
		worded(&l, "text", r.Text, 10, 4000)
		r.From = by.AgencyAt(tx.Now())
		if _, err := tx.Agency(ctx, r.To); err != nil || r.To == r.From {
			l.Add(fault.Field("agency", "form.choose"))
		}
		today := calendar.On(tx.Now())
		if r.Due.IsZero() || r.Due.Before(today) || r.Due.After(today.AddDays(longestDays)) {
			l.Add(fault.Field("due", "task.due"))
		}
		for _, p := range r.Parts {
			chosen(&l, "parts", Compartments(), p)
			if ok, err := canCase(ctx, tx, c, p.SeeAction()); err != nil || !ok {
				l.Add(fault.Field("parts", "share.own"))
			}
		}
		if may, err := canCase(ctx, tx, c, access.ShareCase); err != nil || len(r.Parts) > 0 && !may {
			l.Add(fault.Field("parts", "request.parts"))
		}
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) { return s.send(ctx, tx, c, r) })
		return err
	})
}

func (s *Service) send(ctx context.Context, tx Tx, c Case, r Request) (string, error) {
	all, err := tx.RequestsOf(ctx, c.ID)
	if err != nil {
		return "", err
	}
	r.ID, r.Case, r.N, r.Sender, r.Taker, r.Share, r.Version, r.State = access.NewID(), c.ID, len(all)+1, tx.By().Person, "", "", 0, ""
	r.Until = r.Due.End().AddDate(0, 0, 14)
	if len(r.Parts) > 0 {
		h := Share{ID: access.NewID(), Case: c.ID, Agency: r.To, Kind: Referral, Parts: r.Parts, Purpose: "service", Ground: "36d", By: r.Sender, From: tx.Now(), Until: r.Until}
		if err := tx.PutShare(ctx, h); err != nil {
			return "", err
		}
		r.Share = h.ID
	}
	return r.ID, s.moveRequest(ctx, tx, c, r, Ask, "")
}

// moveRequest takes a step, keeps it in the history and tells the clocks; when a request ends, nothing can be read through it
// any more.
func (s *Service) moveRequest(ctx context.Context, tx Tx, c Case, r Request, p RequestStep, text sealed.Text) error {
	if !p.From(r.State) {
		return fault.New(fault.Conflict, "request.step", fault.Vars{"state": string(r.State)})
	}
	r.State, r.Since = p.To(), tx.Now()
	if err := tx.PutRequest(ctx, r); err != nil {
		return err
	}
	own := tx.By().AgencyAt(tx.Now())
	if err := tx.PutRequestEvent(ctx, c.ID, RequestEvent{access.NewID(), r.ID, tx.Now(), tx.By().Person, own, p, text}); err != nil {
		return err
	}
	if err := note(ctx, tx, c, Core, "request."+string(p), r.ID, ""); err != nil {
		return err
	}
	for _, e := range p.clockEvents() {
		x := subject{cas: &c, record: r.ID, agency: r.To}
		switch e {
		case "request.accepted":
			x.due = r.Due.End()
		case "request.sent":
			x.latest = r.Due.End() // nobody may answer later than the thing is to be done
		case "request.returned":
			x.agency, x.person = r.From, r.Sender
			if p == AskInfo {
				x.latest = r.Due.End()
			}
		}
		if err := s.happen(ctx, tx, x, e, tx.Now()); err != nil {
			return err
		}
	}
	if !r.State.Open() && r.Share != "" {
		if err := endShares(ctx, tx, c, func(h Share) bool { return h.ID == r.Share }); err != nil {
			return err
		}
	}
	return tellRequest(ctx, tx, c, r, p)
}

// tellRequest plans a message to the other side. It names the reference and what happened, nothing about the child.
func tellRequest(ctx context.Context, tx Tx, c Case, r Request, p RequestStep) error {
	var to Told
	var err error
	if p.bySender() {
		to, err = Reach(ctx, tx, Clock{Agency: r.To, Person: r.Taker, Region: c.Region}, 1)
	} else {
		to, err = Reach(ctx, tx, Clock{Agency: r.From, Person: r.Sender, Region: c.Region}, 0)
	}
	if err != nil || p == Take {
		return err
	}
	for _, x := range to.To {
		err := tx.PlanMail(ctx, org.Mail{
			Key: "request/" + r.ID + "/" + string(p) + "/" + string(x.Person) + "/" + r.Since.UTC().Format(time.RFC3339), Kind: "request", Record: r.ID, Person: x.Person, Address: x.Email, Lang: x.Lang, Due: tx.Now(),
			Vars: map[string]string{"ref": c.Ref, "step": string(p), "path": "/requests/" + r.ID, "due": r.Due.String()},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// requestResource is what the policy asks about a request on the side of the institution that was asked. Who is barred from the
// case is barred from it.
func requestResource(ctx context.Context, tx Tx, r Request) (access.Resource, error) {
	barred, err := tx.Barred(ctx, r.Case)
	return access.Resource{Kind: "request", ID: r.ID, Agency: r.To, Barred: barred}, err
}

// allowRequest asks whether the actor may act for one of the two sides, and says for which.
func allowRequest(ctx context.Context, tx Tx, r Request, sender, receiver access.Action) (asSender bool, err error) {
	res, err := requestResource(ctx, tx, r)
	if err != nil {
		return false, err
	}
	if tx.Can(receiver, res) {
		return false, tx.Allow(ctx, receiver, res)
	}
	c, err := tx.Case(ctx, r.Case)
	if err != nil {
		return false, err
	}
	if ok, err := canCase(ctx, tx, c, sender); err != nil || !ok {
		return false, cmp.Or(err, tx.Allow(ctx, receiver, res))
	}
	cr, err := caseResource(ctx, tx, c, sender)
	if err != nil {
		return false, err
	}
	return true, tx.Allow(ctx, sender, cr)
}

// StepRequest takes a step of a request, for the side whose step it is.
func (s *Service) StepRequest(ctx context.Context, by access.Actor, id string, version int, p RequestStep, text sealed.Text) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		r, err := tx.Request(ctx, id)
		if err != nil {
			return err
		}
		asSender, err := allowRequest(ctx, tx, r, access.WriteCase, access.AnswerRequest)
		if err != nil {
			return err
		}
		var l fault.List
		if !known(RequestSteps(), p) || p == Ask || p == Expire || p.bySender() != asSender || asSender && by.AgencyAt(tx.Now()) != r.From {
			l.Add(fault.Field("step", "form.choose"))
		}
		if slices.Contains([]RequestStep{AskInfo, GiveInfo, Decline, AnswerIt, ReturnIt, WithdrawIt}, p) {
			worded(&l, "text", text, 5, 4000)
		} else {
			worded(&l, "text", text, 0, 4000)
		}
		if r.Version != version {
			l.Add(fault.New(fault.Conflict, "fault.changed"))
		}
		c, err := tx.Case(ctx, r.Case)
		if err != nil {
			return err
		}
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "request.caseclosed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		if !asSender {
			r.Taker = by.Person
		}
		return s.moveRequest(ctx, tx, c, r, p, sealed.Text(strings.TrimSpace(string(text))))
	})
}

// ExpireRequests ends the requests whose last day is over and which nobody answered.
func (s *Service) ExpireRequests(ctx context.Context) error {
	var stale []string
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		stale, err = tx.StaleRequests(ctx)
		return err
	})
	for _, id := range stale {
		if err != nil {
			return err
		}
		err = s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "request", ID: id}); err != nil {
				return err
			}
			r, err := tx.Request(ctx, id)
			if err != nil || !Expire.From(r.State) {
				return err
			}
			c, err := tx.Case(ctx, r.Case)
			if err != nil {
				return err
			}
			return s.moveRequest(ctx, tx, c, r, Expire, "")
		})
	}
	return err
}

// RequestView is a request as one of its two sides sees it.
type RequestView struct {
	Request  Request
	Sender   bool // the reader is of the side that asked
	Steps    []RequestStep
	Clocks   []ClockView
	Agencies map[access.AgencyID]org.Agency
	Names    map[access.PersonID]string
	Reads    bool // the case opens to the reader through the request
}

// OpenRequest opens a request for either side; the reading is on the record.
func (s *Service) OpenRequest(ctx context.Context, by access.Actor, id string) (RequestView, error) {
	var v RequestView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		r, err := tx.Request(ctx, id)
		if err != nil {
			return err
		}
		asSender, err := allowRequest(ctx, tx, r, access.SeeCase, access.SeeRequest)
		if err != nil {
			return err
		}
		v, err = s.requestView(ctx, tx, r, asSender)
		return err
	})
	return v, err
}

func (s *Service) requestView(ctx context.Context, tx Tx, r Request, asSender bool) (RequestView, error) {
	v := RequestView{Request: r, Sender: asSender, Agencies: map[access.AgencyID]org.Agency{}, Names: map[access.PersonID]string{}}
	c, err := tx.Case(ctx, r.Case)
	if err != nil {
		return v, err
	}
	x, err := reachOf(ctx, tx, c)
	if err != nil {
		return v, err
	}
	v.Reads = len(x.seen(tx)) > 0
	for _, p := range requestMoves.may(r.State, RequestSteps()) {
		if c.State != Closed && p != Expire && p.bySender() == asSender && (!asSender || tx.By().AgencyAt(tx.Now()) == r.From) {
			v.Steps = append(v.Steps, p)
		}
	}
	clocks, err := tx.ClocksOf(ctx, "", c.ID)
	if err != nil {
		return v, err
	}
	if v.Clocks, err = clockViews(ctx, tx, slices.DeleteFunc(clocks, func(k Clock) bool { return k.Record != r.ID })); err != nil {
		return v, err
	}
	people := []access.PersonID{r.Sender, r.Taker}
	for _, a := range []access.AgencyID{r.From, r.To} {
		if v.Agencies[a], err = tx.Agency(ctx, a); err != nil {
			return v, err
		}
	}
	for _, e := range r.History {
		people = append(people, e.Actor)
	}
	return v, nameAll(ctx, tx, v.Names, people)
}

// Returned lists the requests of the reader's institution that wait for it, in cases in which the reader writes: for information,
// or for a check of the answer.
func (s *Service) Returned(ctx context.Context, by access.Actor, f RequestFilter) ([]Request, map[access.AgencyID]string, error) {
	var all []Request
	names := map[access.AgencyID]string{}
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if all, err = returned(ctx, tx, f); err != nil {
			return err
		}
		return nameAgencies(ctx, tx, names, all)
	})
	return all, names, err
}

func returned(ctx context.Context, tx Tx, f RequestFilter) ([]Request, error) {
	from := tx.By().AgencyAt(tx.Now())
	if from == "" {
		return nil, nil
	}
	return tx.ReturnedRequests(ctx, tx.Scope(access.WriteCase), from, f)
}

// Inbox lists the requests to the reader's institutions, the newest first.
func (s *Service) Inbox(ctx context.Context, by access.Actor, f RequestFilter) ([]Request, map[access.AgencyID]string, error) {
	var all []Request
	names := map[access.AgencyID]string{}
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if all, err = tx.Requests(ctx, tx.Scope(access.SeeRequest), f); err != nil {
			return err
		}
		return nameAgencies(ctx, tx, names, all)
	})
	return all, names, err
}

func nameAgencies(ctx context.Context, tx Tx, names map[access.AgencyID]string, all []Request) error {
	for _, r := range all {
		for _, id := range []access.AgencyID{r.From, r.To} {
			if _, seen := names[id]; seen {
				continue
			}
			a, err := tx.Agency(ctx, id)
			if err != nil {
				return err
			}
			names[id] = a.Name
		}
	}
	return nil
}

// RequestsOf lists the requests of a case.
func (s *Service) RequestsOf(ctx context.Context, by access.Actor, id CaseID) (CaseView, []Request, error) {
	var v CaseView
	var all []Request
	err := s.onCase(ctx, by, id, -1, access.SeeCase, func(ctx context.Context, tx Tx, c Case) error {
		var err error
		if v, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		if all, err = tx.RequestsOf(ctx, c.ID); err != nil {
			return err
		}
		for _, r := range all {
			for _, a := range []access.AgencyID{r.From, r.To} {
				if _, err := v.agency(ctx, tx, a); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return v, all, err
}
