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
		{"POST /seats/{id}/certificate", access.Certify, false, 0, s.issueAgain, false},
		{"GET /l/{token}", access.SeePublic, true, 0, s.openLink, false},
		{"POST /l/{token}", access.SeePublic, true, 0, s.useLink, false},
	}
}

type seatPage struct {
	Page
	training.SeatView
	By     access.Actor
	Token  string // when opened by link
	Reason string // of a revocation, as far as it is written
}

// Steps lists what the reader may do with the seat now.
func (p seatPage) Steps() []training.Step {
	var all []training.Step
	r := access.Resource{Kind: "seat", ID: string(p.Seat.ID), Region: p.Event.Region, Own: p.Seat.Person, Team: p.Event.Trainers}
	for _, x := range []struct {
		step   training.Step
		action access.Action
	}{{training.Accept, access.TakeSeat}, {training.Decline, access.TakeSeat}, {training.Endorse, access.DecideSeat}, {training.Withdraw, access.WithdrawSeat}} {
		if x.step.From(p.Seat.State) && p.s.Policy.Can(p.By, x.action, r, p.s.Now()) && p.inTime(x.step) {
			all = append(all, x.step)
		}
	}
	return all
}

// Own reports whether the reader is the person of the seat, whose steps are taken at once.
func (p seatPage) Own() bool { return p.Token != "" || p.By.Person == p.Seat.Person }

// inTime leaves out steps for which it is too late.
func (p seatPage) inTime(x training.Step) bool {
	if x == training.Endorse {
		return !p.Event.Begun(p.s.Now())
	}
	return !training.Held(p.Event, p.s.Now()) && p.Completion == nil
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

// Status is what is marked for a half-day now.
func (p seatPage) Status(half string) string {
	status := training.PresenceStatus("")
	for _, m := range p.Presence {
		if m.HalfDay == half {
			status = m.Status
		}
	}
	if status == "" || status == training.Cleared {
		return "–"
	}
	return p.T("presence." + string(status))
}

// HalfDay names the half-day of a mark.
func (p seatPage) HalfDay(id string) string {
	h, ok := p.Event.HalfDay(id)
	if !ok {
		return "–"
	}
	return p.Date(h.On) + ", " + h.Starts
}

// Who says who took a step or made a mark: by name for those who run trainings, in a word for the person.
func (p seatPage) Who(id access.PersonID, side training.Side) string {
	if name := p.Names[id]; name != "" && p.Token == "" && side != training.ByProgram && p.May(string(access.RecordDay)) {
		return name
	}
	if side == "" {
		return ""
	}
	return p.T("side." + string(side))
}

// ShowsCertificate reports whether there is a certificate that the reader may open.
func (p seatPage) ShowsCertificate() bool {
	return p.Certificate != nil && p.s.Policy.May(p.By, access.SeeCert, p.s.Now())
}

func (s *Server) seat(w http.ResponseWriter, r *http.Request) error {
	p, err := s.seatPage(r, training.EnrolmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.show(w, "seat", p)
}

func (s *Server) seatPage(r *http.Request, id training.EnrolmentID) (*seatPage, error) {
	p := &seatPage{Page: s.page(r, "")}
	p.Title, p.By = p.L("Място в обучение", "Seat in a training"), p.actor
	var err error
	p.SeatView, err = s.Training.Seat(r.Context(), p.actor, id)
	return p, err
}

// stepSeat takes a step with a seat. Whoever runs the training sees first what follows for others; people decide about
// their own seat at once.
func (s *Server) stepSeat(w http.ResponseWriter, r *http.Request) error {
	id, step := training.EnrolmentID(r.PathValue("id")), training.Step(r.PathValue("step"))
	p := previewPage{Page: s.page(r, ""), Back: "/seats/" + string(id), Risk: step == training.Withdraw}
	v, err := s.Training.Seat(r.Context(), p.actor, id)
	if err != nil {
		return err
	}
	if v.Seat.Person == p.actor.Person {
		if err := s.Training.Do(r.Context(), p.actor, training.ToStep(id, step)); err != nil {
			return err
		}
		return to(w, r, p.Back, "saved")
	}
	p.Title, p.Button = v.Person.Name, seatPage{Page: p.Page}.StepText(step)
	return s.seen(w, r, &p, training.ToStep(id, step), "saved")
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
	id := training.EnrolmentID(r.PathValue("id"))
	err := s.Training.Revoke(r.Context(), visitOf(r).actor(), id, field(r, "reason"))
	if !fault.Is(err, fault.Invalid) {
		if err != nil {
			return err
		}
		return to(w, r, "/seats/"+string(id), "revoked")
	}
	p, e := s.seatPage(r, id)
	if e != nil {
		return e
	}
	p.Reason = field(r, "reason")
	return s.again(w, err, &p.Page, "seat", p)
}

func (s *Server) issueAgain(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.Training.IssueAgain(r.Context(), visitOf(r).actor(), training.EnrolmentID(id)); err != nil {
		return err
	}
	return toCount(w, r, "/seats/"+id, "issued", 1)
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
	Form   training.Application
	Answer training.Answer // that was given just now
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
	p.Answer = answer
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
	if err := s.Training.Do(r.Context(), p.By, training.ToStep(p.Seat.ID, training.Step(field(r, "step")))); err != nil {
		return err
	}
	return to(w, r, r.URL.Path, "saved")
}
