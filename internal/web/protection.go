package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// PoliceOptions lists the police departments of the region.
func (p *casePage) PoliceOptions() []Option { return agencyOptions(p.Police) }

// Given counts the notices of a protection that were given.
func (p Page) Given(x casework.Protection) int {
	n := 0
	for _, at := range x.Notices {
		if !at.IsZero() {
			n++
		}
	}
	return n
}

// NotesNotices reports whether there is a notice to note: while the child is protected, and after it as long as one is missing.
func (p Page) NotesNotices(x casework.Protection) bool {
	return x.Ended.IsZero() || p.Given(x) < len(casework.ProtectionList("notice"))
}

// ProtectionLines are the terms of police protection: the forty-eight hours, the notices, and the help that follows.
func (p *casePage) ProtectionLines() []ClockLine {
	var all []ClockLine
	for _, x := range p.Lines {
		if strings.HasPrefix(x.Of.Starts, "protection.") {
			all = append(all, x)
		}
	}
	return all
}

// MayProtect reports whether the reader keeps the record of police protection.
func (p *casePage) MayProtect() bool { return p.Write[casework.Police] }

// MayBegin reports whether a new protection can be recorded.
func (p *casePage) MayBegin() bool {
	return p.MayProtect() && p.Case.State != casework.Closed && !slices.ContainsFunc(p.Protections, func(x casework.Protection) bool { return x.Ended.IsZero() })
}

// KeepsPlaces reports whether the house keeps where a child is.
func (p *casePage) KeepsPlaces() bool { return p.KeepsNames }

// ProtectAt is the address of the record to which a protection belongs.
func (p *casePage) ProtectAt() string { return "/cases/" + string(p.Case.ID) }

func (s *Server) protectionTab(r *http.Request, p *casePage) error {
	v, err := s.Casework.OpenProtection(r.Context(), p.actor, caseID(r))
	if err != nil {
		return err
	}
	p.Protections, p.Police = v.Protections, v.Police
	return p.fill(r, v.CaseView)
}

func (s *Server) caseProtection(w http.ResponseWriter, r *http.Request) error {
	return s.tab("protection", s.protectionTab)(w, r)
}

// protection reads the form of a new police protection.
func protection(r *http.Request) (casework.Protection, error) {
	var l fault.List
	p := casework.Protection{Agency: access.AgencyID(field(r, "agency")), AskedBy: field(r, "asked_by"), Ground: field(r, "ground"), OrderedBy: field(r, "ordered_by"), Option: field(r, "option"),
		Place: words(r, "where"), Granted: moment(r, "granted", &l)}
	return p, l.Err()
}

func (s *Server) protectCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "protection", s.protectionTab, func(by access.Actor, id casework.CaseID) error {
		x, err := protection(r)
		if err != nil {
			return err
		}
		x.Case = id
		return s.Casework.Protect(r.Context(), by, "protection/"+field(r, "key"), x)
	})
}

func (s *Server) protectSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, _ int) error {
		x, err := protection(r)
		if err != nil {
			return err
		}
		x.Signal = id
		return s.Casework.Protect(r.Context(), by, "protection/"+field(r, "key"), x)
	})
}

// onProtection does something to a protection and goes back to the record to which it belongs.
func (s *Server) onProtection(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id string) error) error {
	by, id := visitOf(r).actor(), r.PathValue("id")
	err := do(by, id)
	at, e := s.Casework.ProtectionOf(r.Context(), by, id)
	if e != nil {
		return cmpError(err, e)
	}
	back := "/signals/" + string(at.Signal)
	if at.Case != "" {
		back = "/cases/" + string(at.Case) + "/protection"
	}
	if err == nil {
		return to(w, r, back, "saved")
	}
	if at.Case != "" {
		r.SetPathValue("id", string(at.Case))
		return s.onCase(w, r, "protection", s.protectionTab, func(access.Actor, casework.CaseID) error { return err })
	}
	r.SetPathValue("id", string(at.Signal))
	return s.onSignal(w, r, func(access.Actor, casework.SignalID, int) error { return err })
}

func (s *Server) saveNotices(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	notices := map[string]time.Time{}
	for _, n := range casework.ProtectionList("notice") {
		notices[n] = moment(r, n, &l)
	}
	told := moment(r, "told", &l)
	return s.onProtection(w, r, func(by access.Actor, id string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.NoteNotices(r.Context(), by, id, version(r), notices, told)
	})
}

func (s *Server) endProtection(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	return s.onProtection(w, r, func(by access.Actor, id string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.EndProtection(r.Context(), by, id, version(r), at, field(r, "handed_to"), words(r, "protocol"))
	})
}
