package web

import (
	"cmp"
	"net/http"
	"path"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

type accessPage struct {
	casePage
	Access casework.Access
}

// Reader names somebody who is or was able to see the case.
func (p *accessPage) Reader(id access.PersonID) string { return p.Access.Names[id] }

// Post says where somebody who is excluded works, and as what: what tells namesakes apart.
func (p *accessPage) Post(x casework.BarredPerson) string {
	var all []string
	if x.Profession != "" {
		all = append(all, p.Profession(x.Profession))
	}
	for _, r := range x.Roles {
		all = append(all, p.T("role."+string(r)))
	}
	return strings.Join(append(all, x.Agencies...), " · ")
}

// justBarred says who was excluded a moment ago, when the page is shown after that.
func (p *accessPage) justBarred() string {
	for _, x := range p.Access.Barred {
		if string(x.Person) == p.r.URL.Query().Get("barred") {
			who := x.Name
			if post := p.Post(x); post != "" {
				who += " (" + post + ")"
			}
			return p.L("Изключен от случая е: {who}.", "Excluded from the case: {who}.", "who", who)
		}
	}
	return ""
}

// Firm names an institution.
func (p *accessPage) Firm(id access.AgencyID) string { return p.Access.Agencies[id] }

// Look is a line of the record of a case: what somebody did, one or several times in a row.
type Look struct {
	access.Entry
	N     int
	First string // when it was several times: the moment of the first
}

// looksAtOnce is how many lines of the record a page shows before the reader asks for the rest.
const looksAtOnce = 10

// Looks lists who opened the case lately, the newest first.
func (p *accessPage) Looks() []Look { return p.looks()[:min(looksAtOnce, len(p.looks()))] }

// Earlier lists those before the latest.
func (p *accessPage) Earlier() []Look { return p.looks()[len(p.Looks()):] }

// looks lists who opened the case. What one person did again and again stands on one line.
func (p *accessPage) looks() []Look {
	var all []Look
	for _, e := range p.Access.Entries {
		if n := len(all); n > 0 && all[n-1].Actor == e.Actor && all[n-1].Action == e.Action && all[n-1].Outcome == e.Outcome {
			all[n-1].N++
			all[n-1].First = e.At
			continue
		}
		all = append(all, Look{e, 1, e.At})
	}
	return all
}

// LookTable is a part of the record as a table.
type LookTable struct {
	Page  *accessPage
	Name  string
	Looks []Look
}

// Table puts lines of the record into a table.
func (p *accessPage) Table(name string, all []Look) LookTable { return LookTable{p, name, all} }

// Live reports whether a share opens something now.
func (p *accessPage) Live(h casework.Share) bool {
	return h.Ended.IsZero() && p.Now().Before(h.Until)
}

// Oversees reports whether the reader answers for a case that only its team reaches.
func (p *accessPage) Oversees() bool { return p.Access.Assign && p.Case.Restricted }

func (s *Server) accessPage(r *http.Request) (*accessPage, error) {
	p := &accessPage{casePage: *s.newCasePage(r, "access")}
	var err error
	if p.Access, err = s.Casework.WhoSees(r.Context(), p.actor, caseID(r)); err != nil {
		return p, err
	}
	sees, err := s.Casework.May(r.Context(), p.actor, caseID(r), access.SeeCase)
	if err != nil {
		return p, err
	}
	// The data protection officer, and the head of a unit where a case is restricted to its team, see who looked, not what.
	v := casework.CaseView{Case: p.Access.Case, Who: true, Assign: p.Access.Assign, Approve: p.Access.Approve, Names: p.Access.Names}
	if sees {
		if v, err = s.Casework.OpenCase(r.Context(), p.actor, caseID(r)); err != nil {
			return p, err
		}
	}
	if err := p.fill(r, v); err != nil {
		return p, err
	}
	if p.Oversees() {
		if p.Staff, err = s.Casework.Staff(r.Context(), p.actor, p.Case.Agency); err != nil {
			return p, err
		}
	}
	if !p.Access.Share {
		return p, nil
	}
	if who := p.justBarred(); who != "" {
		p.Notice = who
	}
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, p.Case.Region)
	return p, err
}

func (s *Server) caseAccess(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accessPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "access", p)
}

// overseen does something to a case that whoever answers for it may do without seeing it, and goes back to the page that they see.
// Whoever restricts a case to its team may have closed it to themselves.
func (s *Server) overseen(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID) error) error {
	by, id := visitOf(r).actor(), caseID(r)
	before, err := s.Casework.May(r.Context(), by, id, access.SeeCase)
	if err != nil {
		return err
	}
	done := do(by, id)
	after, err := s.Casework.May(r.Context(), by, id, access.SeeCase)
	if err != nil {
		return cmpError(done, err)
	}
	did := func(access.Actor, casework.CaseID) error { return done }
	if before && after {
		return s.onCase(w, r, "case", s.caseOverview, did)
	}
	return s.onAccess(w, r, did)
}

// onAccess does something about who may see a case, and goes back to that page.
func (s *Server) onAccess(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID) error, said ...func() string) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		at := "/cases/" + string(caseID(r)) + "/access"
		for _, say := range said {
			at += say()
		}
		return to(w, r, at, "saved")
	}
	p, e := s.accessPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, "access", p)
}

func (s *Server) giveShare(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		days, err := strconv.Atoi(field(r, "days"))
		if err != nil {
			if may, err := s.Casework.May(r.Context(), by, id, access.ShareCase); err != nil || !may {
				return cmp.Or(err, error(fault.New(fault.NotFound, "fault.notfound")))
			}
			return fault.Field("days", "form.number")
		}
		return s.Casework.GiveShare(r.Context(), by, "share/"+field(r, "key"), id, casework.Share{
			Agency: access.AgencyID(field(r, "agency")), Parts: parts(r), Purpose: field(r, "purpose"), Ground: field(r, "ground"), Write: field(r, "write") != "",
		}, days)
	})
}

func (s *Server) endShare(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.EndShare(r.Context(), by, id, r.PathValue("share"))
	})
}

func (s *Server) addConsent(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.RecordConsent(r.Context(), by, "consent/"+field(r, "key"), id, casework.Consent{Capacity: field(r, "capacity"), How: field(r, "how"), Parts: parts(r)})
	})
}

func (s *Server) withdrawConsent(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.WithdrawConsent(r.Context(), by, id, r.PathValue("consent"))
	})
}

func (s *Server) bar(w http.ResponseWriter, r *http.Request) error {
	var who access.PersonID
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		var err error
		who, err = s.Casework.ExcludeByMail(r.Context(), by, id, field(r, "email"), words(r, "reason"))
		return err
	}, func() string { return "?barred=" + string(who) })
}

func (s *Server) unbar(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Readmit(r.Context(), by, id, access.PersonID(r.PathValue("person")))
	})
}
