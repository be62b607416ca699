package web

import (
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

const (
	i18nBG = i18n.BG
	i18nEN = i18n.EN
)

func latin(name string) string { return fold.Latin(name) }

func (s *Server) seatRoutes() []Route {
	return []Route{
		{"GET /seats/{id}", access.SeeSeat, false, 0, s.seat, false},
		{"POST /seats/{id}/steps/{step}", access.SeeSeat, false, 0, s.stepSeat, false},
		{"GET /seats/{id}/certificate.pdf", access.SeeCert, false, 0, s.certificate, false},
		{"POST /seats/{id}/revoke", access.RevokeCert, false, 0, s.revoke, false},
		{"GET /l/{token}", access.SeePublic, true, 0, s.openLink, false},
		{"POST /l/{token}", access.SeePublic, true, 0, s.useLink, false},
	}
}

type seatPage struct {
	Page
	training.SeatView
	By    access.Actor
	Token string // when opened by link
}

// Steps lists what the reader may do with the seat now.
func (p seatPage) Steps() []training.Step {
	var all []training.Step
	r := access.Resource{Kind: "seat", ID: string(p.Seat.ID), Region: p.Event.Region, Own: p.Seat.Person, Team: p.Event.Trainers}
	for _, x := range []struct {
		step   training.Step
		action access.Action
	}{{training.Accept, access.TakeSeat}, {training.Decline, access.TakeSeat}, {training.Endorse, access.DecideSeat}, {training.Withdraw, access.WithdrawSeat}} {
		if x.step.From(p.Seat.State) && p.s.Policy.Can(p.By, x.action, r, p.s.Now()) && !training.Held(p.Event, p.s.Now()) {
			all = append(all, x.step)
		}
	}
	return all
}

// StepText is what the button of a step says.
func (p seatPage) StepText(x training.Step) string {
	switch x {
	case training.Accept:
		return p.L("Приемам мястото", "Take the seat")
	case training.Decline:
		return p.L("Не приемам мястото", "Decline the seat")
	case training.Endorse:
		return p.L("Отбележи съгласие на ръководителя", "Record the head’s agreement")
	}
	return p.L("Оттегли кандидатурата", "Withdraw the application")
}

// Status is what was marked for a half-day.
func (p seatPage) Status(half string) string {
	for _, m := range p.Presence {
		if m.HalfDay == half {
			return p.T("presence." + string(m.Status))
		}
	}
	return "–"
}

// ShowsCertificate reports whether there is a certificate that the reader may open.
func (p seatPage) ShowsCertificate() bool {
	return p.Certificate != nil && p.s.Policy.May(p.By, access.SeeCert, p.s.Now())
}

func (s *Server) seat(w http.ResponseWriter, r *http.Request) error {
	p := seatPage{Page: s.page(r, "")}
	p.By = p.actor
	var err error
	if p.SeatView, err = s.Training.Seat(r.Context(), p.actor, training.EnrolmentID(r.PathValue("id"))); err != nil {
		return err
	}
	p.Title = p.L("Място в обучение", "Seat in a training")
	return s.show(w, "seat", &p)
}

func (s *Server) takeStep(r *http.Request, by access.Actor, id training.EnrolmentID, step training.Step) error {
	switch step {
	case training.Accept:
		return s.Training.Accept(r.Context(), by, id)
	case training.Decline:
		return s.Training.Decline(r.Context(), by, id)
	case training.Endorse:
		return s.Training.EndorseFor(r.Context(), by, id)
	case training.Withdraw:
		return s.Training.Withdraw(r.Context(), by, id)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

func (s *Server) stepSeat(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.takeStep(r, visitOf(r).actor(), training.EnrolmentID(id), training.Step(r.PathValue("step"))); err != nil {
		return err
	}
	return to(w, r, "/seats/"+id, "saved")
}

func (s *Server) certificate(w http.ResponseWriter, r *http.Request) error {
	p := s.page(r, "")
	v, err := s.Training.Certificate(r.Context(), p.actor, training.EnrolmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	b, err := s.certificateFile(v, &p)
	return download(w, "certificate-"+v.Certificate.Number+".pdf", "application/pdf", b, err)
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.Training.Revoke(r.Context(), visitOf(r).actor(), training.EnrolmentID(id), field(r, "reason")); err != nil {
		return err
	}
	return to(w, r, "/seats/"+id, "saved")
}

// openLink shows what a one-time link is for.
func (s *Server) openLink(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	t, err := s.Org.OpenLink(r.Context(), token)
	if err != nil {
		return err
	}
	switch t.Purpose {
	case org.Invite, org.Reset:
		return s.showPassword(w, r, t, nil)
	case org.Endorse:
		return s.showRequest(w, r, nil)
	case org.Seat, org.Offer:
		return s.showOwnSeat(w, r)
	case org.Answer:
		return s.showSitting(w, r, nil)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

// useLink does what the form behind a link asks.
func (s *Server) useLink(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Org.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	switch t.Purpose {
	case org.Invite, org.Reset:
		return s.setPassword(w, r, t)
	case org.Endorse:
		return s.respond(w, r)
	case org.Seat, org.Offer:
		return s.useOwnSeat(w, r)
	case org.Answer:
		return s.answer(w, r)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

type passwordPage struct{ Page }

func (s *Server) showPassword(w http.ResponseWriter, r *http.Request, t org.Token, cause error) error {
	if err := t.Usable(s.Now()); err != nil {
		return err
	}
	p := passwordPage{s.publicPage(r, "")}
	p.Title = p.L("Изберете парола", "Choose a password")
	if cause != nil {
		return s.again(w, cause, &p.Page, "password", &p)
	}
	return s.show(w, "password", &p)
}

func (s *Server) setPassword(w http.ResponseWriter, r *http.Request, t org.Token) error {
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		return s.showPassword(w, r, t, fault.Field("again", "password.again"))
	}
	if err := s.Org.SetPassword(r.Context(), r.PathValue("token"), password, visitOf(r).request); err != nil {
		return s.showPassword(w, r, t, err)
	}
	return to(w, r, s.publicPage(r, "").URL("/signin"), "password")
}

type requestPage struct {
	Page
	training.Request
	Form     training.Application
	Answered bool
}

func (s *Server) requestPage(r *http.Request) (*requestPage, error) {
	p := &requestPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Съгласие на ръководителя", "Agreement of the head")
	var err error
	p.Request, err = s.Training.Request(r.Context(), r.PathValue("token"))
	return p, err
}

func (s *Server) showRequest(w http.ResponseWriter, r *http.Request, cause error) error {
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	if cause != nil {
		p.Form = s.application(r, "bg")
		return s.again(w, cause, &p.Page, "request", p)
	}
	return s.show(w, "request", p)
}

func (s *Server) respond(w http.ResponseWriter, r *http.Request) error {
	answer := training.Answer(field(r, "answer"))
	if err := s.Training.Respond(r.Context(), r.PathValue("token"), visitOf(r).request, answer, s.application(r, "bg")); err != nil {
		return s.showRequest(w, r, err)
	}
	p, err := s.requestPage(r)
	if err != nil {
		return err
	}
	p.Answered = true
	return s.show(w, "request", p)
}

func (s *Server) ownSeat(r *http.Request) (*seatPage, error) {
	p := &seatPage{Page: s.publicPage(r, ""), Token: r.PathValue("token")}
	p.Title = p.L("Вашата кандидатура", "Your application")
	var err error
	p.SeatView, p.By, err = s.Training.OpenSeat(r.Context(), p.Token, visitOf(r).request)
	return p, err
}

func (s *Server) showOwnSeat(w http.ResponseWriter, r *http.Request) error {
	p, err := s.ownSeat(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("file") == "certificate" && p.Certificate != nil {
		v, err := s.Training.Certificate(r.Context(), p.By, p.Seat.ID)
		if err != nil {
			return err
		}
		b, err := s.certificateFile(v, &p.Page)
		return download(w, "certificate-"+v.Certificate.Number+".pdf", "application/pdf", b, err)
	}
	return s.show(w, "seat", p)
}

func (s *Server) useOwnSeat(w http.ResponseWriter, r *http.Request) error {
	p, err := s.ownSeat(r)
	if err != nil {
		return err
	}
	if err := s.takeStep(r, p.By, p.Seat.ID, training.Step(field(r, "step"))); err != nil {
		return err
	}
	return to(w, r, r.URL.Path, "saved")
}
