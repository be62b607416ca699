package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

func (s *Server) houseRoutes() []Route {
	return proven([]Route{
		{"GET /people", access.SeePerson, false, 0, s.people, false},
		{"GET /people/{id}", access.EditPerson, false, 0, s.person, false},
		{"POST /people/{id}", access.EditPerson, false, 0, s.savePerson, false},
		{"GET /agencies", access.SeeAgency, false, 0, s.agencies, false},
		{"GET /agencies/new", access.EditAgency, false, 0, s.agency, false},
		{"POST /agencies/new", access.EditAgency, false, 0, s.saveAgency, false},
		{"GET /agencies/{id}", access.EditAgency, false, 0, s.agency, false},
		{"POST /agencies/{id}", access.EditAgency, false, 0, s.saveAgency, false},
		{"GET /accounts", access.SeeAccount, false, 0, s.accounts, false},
		{"POST /accounts", access.InviteAccount, false, 0, s.inviteAccount, false},
		{"POST /accounts/{id}/invite", access.InviteAccount, false, 0, s.inviteAgain, false},
		{"POST /accounts/{id}/grant", access.GrantRole, false, 0, s.grant, false},
		{"POST /accounts/{id}/end", access.GrantRole, false, 0, s.endGrant, false},
		{"POST /accounts/{id}/state", access.EndAccount, false, 0, s.accountState, false},
		{"GET /tables", access.EditTables, false, 0, s.listTables, false},
		{"POST /tables", access.EditTables, false, 0, s.saveTerm, false},
		{"POST /tables/new", access.EditTables, false, 0, s.addTerm, false},
		{"POST /tables/regions/{id}", access.EditTables, false, 0, s.saveRegion, false},
		{"POST /tables/municipalities/{id}", access.EditTables, false, 0, s.saveMunicipality, false},
		{"GET /audit", access.SeeAudit, false, 0, s.audit, false},
		{"GET /mail", access.SeeMail, false, 0, s.mail, false},
		{"POST /mail/{id}/retry", access.SendWave, false, 0, s.retryMail, false},
		{"GET /system", access.SeeSystem, false, 0, s.system, false},
		{"POST /system/keys", access.RotateKeys, false, 0, s.askKeyChange, false},
		{"POST /system/keys/{id}", access.RotateKeys, false, 0, s.confirmKeyChange, false},
	}, "POST /system/keys", "POST /system/keys/{id}", "POST /people/{id}", "POST /accounts", "POST /accounts/{id}/invite", "POST /accounts/{id}/grant", "POST /accounts/{id}/end", "POST /accounts/{id}/state")
}

type peoplePage struct {
	Page
	People []org.Person
	Filter org.PersonFilter
	More   string
}

func (s *Server) people(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := peoplePage{Page: s.page(r, ""), Filter: org.PersonFilter{
		Find: q.Get("find"), Sector: q.Get("sector"), Region: access.RegionID(q.Get("region")), After: q.Get("after"), Limit: pageSize + 1,
	}}
	p.Title = p.L("Хора", "People")
	var err error
	var cursor string
	if p.People, cursor, err = s.Org.PeoplePage(r.Context(), p.actor, p.Filter, pageSize); err != nil {
		return err
	}
	if cursor != "" {
		q.Set("after", cursor)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "people", &p)
}

type personPage struct {
	Page
	Form org.Person
}

func (s *Server) person(w http.ResponseWriter, r *http.Request) error {
	p := personPage{Page: s.page(r, "")}
	p.Title = p.L("Данни на човек", "A person’s data")
	var err error
	if p.Form, err = s.Org.Person(r.Context(), p.actor, access.PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	return s.show(w, "person", &p)
}

func (s *Server) savePerson(w http.ResponseWriter, r *http.Request) error {
	p := personPage{Page: s.page(r, "")}
	p.Title = p.L("Данни на човек", "A person’s data")
	old, err := s.Org.Person(r.Context(), p.actor, access.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p.Form = old
	p.Form.Name, p.Form.Email, p.Form.Phone, p.Form.Lang = field(r, "name"), field(r, "email"), field(r, "phone"), field(r, "lang")
	p.Form.Sector, p.Form.Profession, p.Form.Region = field(r, "sector"), field(r, "profession"), access.RegionID(field(r, "region"))
	p.Form.Version, _ = strconv.Atoi(field(r, "version"))
	if err := s.Org.SavePerson(r.Context(), p.actor, p.Form); err != nil {
		return s.again(w, err, &p.Page, "person", &p)
	}
	return to(w, r, "/people/"+string(old.ID), "saved")
}

// Langs lists the languages as options.
func (p Page) Langs() []Option {
	return []Option{{Value: "bg", Text: p.L("български", "Bulgarian")}, {Value: "en", Text: p.L("английски", "English")}}
}

type agenciesPage struct {
	Page
	Agencies []org.Agency
	Filter   org.AgencyFilter
	More     string
}

func (s *Server) agencies(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := agenciesPage{Page: s.page(r, ""), Filter: org.AgencyFilter{
		Find: q.Get("find"), Region: access.RegionID(q.Get("region")), Sector: q.Get("sector"), After: q.Get("after"),
	}}
	p.Title = p.L("Институции", "Institutions")
	var err error
	var cursor string
	if p.Agencies, cursor, err = s.Org.AgencyPage(r.Context(), p.actor, p.Filter, pageSize); err != nil {
		return err
	}
	if cursor != "" {
		q.Set("after", cursor)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "agencies", &p)
}

type agencyPage struct {
	Page
	Form org.Agency
	Once string
}

func (s *Server) agency(w http.ResponseWriter, r *http.Request) error {
	p := agencyPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Институция", "Institution")
	if id := r.PathValue("id"); id != "" {
		var err error
		if p.Form, err = s.Org.Agency(r.Context(), p.actor, access.AgencyID(id)); err != nil {
			return err
		}
	}
	return s.show(w, "agency", &p)
}

func (s *Server) saveAgency(w http.ResponseWriter, r *http.Request) error {
	p := agencyPage{Page: s.page(r, ""), Once: field(r, "key")}
	p.Title = p.L("Институция", "Institution")
	p.Form = org.Agency{ID: access.AgencyID(r.PathValue("id")), Name: field(r, "name"), Kind: field(r, "kind"), Sector: field(r, "sector"),
		Region: access.RegionID(field(r, "region")), HeadEmail: field(r, "head_email")}
	p.Form.Version, _ = strconv.Atoi(field(r, "version"))
	if p.Form.ID != "" {
		if _, err := s.Org.Agency(r.Context(), p.actor, p.Form.ID); err != nil {
			return err
		}
	}
	if _, err := s.Org.SaveAgency(r.Context(), p.actor, "agency/"+p.Once, p.Form); err != nil {
		return s.again(w, err, &p.Page, "agency", &p)
	}
	return to(w, r, "/agencies", "saved")
}

type accountsPage struct {
	Page
	Accounts []org.AccountCard
	Form     org.Invitation
	Once     string
}

// RoleOptions lists the roles that can be granted.
func (p Page) RoleOptions() []Option {
	var all []Option
	for _, role := range access.Grantable() {
		all = append(all, Option{Value: string(role), Text: p.T("role." + string(role))})
	}
	return all
}

func (s *Server) accountsPage(r *http.Request) (*accountsPage, error) {
	p := &accountsPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Профили", "Accounts")
	var err error
	p.Accounts, err = s.Org.Accounts(r.Context(), p.actor)
	p.Form.Lang = "bg"
	return p, err
}

func (s *Server) accounts(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "accounts", p)
}

func (s *Server) inviteAccount(w http.ResponseWriter, r *http.Request) error {
	in := org.Invitation{Name: field(r, "name"), Email: field(r, "email"), Lang: field(r, "lang"), Role: access.Role(field(r, "role")), Region: access.RegionID(field(r, "region"))}
	if _, _, err := s.Org.Invite(r.Context(), visitOf(r).actor(), "invite/"+field(r, "key"), in); err != nil {
		p, e := s.accountsPage(r)
		if e != nil {
			return e
		}
		p.Form = in
		return s.again(w, err, &p.Page, "accounts", p)
	}
	return to(w, r, "/accounts", "sent")
}

func (s *Server) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Org.InviteAgain(r.Context(), visitOf(r).actor(), access.PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	return to(w, r, "/accounts", "sent")
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.Grant(r.Context(), visitOf(r).actor(), "grant/"+field(r, "key"), access.PersonID(r.PathValue("id")), access.Grant{Role: access.Role(field(r, "role")), Region: access.RegionID(field(r, "region")), Agency: access.AgencyID(field(r, "agency"))}); err != nil {
		return err
	}
	return to(w, r, "/accounts", "saved")
}

func (s *Server) endGrant(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.EndGrant(r.Context(), visitOf(r).actor(), access.PersonID(r.PathValue("id")), field(r, "grant")); err != nil {
		return err
	}
	return to(w, r, "/accounts", "saved")
}

func (s *Server) accountState(w http.ResponseWriter, r *http.Request) error {
	id := access.PersonID(r.PathValue("id"))
	act, ok := map[org.AccountState]func(context.Context, access.Actor, access.PersonID) error{
		org.Suspended: s.Org.Suspend, org.Active: s.Org.Restore,
	}[org.AccountState(field(r, "state"))]
	if !ok {
		return fault.Field("state", "form.choose")
	}
	if err := act(r.Context(), visitOf(r).actor(), id); err != nil {
		return err
	}
	return to(w, r, "/accounts", "saved")
}

type auditPage struct {
	Page
	Entries []access.Entry
	Filter  access.EntryFilter
	More    string
}

func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := auditPage{Page: s.page(r, ""), Filter: access.EntryFilter{Actor: access.PersonID(q.Get("actor")), Record: q.Get("record"),
		Action: access.Action(q.Get("action")), Outcome: access.Outcome(q.Get("outcome")), Before: q.Get("before")}}
	p.Title = p.L("Кой какво е правил", "Who did what")
	var err error
	if p.Entries, err = s.Org.Entries(r.Context(), p.actor, p.Filter, pageSize+1); err != nil {
		return err
	}
	if len(p.Entries) > pageSize {
		p.Entries = p.Entries[:pageSize]
		last := p.Entries[pageSize-1]
		q.Set("before", last.At+"/"+last.ID)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "audit", &p)
}

// At writes the moment of an entry.
func (p Page) At(text string) string {
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", text)
	if err != nil {
		return text
	}
	return p.When(t)
}

type mailPage struct {
	Page
	Messages []org.Message
	Counts   map[org.MessageState]int
	Filter   org.MessageFilter
	More     string
}

func (s *Server) mail(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := mailPage{Page: s.page(r, ""), Filter: org.MessageFilter{State: org.MessageState(q.Get("state")), Kind: q.Get("kind"), Before: q.Get("before"), Limit: pageSize}}
	p.Title = p.L("Писма", "Mail")
	var err error
	if p.Messages, p.Counts, err = s.Org.Messages(r.Context(), p.actor, p.Filter); err != nil {
		return err
	}
	if n := len(p.Messages); n == pageSize {
		last := p.Messages[n-1]
		q.Set("before", last.Due.UTC().Format("2006-01-02T15:04:05.000000Z")+"/"+last.ID)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "mail", &p)
}

// MessageStates lists the states of mail.
func (p mailPage) MessageStates() []org.MessageState {
	return []org.MessageState{org.Planned, org.Sent, org.Cancelled, org.Failed}
}

func (s *Server) retryMail(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.RetryMail(r.Context(), visitOf(r).actor(), r.PathValue("id")); err != nil {
		return err
	}
	return to(w, r, "/mail", "saved")
}

type systemPage struct {
	Page
	Version string
	Ready   bool
	org.Upkeep
}

func (s *Server) system(w http.ResponseWriter, r *http.Request) error {
	p, err := s.systemPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "system", p)
}

func (s *Server) systemPage(r *http.Request) (*systemPage, error) {
	p := &systemPage{Page: s.page(r, ""), Version: s.Version}
	p.Title = p.L("Система", "System")
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	p.Ready = s.Ready(ctx) == nil
	var err error
	p.Upkeep, err = s.Org.Upkeep(r.Context(), p.actor)
	return p, err
}

func (s *Server) askKeyChange(w http.ResponseWriter, r *http.Request) error {
	return s.afterKeyChange(w, r, s.Org.AskKeyChange(r.Context(), visitOf(r).actor(), "keys/"+field(r, "key")))
}

func (s *Server) confirmKeyChange(w http.ResponseWriter, r *http.Request) error {
	return s.afterKeyChange(w, r, s.Org.ConfirmKeyChange(r.Context(), visitOf(r).actor(), r.PathValue("id")))
}

func (s *Server) afterKeyChange(w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil {
		return to(w, r, "/system", "saved")
	}
	p, e := s.systemPage(r)
	if e != nil {
		return e
	}
	return s.again(w, err, &p.Page, "system", p)
}
