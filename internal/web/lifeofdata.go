package web

import (
	"net/http"
	"slices"
	"strconv"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/privacy"
)

func (s *Server) dataRoutes() []Route {
	return proven([]Route{
		{"GET /data", access.SeeRetention, false, 0, s.retention, false},
		{"POST /data/holds", access.HoldRecord, false, 0, s.holdNamed, false},
		{"POST /data/items/{id}/hold", access.HoldRecord, false, 0, s.holdItem, false},
		{"POST /data/items/{id}/lift", access.HoldRecord, false, 0, s.liftItem, false},
		{"POST /data/items/{id}/confirm", access.ConfirmErasure, false, 0, s.confirmErasure, false},
		{"POST /data/items/{id}/erase", access.SeeRetention, false, 0, s.agreeErasure, false},
		{"GET /data/openings", access.SeeOpenings, false, 0, s.openings, false},
		{"POST /data/openings", access.EditRetention, false, 0, s.setUsual, false},
		{"GET /grants", access.ConfirmGrant, false, 0, s.grants, false},
		{"POST /grants/{id}", access.ConfirmGrant, false, 0, s.confirmGrant, false},
		{"GET /data/terms", access.SeeRetention, false, 0, s.retentionTerms, false},
		{"POST /data/terms/{class}", access.EditRetention, false, 0, s.saveRetentionTerm, false},
	}, "POST /data/items/{id}/confirm", "POST /data/items/{id}/erase", "POST /grants/{id}", "POST /data/terms/{class}")
}

// DataTabs are the pages about the life of data that the reader may open.
func (p Page) DataTabs() []NavLink {
	var all []NavLink
	for _, x := range []struct {
		action       access.Action
		href, bg, en string
	}{
		{access.SeeRetention, "/data", "Изтриване", "Erasure"},
		{access.SeeRetention, "/data/terms", "Срокове", "Terms"},
		{access.KeepRegister, "/data/requests", "Искания на хора", "Requests of people"},
		{access.SeeExports, "/exports", "Извличания", "Exports"},
		{access.SeeOpenings, "/data/openings", "Необичайни отваряния", "Unusual openings"},
		{access.ConfirmGrant, "/grants", "Роли за потвърждаване", "Roles to confirm"},
	} {
		if p.s.Policy.May(p.actor, x.action, p.s.Now()) {
			all = append(all, NavLink{x.href, p.L(x.bg, x.en), p.Path == x.href})
		}
	}
	return all
}

type retentionPage struct {
	Page
	privacy.Board
}

// Gone is how many records were erased so far.
func (p *retentionPage) Gone() int { return p.Counts[privacy.Erased] }

// Standing are the items that wait for the reader or for others, by state.
func (p *retentionPage) Standing(state privacy.State) []privacy.Item {
	return slices.DeleteFunc(slices.Clone(p.Items), func(x privacy.Item) bool { return x.State != state })
}

// Called is what people call the record of an item. A month stands for what was sent or opened in it; whoever may see no people
// reads no name.
func (p *retentionPage) Called(x privacy.Item) string {
	if x.Label == "" {
		return p.L("участник", "a participant") + " " + x.Record[:4]
	}
	if d, err := calendar.ParseDate(x.Label + "-01"); err == nil {
		return p.Lang.Month(d)
	}
	return x.Label
}

// Mine reports whether the reader confirmed an item, and so cannot erase it.
func (p *retentionPage) Mine(x privacy.Item) bool { return x.ConfirmedBy == p.actor.Person }

// MayErase reports whether the reader can be the second person of an item.
func (p *retentionPage) MayErase(x privacy.Item) bool {
	action := access.AgreeTidying
	if x.Class.OfChildren() {
		action = access.AgreeErasure
	}
	return !p.Mine(x) && p.s.Policy.Can(p.actor, action, access.Resource{Kind: string(x.Class), ID: x.Record, Agency: x.Agency}, p.s.Now())
}

// Holdable lists the classes that can be held by name.
func (p *retentionPage) Holdable() []Option {
	var all []Option
	for _, c := range []privacy.Class{privacy.Cases, privacy.Signals, privacy.People} {
		all = append(all, Option{Value: string(c), Text: p.T("class." + string(c))})
	}
	return all
}

// shownItems is how many items one page shows.
const shownItems = 200

func (s *Server) retentionPage(r *http.Request) (*retentionPage, error) {
	p := &retentionPage{Page: s.page(r, "")}
	p.Title = p.L("Изтриване на данни", "Erasure of data")
	var err error
	p.Board, err = s.Privacy.Board(r.Context(), p.actor, privacy.ItemFilter{States: []privacy.State{privacy.Proposed, privacy.Confirmed, privacy.Held}, Limit: shownItems})
	return p, err
}

func (s *Server) retention(w http.ResponseWriter, r *http.Request) error {
	p, err := s.retentionPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "retention", p)
}

// afterRetention goes on after a step, or shows the page with what was wrong in the form that was sent.
func (s *Server) afterRetention(w http.ResponseWriter, r *http.Request, err error, ok, form string) error {
	if err == nil {
		return to(w, r, "/data", ok)
	}
	p, e := s.retentionPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = form
	return s.again(w, err, &p.Page, "retention", p)
}

func (s *Server) holdNamed(w http.ResponseWriter, r *http.Request) error {
	err := s.Privacy.HoldNamed(r.Context(), visitOf(r).actor(), privacy.Class(field(r, "class")), field(r, "name"), words(r, "why"))
	return s.afterRetention(w, r, err, "held", "hold")
}

func (s *Server) holdItem(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	return s.afterRetention(w, r, s.Privacy.Hold(r.Context(), visitOf(r).actor(), id, words(r, "why")), "held", id)
}

func (s *Server) liftItem(w http.ResponseWriter, r *http.Request) error {
	return s.afterRetention(w, r, s.Privacy.Lift(r.Context(), visitOf(r).actor(), r.PathValue("id")), "lifted", "")
}

func (s *Server) confirmErasure(w http.ResponseWriter, r *http.Request) error {
	return s.afterRetention(w, r, s.Privacy.Confirm(r.Context(), visitOf(r).actor(), r.PathValue("id")), "confirmed", "")
}

func (s *Server) agreeErasure(w http.ResponseWriter, r *http.Request) error {
	return s.afterRetention(w, r, s.Privacy.Agree(r.Context(), visitOf(r).actor(), r.PathValue("id")), "erased", "")
}

type retentionTermsPage struct {
	Page
	Rules []privacy.Rule
}

// Basis is the source of a term, Reason why it is as long as it is: as shipped in the reader's language, changed ones as written.
func (p *retentionTermsPage) Basis(r privacy.Rule) string {
	if r.Source == "" {
		return p.T("retention.source." + string(r.Class))
	}
	return r.Source
}

// Reason is why a term is as long as it is.
func (p *retentionTermsPage) Reason(r privacy.Rule) string {
	if r.Reason == "" {
		return p.T("retention.reason." + string(r.Class))
	}
	return r.Reason
}

// Confidences lists the marks of a term.
func (p *retentionTermsPage) Confidences() []Option {
	var all []Option
	for _, c := range []string{"A", "B", "C"} {
		all = append(all, Option{Value: c, Text: p.T("retention.confidence." + c)})
	}
	return all
}

func (s *Server) retentionTermsPage(r *http.Request) (*retentionTermsPage, error) {
	p := &retentionTermsPage{Page: s.page(r, "")}
	p.Title = p.L("Колко време се пазят данните", "How long data are kept")
	var err error
	p.Rules, err = s.Privacy.Rules(r.Context(), p.actor)
	return p, err
}

func (s *Server) retentionTerms(w http.ResponseWriter, r *http.Request) error {
	p, err := s.retentionTermsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "retentionterms", p)
}

func (s *Server) saveRetentionTerm(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	x := privacy.Rule{Class: privacy.Class(r.PathValue("class")), Months: number(r, "months", &l), Source: field(r, "source"), Confidence: field(r, "confidence"), Reason: field(r, "reason")}
	x.Version, _ = strconv.Atoi(field(r, "version"))
	err := l.Err()
	if err == nil {
		err = s.Privacy.SaveRule(r.Context(), visitOf(r).actor(), x)
	}
	if err == nil {
		return to(w, r, "/data/terms", "saved")
	}
	p, e := s.retentionTermsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = string(x.Class)
	return s.again(w, err, &p.Page, "retentionterms", p)
}

type grantsPage struct {
	Page
	Roles []org.WaitingRole
}

func (s *Server) grantsPage(r *http.Request) (*grantsPage, error) {
	p := &grantsPage{Page: s.page(r, "")}
	p.Title = p.L("Роли, които чакат втори човек", "Roles that await a second person")
	var err error
	p.Roles, err = s.Org.WaitingRoles(r.Context(), p.actor)
	return p, err
}

func (s *Server) grants(w http.ResponseWriter, r *http.Request) error {
	p, err := s.grantsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "grants", p)
}

func (s *Server) confirmGrant(w http.ResponseWriter, r *http.Request) error {
	agree := field(r, "agree") == "yes"
	err := s.Org.ConfirmGrant(r.Context(), visitOf(r).actor(), r.PathValue("id"), agree)
	if err == nil {
		return to(w, r, "/grants", map[bool]string{true: "granted", false: "declined"}[agree])
	}
	p, e := s.grantsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	return s.again(w, err, &p.Page, "grants", p)
}

type openingsPage struct {
	Page
	Days  []privacy.Unusual
	Usual int
}

func (s *Server) openingsPage(r *http.Request) (*openingsPage, error) {
	p := &openingsPage{Page: s.page(r, "")}
	p.Title = p.L("Кой е отварял необичайно много случаи", "Who opened unusually many cases")
	var err error
	p.Days, p.Usual, err = s.Privacy.UnusualDays(r.Context(), p.actor)
	return p, err
}

func (s *Server) openings(w http.ResponseWriter, r *http.Request) error {
	p, err := s.openingsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "openings", p)
}

func (s *Server) setUsual(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	n := number(r, "usual", &l)
	err := l.Err()
	if err == nil {
		err = s.Privacy.SetUsual(r.Context(), visitOf(r).actor(), n)
	}
	if err == nil {
		return to(w, r, "/data/openings", "saved")
	}
	p, e := s.openingsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = "usual"
	return s.again(w, err, &p.Page, "openings", p)
}
