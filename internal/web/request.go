package web

import (
	"context"
	"maps"
	"net/http"
	"path"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (s *Server) requestRoutes() []Route {
	return []Route{
		{"GET /requests", access.SeeRequest, false, 0, s.requests, false},
		{"GET /requests/{id}", access.SeeRequest, false, 0, s.ask, false},
		{"POST /requests/{id}/steps/{step}", access.SeeRequest, false, 0, s.stepRequest, false},
		{"GET /cases/{id}/requests", access.SeeCase, false, 0, s.caseRequests, false},
		{"POST /cases/{id}/requests", access.WriteCase, false, 0, s.sendRequest, false},
	}
}

type requestsPage struct {
	Page
	Requests []casework.Request // of other institutions
	Returned []casework.Request // of one's own, that wait for it
	Firms    map[access.AgencyID]string
	All      bool
	Back     bool // only those of one's own
	More     string
	MoreBack string
}

// Waiting is how many requests the page shows that wait for the reader's institution.
func (p requestsPage) Waiting() int { return len(p.Requests) + len(p.Returned) }

// requestTerm writes the one term of a request, and what has to be done by then.
func (p Page) requestTerm(x casework.Request) string {
	day := p.Date(calendar.On(x.Ends()))
	switch {
	case x.State == casework.Answered:
		return p.L("проверка от подателя до {d}", "to be checked by the sender by {d}", "d", day)
	case x.State == casework.NeedsInfo:
		return p.L("сведения от подателя до {d}", "information from the sender by {d}", "d", day)
	case x.Answering():
		return p.L("отговор дали се приема до {d}", "answer whether it is accepted by {d}", "d", day)
	case x.State.Open():
		return p.L("изпълнение до {d}", "to be done by {d}", "d", day)
	}
	return p.L("до {d}", "until {d}", "d", day)
}

// Wanted reports whether the day of the request is another than that of its answer, and still to be told.
func (p *askPage) Wanted() bool {
	return p.Request.Answering() && calendar.On(p.Request.Ends()) != p.Request.Due
}

// Term writes the term of the request.
func (p *askPage) Term() string { return p.requestTerm(p.Request) }

// Term writes the term of a request of the case.
func (p *caseRequestsPage) Term(x casework.Request) string { return p.requestTerm(x) }

// Ends is the day of the term of a request.
func (p requestsPage) Ends(x casework.Request) calendar.Date { return calendar.On(x.Ends()) }

// Due says how a request stands to its term; one that waits for its sender is not late for whoever was asked.
func (p requestsPage) Due(x casework.Request) ClockTag {
	if !x.State.Open() || x.State.WithSender() {
		return ClockTag{}
	}
	return p.dueTag(x.Ends())
}

// DueBack says how a request of one's own stands to the term of its sender.
func (p requestsPage) DueBack(x casework.Request) ClockTag { return p.dueTag(x.Ends()) }

func (s *Server) requests(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := requestsPage{Page: s.page(r, ""), All: q.Get("all") != "", Back: q.Get("back") != "", Firms: map[access.AgencyID]string{}}
	p.Title = p.L("Искания", "Requests")
	before := q.Get("before")
	page := func(list func(context.Context, access.Actor, casework.RequestFilter) ([]casework.Request, map[access.AgencyID]string, error)) (all []casework.Request, more string, err error) {
		all, firms, err := list(r.Context(), p.actor, casework.RequestFilter{Open: !p.All, Before: before, Limit: pageSize + 1})
		maps.Copy(p.Firms, firms)
		if len(all) > pageSize {
			all = all[:pageSize]
			q.Set("before", all[pageSize-1].Cursor())
			more = "?" + q.Encode()
		}
		return all, more, err
	}
	var err error
	if !p.Back {
		if p.Requests, p.More, err = page(s.Casework.Inbox); err != nil {
			return err
		}
	}
	if p.Back || before == "" { // the first page of the inbox shows both
		q.Set("back", "1")
		p.Returned, p.MoreBack, err = page(s.Casework.Returned)
	}
	if err != nil {
		return err
	}
	return s.show(w, "requests", &p)
}

type askPage struct {
	Page
	casework.RequestView
	Lines []ClockLine
	Text  string // as far as it is typed
}

// Words reports whether a step wants words.
func (p *askPage) Wordy(step casework.RequestStep) bool {
	return !slices.Contains([]casework.RequestStep{casework.Take, casework.Accept, casework.Verify}, step)
}

// Quick and Slow are the steps without and with words.
func (p *askPage) Quick() []casework.RequestStep {
	return slices.DeleteFunc(slices.Clone(p.Steps), p.Wordy)
}

// Slow lists the steps that want words.
func (p *askPage) Slow() []casework.RequestStep {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(x casework.RequestStep) bool { return !p.Wordy(x) })
}

// Firm names an institution.
func (p *askPage) Firm(id access.AgencyID) string { return p.Agencies[id].Name }

// FirmMark is the sign of the sector of an institution.
func (p *askPage) FirmMark(id access.AgencyID) string { return p.Mark(p.Agencies[id].Sector) }

func (s *Server) askPage(r *http.Request, id string) (*askPage, error) {
	p := &askPage{Page: s.page(r, "")}
	p.Title = p.L("Искане", "Request")
	v, err := s.Casework.OpenRequest(r.Context(), p.actor, id)
	p.RequestView = v
	p.Lines = p.ClockLines(v.Clocks, func(c casework.Clock) string { return v.Agencies[c.Agency].Name })
	return p, err
}

func (s *Server) ask(w http.ResponseWriter, r *http.Request) error {
	p, err := s.askPage(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.show(w, "caserequest", p)
}

func (s *Server) stepRequest(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := s.Casework.StepRequest(r.Context(), visitOf(r).actor(), id, version(r), casework.RequestStep(r.PathValue("step")), words(r, "text"))
	if err == nil {
		return to(w, r, "/requests/"+id, "saved")
	}
	p, e := s.askPage(r, id)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, "caserequest", p)
}

type caseRequestsPage struct {
	casePage
	Requests []casework.Request
}

// Due says how a request stands to its term.
func (p *caseRequestsPage) Due(x casework.Request) ClockTag {
	if !x.State.Open() {
		return ClockTag{}
	}
	return p.dueTag(x.Ends())
}

func (s *Server) caseRequestsPage(r *http.Request) (*caseRequestsPage, error) {
	p := &caseRequestsPage{casePage: *s.newCasePage(r, "caserequests")}
	v, all, err := s.Casework.RequestsOf(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Requests = all
	if err := p.fill(r, v); err != nil {
		return p, err
	}
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, p.Case.Region)
	return p, err
}

func (s *Server) caseRequests(w http.ResponseWriter, r *http.Request) error {
	p, err := s.caseRequestsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "caserequests", p)
}

func (s *Server) sendRequest(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	x := casework.Request{To: access.AgencyID(field(r, "agency")), Kind: field(r, "ask"), Parts: parts(r), Text: words(r, "text"), Due: date(r, "due", &l)}
	err := l.Err()
	if err == nil {
		err = s.Casework.Send(r.Context(), visitOf(r).actor(), "request/"+field(r, "key"), caseID(r), x)
	}
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/requests", "saved")
	}
	p, e := s.caseRequestsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = "requests"
	return s.again(w, err, &p.Page, "caserequests", p)
}

// Fld is that of every page, with what no text of a case may hold beside the long ones.
func (p *askPage) Fld(kind, name, bg, en, value string, hint ...string) Field {
	return p.noNames(p.Page.Fld(kind, name, bg, en, value, hint...))
}
