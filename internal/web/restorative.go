package web

import (
	"net/http"
	"path"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (s *Server) restorativeRoutes() []Route {
	return []Route{
		{"GET /cases/{id}/restorative", access.SeeCase, false, 0, s.restorative, false},
		{"POST /cases/{id}/restorative", access.WriteCase, false, 0, s.referRestorative, false},
		{"POST /cases/{id}/restorative/{process}/screen", access.LeadCase, false, 0, s.screenRestorative, false},
		{"POST /cases/{id}/restorative/{process}/steps/{step}", access.WriteCase, false, 0, s.stepRestorative, false},
	}
}

type restorativePage struct {
	casePage
	Processes []casework.Restorative
	Missing   map[string][]string
	SentFor   string               // the process whose form was sent
	Typed     casework.Restorative // the screening of it, as far as it is typed
	Said      string               // what was agreed or found, as far as it is typed
	FollowOn  string
}

// Screening is what the form of a screening shows: what is kept, or what was typed when the form comes back.
func (p *restorativePage) Screening(x casework.Restorative) casework.Restorative {
	if p.Opened("screen") && p.SentFor == x.ID {
		return p.Typed
	}
	return x
}

// Screens reports whether a process can be screened now.
func (p *restorativePage) Screens(x casework.Restorative) bool {
	return p.Lead && (x.State == casework.Referred || x.State == casework.Preparing)
}

// Lacks lists the safeguards of a process that do not hold.
func (p *restorativePage) Lacks(x casework.Restorative) []string { return p.Missing[x.ID] }

// Open reports whether a process may still go on.
func (p *restorativePage) Open(x casework.Restorative) bool { return casework.Stop.From(x.State) }

// Agrees reports whether what was agreed to can be written now.
func (p *restorativePage) Agrees(x casework.Restorative) bool {
	return p.Lead && casework.Conclude.From(x.State)
}

// Follows reports whether somebody still asks how an agreement goes.
func (p *restorativePage) Follows(x casework.Restorative) bool {
	return p.Lead && casework.Follow.From(x.State)
}

// Day says a day that is kept as a text.
func (p *restorativePage) Day(text string) string {
	on, err := calendar.ParseDate(text)
	if err != nil {
		return ""
	}
	return p.Date(on)
}

// TypedIn is what was typed into a form of a process that comes back with faults.
func (p *restorativePage) TypedIn(x casework.Restorative, text string) string {
	if p.SentFor != x.ID {
		return ""
	}
	return text
}

// NextSteps lists the steps of a process that its lead may take now with nothing more to say.
func (p *restorativePage) NextSteps(x casework.Restorative) []string {
	var all []string
	for _, step := range []casework.RestorativeStep{casework.Prepare, casework.ConveneIt, casework.Disagree, casework.RefuseIt} {
		if step.From(x.State) {
			all = append(all, string(step))
		}
	}
	return all
}

// Rows lists the participants with empty lines to fill in.
func (p *restorativePage) Rows(x casework.Restorative) []casework.Participant {
	rows := append([]casework.Participant{}, x.People...)
	for len(rows) < max(4, len(x.People)+1) {
		rows = append(rows, casework.Participant{})
	}
	return rows
}

// Hearing is how the child of the case answers at its age.
func (p *restorativePage) Hearing() string { return casework.Hearing(p.Case.Band) }

// Answers lists what somebody who is asked to take part can answer; that a child is represented, where its age lets that be.
func (p *restorativePage) Answers() []Option {
	all := p.Codes("agrees.")
	if !casework.MayBeRepresented(p.Case.Band) {
		all = slices.DeleteFunc(all, func(o Option) bool { return o.Value == "represented" })
	}
	return all
}

// InProcess is Inside for the forms of one of several processes.
func (p *restorativePage) InProcess(id string, f Field) Field {
	f.ID = id + "-" + f.Name
	if p.SentFor != id {
		f.Error = ""
		return f
	}
	f.ID = p.Sent + "-" + f.Name // where the messages lead
	return f
}

// PeopleErrors is what is wrong with the rows of those who take part.
func (p *restorativePage) PeopleErrors() []string {
	var all []string
	for _, field := range []string{"role", "informed", "consent", "by"} {
		if e := p.ErrorAt(field); e != "" {
			all = append(all, e)
		}
	}
	return all
}

func (s *Server) restorativePage(r *http.Request) (*restorativePage, error) {
	p := &restorativePage{casePage: *s.newCasePage(r, "restorative")}
	v, err := s.Casework.OpenRestorative(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Processes, p.Missing = v.Processes, v.Missing
	return p, p.fill(r, v.CaseView)
}

func (s *Server) restorative(w http.ResponseWriter, r *http.Request) error {
	p, err := s.restorativePage(r)
	if err != nil {
		return err
	}
	return s.show(w, "restorative", p)
}

// onRestorative does something to a restorative process and goes back to it.
func (s *Server) onRestorative(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID) error) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/restorative", "saved")
	}
	p, e := s.restorativePage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent, p.SentFor = path.Base(r.URL.Path), r.PathValue("process")
	if p.Sent == "screen" {
		p.Typed = screening(r)
	}
	p.Said, p.FollowOn = field(r, "text"), field(r, "follow_on")
	return s.again(w, err, &p.Page, "restorative", p)
}

func (s *Server) referRestorative(w http.ResponseWriter, r *http.Request) error {
	return s.onRestorative(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.ReferRestorative(r.Context(), by, "restorative/"+field(r, "key"), id, field(r, "method"), words(r, "why"))
	})
}

// screening reads the form of a safety screening.
func screening(r *http.Request) casework.Restorative {
	found := casework.Restorative{
		Reasons: words(r, "reasons"), Fear: field(r, "fear") != "", Proceedings: field(r, "proceedings") != "", LeadAgrees: field(r, "lead_agrees") != "",
		Facilitator: words(r, "facilitator"), Independent: field(r, "independent") != "", Support: words(r, "support"), Unbound: field(r, "unbound") != "",
	}
	for i, role := range r.PostForm["role"] {
		at := func(name string) string {
			if all := r.PostForm[name]; i < len(all) {
				return all[i]
			}
			return ""
		}
		if role != "" {
			found.People = append(found.People, casework.Participant{Role: role, Informed: at("informed"), Consent: at("consent"), By: at("by")})
		}
	}
	return found
}

func (s *Server) screenRestorative(w http.ResponseWriter, r *http.Request) error {
	return s.onRestorative(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.ScreenRestorative(r.Context(), by, id, r.PathValue("process"), version(r), screening(r))
	})
}

func (s *Server) stepRestorative(w http.ResponseWriter, r *http.Request) error {
	return s.onRestorative(w, r, func(by access.Actor, id casework.CaseID) error {
		process := r.PathValue("process")
		switch step := casework.RestorativeStep(r.PathValue("step")); step {
		case casework.Stop:
			return s.Casework.StopRestorative(r.Context(), by, id, process)
		case casework.Conclude:
			return s.Casework.AgreeRestorative(r.Context(), by, id, process, version(r), casework.Agreement{Text: string(words(r, "text")), FollowOn: field(r, "follow_on")})
		case casework.Follow:
			return s.Casework.FollowRestorative(r.Context(), by, id, process, version(r), casework.FollowUp{Kept: field(r, "kept"), Text: string(words(r, "text"))}, field(r, "follow_on"))
		case "":
			return fault.New(fault.NotFound, "fault.notfound")
		default:
			return s.Casework.StepRestorative(r.Context(), by, id, process, version(r), step)
		}
	})
}
