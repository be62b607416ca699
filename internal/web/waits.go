package web

import (
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/privacy"
)

// waiting is something that awaits a decision of the reader: how many there are, and where they stand.
type waiting struct {
	Href, Text string
	N          int
	Late       bool // the law's day has passed for one of them
}

// awaitingPart collects what people of the house have decided once and the reader may decide as the second, and what the law
// gives a day for.
func (s *Server) awaitingPart(r *http.Request, p *homePage) error {
	for _, part := range []func(*http.Request, *homePage) error{s.awaitingReviews, s.awaitingAnswers, s.awaitingErasure, s.awaitingExports, s.awaitingRoles} {
		if err := part(r, p); err != nil {
			return err
		}
	}
	return nil
}

// await puts a line on the first page when there is anything.
func (p *homePage) await(href string, n int, late bool, oneBG, manyBG, oneEN, manyEN string) {
	if n > 0 {
		p.Waits = append(p.Waits, waiting{href, p.Count(n, oneBG, manyBG, oneEN, manyEN), n, late})
	}
}

// Waiting is how many decisions wait.
func (p *homePage) Waiting() int {
	n := 0
	for _, x := range p.Waits {
		n += x.N
	}
	return n
}

func (s *Server) awaitingReviews(r *http.Request, p *homePage) error {
	if !p.May(string(access.ReviewGlass)) {
		return nil
	}
	all, _, _, err := s.Casework.Breaks(r.Context(), p.actor)
	n, late := 0, false
	for _, x := range all {
		if x.Awaits(p.actor.Person) {
			n, late = n+1, late || x.Overdue(p.Now())
		}
	}
	p.await("/emergency/reviews", n, late, "{n} достъп по спешност чака преглед", "{n} достъпа по спешност чакат преглед", "{n} emergency access awaits review", "{n} emergency accesses await review")
	return err
}

func (s *Server) awaitingAnswers(r *http.Request, p *homePage) error {
	if !p.May(string(access.KeepRegister)) {
		return nil
	}
	all, err := s.Privacy.Register(r.Context(), p.actor, true)
	late := false
	for _, x := range all {
		late = late || x.Overdue(p.Today())
	}
	p.await("/data/requests", len(all), late, "{n} искане на човек за данните му чака отговор", "{n} искания на хора за данните им чакат отговор", "{n} request of a person about their data awaits an answer", "{n} requests of people about their data await an answer")
	return err
}

func (s *Server) awaitingErasure(r *http.Request, p *homePage) error {
	if !p.May(string(access.SeeRetention)) {
		return nil
	}
	f, first := privacy.ItemFilter{States: []privacy.State{privacy.Confirmed}, Limit: shownItems}, p.May(string(access.ConfirmErasure))
	board, err := s.Privacy.Board(r.Context(), p.actor, f)
	if err != nil {
		return err
	}
	second, page := 0, retentionPage{Page: p.Page}
	for _, x := range board.Items {
		if page.MayErase(x) {
			second++
		}
	}
	if first {
		p.await("/data", board.Counts[privacy.Proposed], false, "{n} запис е предложен за изтриване", "{n} записа са предложени за изтриване", "{n} record is proposed for erasure", "{n} records are proposed for erasure")
	}
	p.await("/data", second, false, "{n} изтриване чака втори човек", "{n} изтривания чакат втори човек", "{n} erasure awaits a second person", "{n} erasures await a second person")
	return nil
}

func (s *Server) awaitingExports(r *http.Request, p *homePage) error {
	if !p.May(string(access.AgreeExport)) {
		return nil
	}
	all, err := s.Privacy.ExportList(r.Context(), p.actor)
	n := 0
	for _, x := range all {
		if x.Awaits(p.actor.Person) {
			n++
		}
	}
	p.await("/exports", n, false, "{n} извличане чака втори човек", "{n} извличания чакат втори човек", "{n} export awaits a second person", "{n} exports await a second person")
	return err
}

func (s *Server) awaitingRoles(r *http.Request, p *homePage) error {
	if !p.May(string(access.ConfirmGrant)) {
		return nil
	}
	all, err := s.Org.WaitingRoles(r.Context(), p.actor)
	n := 0
	for _, x := range all {
		if !x.Mine {
			n++
		}
	}
	p.await("/grants", n, false, "{n} роля чака втори човек", "{n} роли чакат втори човек", "{n} role awaits a second person", "{n} roles await a second person")
	return err
}
