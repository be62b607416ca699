package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
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
		{"POST /agencies/{id}/territory", access.EditAgency, false, 0, s.saveTerritory, false},
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
		{"GET /mail/{id}", access.SeeMail, false, 0, s.letter, false},
		{"GET /settings", access.EditHouse, false, 0, s.settings, false},
		{"POST /settings", access.EditHouse, false, 0, s.saveSettings, false},
		{"GET /system", access.SeeSystem, false, 0, s.system, false},
		{"POST /system/keys", access.RotateKeys, false, 0, s.askKeyChange, false},
		{"POST /system/keys/{id}", access.RotateKeys, false, 0, s.confirmKeyChange, false},
	}, "POST /system/keys", "POST /system/keys/{id}", "POST /people/{id}", "POST /accounts", "POST /accounts/{id}/invite", "POST /accounts/{id}/grant", "POST /accounts/{id}/end", "POST /accounts/{id}/state")
}

type peoplePage struct {
	Page
	People []org.Person
	Filter org.PersonFilter
	Found  int
	More   string
}

func (s *Server) people(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := peoplePage{Page: s.page(r, ""), Filter: org.PersonFilter{
		Find: q.Get("find"), Sector: q.Get("sector"), Region: access.RegionID(q.Get("region")), After: q.Get("after"), Limit: pageSize + 1,
	}}
	p.Title = p.L("Хора", "People")
	if with := org.Part(q.Get("with")); with == org.WithSeat || with == org.Completed {
		p.Filter.With = with
	}
	var err error
	if p.Found, err = s.Org.CountPeople(r.Context(), p.actor, p.Filter); err != nil {
		return err
	}
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

// Headline says how many people were found.
func (p peoplePage) Headline() string {
	switch p.Filter.With {
	case org.Completed:
		return p.Count(p.Found, "{n} човек е завършил обучение", "{n} души са завършили обучение", "{n} person has completed a training", "{n} people have completed a training")
	case org.WithSeat:
		return p.Count(p.Found, "{n} човек има място в обучение", "{n} души имат място в обучение", "{n} person has a seat in a training", "{n} people have a seat in a training")
	}
	return p.Count(p.Found, "{n} човек в програмата", "{n} души в програмата", "{n} person in the programme", "{n} people in the programme")
}

// Parts lists how far people may have taken part, as options.
func (p peoplePage) Parts() []Option {
	all := []Option{{Value: string(org.WithSeat), Text: p.L("с място", "with a seat")}, {Value: string(org.Completed), Text: p.L("завършили", "completed")}}
	for i := range all {
		all[i].Chosen = all[i].Value == string(p.Filter.With)
	}
	return all
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
	Found    int
	More     string
}

func (s *Server) agencies(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := agenciesPage{Page: s.page(r, ""), Filter: org.AgencyFilter{
		Find: q.Get("find"), Region: access.RegionID(q.Get("region")), Sector: q.Get("sector"), After: q.Get("after"),
	}}
	p.Title = p.L("Институции", "Institutions")
	var err error
	if p.Found, err = s.Org.CountAgencies(r.Context(), p.actor, p.Filter); err != nil {
		return err
	}
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
	Form  org.Agency
	Once  string
	Whose []string // whose signals come here, of a directorate
}

// Territory lists the region of a directorate and its municipalities, and what else it was given.
func (p *agencyPage) Territory() []Option {
	all := []Option{{Value: string(p.Form.Region), Text: p.L("цялата област", "the whole region")}}
	for _, m := range p.towns() {
		if m.Region == p.Form.Region || slices.Contains(p.Whose, m.ID) {
			all = append(all, Option{Value: m.ID, Text: p.Lang.Pick(m.NameBG, m.NameEN)})
		}
	}
	return all
}

// Intake reports whether signals come to the institution for a territory.
func (p *agencyPage) Intake() bool {
	return p.Form.ID != "" && p.Form.Kind == "sad" && p.s.Casework != nil
}

func (s *Server) saveTerritory(w http.ResponseWriter, r *http.Request) error {
	id := access.AgencyID(r.PathValue("id"))
	if err := s.Casework.SetTerritory(r.Context(), visitOf(r).actor(), id, r.PostForm["places"]); err != nil {
		return err
	}
	return to(w, r, "/agencies/"+string(id), "saved")
}

func (s *Server) agency(w http.ResponseWriter, r *http.Request) error {
	p := agencyPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Институция", "Institution")
	if id := r.PathValue("id"); id != "" {
		var err error
		if p.Form, err = s.Org.Agency(r.Context(), p.actor, access.AgencyID(id)); err != nil {
			return err
		}
		if p.Intake() {
			if p.Whose, err = s.Casework.Territory(r.Context(), p.actor, p.Form.ID); err != nil {
				return err
			}
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
	Role     access.Role // only those who hold it
	Find     string
	Agency   org.Agency      // only its people; and whom to invite to it
	Person   access.PersonID // only this one, whose form comes back with faults
	All      int
	Found    int
	Waiting  int // who has not answered the invitation
	More     string
	Form     org.Invitation
	Once     string
	firms    map[access.AgencyID]string
}

// Firm names the institution of a role.
func (p *accountsPage) Firm(id access.AgencyID) string {
	if p.firms[id] == "" {
		a, err := p.s.Org.Agency(p.r.Context(), p.actor, id)
		p.lack(err)
		p.firms[id] = a.Name
	}
	return p.firms[id]
}

// InviteOptions lists the roles that can be given by an invitation here: those of an institution in it, the others elsewhere.
func (p *accountsPage) InviteOptions() []Option {
	return slices.DeleteFunc(p.RoleOptions(), func(o Option) bool { return access.OfAgency(access.Role(o.Value)) != (p.Agency.ID != "") })
}

// Holds reports whether an account holds a role now.
func (p accountsPage) Holds(c org.AccountCard, r access.Role) bool {
	return slices.ContainsFunc(c.Grants, func(g org.RoleGrant) bool {
		return g.Role == r && g.Lives(p.Now())
	})
}

// RoleOptions lists the roles that can be granted.
func (p Page) RoleOptions() []Option {
	var all []Option
	for _, role := range access.Grantable() {
		all = append(all, Option{Value: string(role), Text: p.T("role." + string(role))})
	}
	return all
}

// accountsAtOnce is how many accounts stand on a page.
const accountsAtOnce = 40

func (s *Server) accountsPage(r *http.Request) (*accountsPage, error) {
	q := r.URL.Query()
	p := &accountsPage{Page: s.page(r, ""), Once: access.NewID(), firms: map[access.AgencyID]string{}, Role: access.Role(q.Get("role")), Find: q.Get("find"),
		Person: access.PersonID(r.PathValue("id"))}
	p.Title = p.L("Профили", "Accounts")
	p.Form.Lang = "bg"
	if id := access.AgencyID(r.FormValue("agency")); id != "" {
		var err error
		if p.Agency, err = s.Org.Agency(r.Context(), p.actor, id); err != nil {
			return nil, err
		}
	}
	all, err := s.Org.Accounts(r.Context(), p.actor)
	if err != nil {
		return nil, err
	}
	p.All = len(all)
	for _, c := range all {
		if c.State == org.Invited {
			p.Waiting++
		}
	}
	all = slices.DeleteFunc(all, func(c org.AccountCard) bool { return !p.shows(c) })
	p.Found = len(all)
	from := 0
	if n, err := strconv.Atoi(q.Get("from")); err == nil {
		from = max(0, min(n, len(all)))
	}
	p.Accounts = all[from:min(from+accountsAtOnce, len(all))]
	if from+accountsAtOnce < len(all) {
		q.Set("from", strconv.Itoa(from+accountsAtOnce))
		p.More = "?" + q.Encode()
	}
	return p, nil
}

// shows reports whether an account is among those that were asked for.
func (p *accountsPage) shows(c org.AccountCard) bool {
	at := func(g org.RoleGrant) bool { return g.Agency == p.Agency.ID && g.Ended.IsZero() }
	return (p.Person == "" || p.Person == c.Person) && (p.Role == "" || p.Holds(c, p.Role)) && (p.Agency.ID == "" || slices.ContainsFunc(c.Grants, at)) &&
		(p.Find == "" || strings.Contains(fold.Words(c.Name+" "+c.Login), fold.Words(p.Find)))
}

func (s *Server) accounts(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "accounts", p)
}

func (s *Server) inviteAccount(w http.ResponseWriter, r *http.Request) error {
	in := org.Invitation{Name: field(r, "name"), Email: field(r, "email"), Lang: field(r, "lang"), Role: access.Role(field(r, "role")), Region: access.RegionID(field(r, "region")), Agency: access.AgencyID(field(r, "agency"))}
	if _, _, err := s.Org.Invite(r.Context(), visitOf(r).actor(), "invite/"+field(r, "key"), in); err != nil {
		p, e := s.accountsPage(r)
		if e != nil {
			return e
		}
		p.Form, p.Sent = in, "invite"
		return s.again(w, err, &p.Page, "accounts", p)
	}
	return to(w, r, accountsOf(in.Agency), "sent")
}

// accountsOf is the address of the accounts, or of those of an institution.
func accountsOf(id access.AgencyID) string {
	if id == "" {
		return "/accounts"
	}
	return "/accounts?agency=" + string(id)
}

func (s *Server) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Org.InviteAgain(r.Context(), visitOf(r).actor(), access.PersonID(r.PathValue("id"))); err != nil {
		return err
	}
	return to(w, r, "/accounts", "sent")
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) error {
	id, role := access.PersonID(r.PathValue("id")), access.Grant{Role: access.Role(field(r, "role")), Region: access.RegionID(field(r, "region")), Agency: access.AgencyID(field(r, "agency"))}
	if err := s.Org.Grant(r.Context(), visitOf(r).actor(), "grant/"+field(r, "key"), id, role); err != nil {
		p, e := s.accountsPage(r)
		if e != nil {
			return cmpError(err, e)
		}
		p.Sent = string(id)
		return s.again(w, err, &p.Page, "accounts", p)
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
