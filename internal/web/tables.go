package web

import (
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

type tablesPage struct {
	Page
	List  string // a code list, or "region" or "municipality"
	Of    access.RegionID
	Towns []org.Municipality
	Once  string
}

func (s *Server) tablesPage(r *http.Request) (*tablesPage, error) {
	p := &tablesPage{Page: s.page(r, ""), List: r.FormValue("list"), Of: access.RegionID(r.FormValue("region")), Once: access.NewID()}
	if p.List == "" {
		p.List = string(org.Sectors)
	}
	p.Title = p.L("Списъци", "Lists")
	if p.List != "municipality" {
		return p, nil
	}
	if p.Of == "" {
		p.Of = p.Tables().Regions[0].ID
	}
	var err error
	p.Towns, err = s.Org.Municipalities(r.Context(), p.Of)
	return p, err
}

// ListNames lists what can be edited, as tabs.
func (p tablesPage) ListNames() []Option {
	all := []Option{
		{Value: string(org.Sectors), Text: p.L("Сектори", "Sectors")}, {Value: string(org.Professions), Text: p.L("Професии", "Professions")},
		{Value: string(org.AgencyKinds), Text: p.L("Видове институции", "Kinds of institution")},
		{Value: "region", Text: p.L("Области", "Regions")}, {Value: "municipality", Text: p.L("Общини", "Municipalities")},
	}
	for i := range all {
		all[i].Chosen = all[i].Value == p.List
	}
	return all
}

// HasSector reports whether entries of the list belong to a sector.
func (p tablesPage) HasSector() bool { return p.List != string(org.Sectors) }

// AllTerms lists the entries of the list, the inactive ones too.
func (p *tablesPage) AllTerms() []org.Term {
	var all []org.Term
	for _, t := range p.Tables().Terms {
		if string(t.List) == p.List {
			all = append(all, t)
		}
	}
	return all
}

func (s *Server) listTables(w http.ResponseWriter, r *http.Request) error {
	p, err := s.tablesPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "tables", p)
}

func (s *Server) saveTerm(w http.ResponseWriter, r *http.Request) error {
	return s.putTerm(w, r, field(r, "code"), func(t org.Term) error { return s.Org.SaveTerm(r.Context(), visitOf(r).actor(), t) })
}

func (s *Server) addTerm(w http.ResponseWriter, r *http.Request) error {
	key := "term/" + field(r, "key")
	return s.putTerm(w, r, "new", func(t org.Term) error { return s.Org.AddTerm(r.Context(), visitOf(r).actor(), key, t) })
}

func (s *Server) putTerm(w http.ResponseWriter, r *http.Request, sent string, put func(org.Term) error) error {
	p, err := s.tablesPage(r)
	if err != nil {
		return err
	}
	var l fault.List
	t := org.Term{List: org.List(p.List), Code: field(r, "code"), NameBG: field(r, "name_bg"), NameEN: field(r, "name_en"), Sector: field(r, "sector"),
		Place: number(r, "place", &l), Active: field(r, "active") != ""}
	if err = l.Err(); err == nil {
		err = put(t)
	}
	if err != nil {
		p.Sent = sent
		return s.again(w, err, &p.Page, "tables", p)
	}
	return to(w, r, "/tables?list="+p.List, "saved")
}

func (s *Server) saveRegion(w http.ResponseWriter, r *http.Request) error {
	p, err := s.tablesPage(r)
	if err != nil {
		return err
	}
	x, ok := p.Tables().Region(access.RegionID(r.PathValue("id")))
	if !ok {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	var l fault.List
	x.NameBG, x.NameEN, x.CentreBG, x.CentreEN = field(r, "name_bg"), field(r, "name_en"), field(r, "centre_bg"), field(r, "centre_en")
	x.PlanningBG, x.PlanningEN = field(r, "planning_bg"), field(r, "planning_en")
	x.Population, x.Children = number(r, "population", &l), number(r, "children", &l)
	if err = l.Err(); err == nil {
		err = s.Org.SaveRegion(r.Context(), p.actor, x)
	}
	if err != nil {
		p.Sent = string(x.ID)
		return s.again(w, err, &p.Page, "tables", p)
	}
	return to(w, r, "/tables?list=region", "saved")
}

func (s *Server) saveMunicipality(w http.ResponseWriter, r *http.Request) error {
	p, err := s.tablesPage(r)
	if err != nil {
		return err
	}
	m := org.Municipality{ID: r.PathValue("id"), NameBG: field(r, "name_bg"), NameEN: field(r, "name_en")}
	if err := s.Org.SaveMunicipality(r.Context(), p.actor, m); err != nil {
		p.Sent = m.ID
		return s.again(w, err, &p.Page, "tables", p)
	}
	return to(w, r, "/tables?list=municipality&region="+string(p.Of), "saved")
}
