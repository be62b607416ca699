package web

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/render"
)

func (s *Server) meetingRoutes() []Route {
	return []Route{
		{"GET /cases/{id}/meetings", access.SeeCase, false, 0, s.meetings, false},
		{"POST /cases/{id}/meetings", access.LeadCase, false, 0, s.convoke, false},
		{"GET /cases/{id}/meetings/{meeting}", access.SeeCase, false, 0, s.meeting, false},
		{"GET /cases/{id}/meetings/{meeting}/minutes.pdf", access.SeeCase, false, 0, s.minutesPDF, false},
		{"POST /cases/{id}/meetings/{meeting}/call", access.LeadCase, false, 0, s.noteCall, false},
		{"POST /cases/{id}/meetings/{meeting}/hold", access.LeadCase, false, 0, s.holdMeeting, false},
		{"POST /cases/{id}/meetings/{meeting}/bring", access.WriteCase, false, 0, s.bring, false},
		{"POST /cases/{id}/meetings/{meeting}/items/{item}/remove", access.WriteCase, false, 0, s.takeBack, false},
		{"POST /cases/{id}/meetings/{meeting}/decide", access.LeadCase, false, 0, s.decideMeeting, false},
		{"POST /cases/{id}/meetings/{meeting}/task", access.LeadCase, false, 0, s.meetingTask, false},
		{"POST /cases/{id}/meetings/{meeting}/minutes", access.WriteCase, false, 0, s.writeMinutes, false},
		{"POST /cases/{id}/meetings/{meeting}/end", access.LeadCase, false, 0, s.endMinutes, false},
		{"POST /cases/{id}/meetings/{meeting}/sign", access.WriteCase, false, 0, s.signMinutes, false},
		{"POST /cases/{id}/meetings/{meeting}/paper", access.LeadCase, false, 0, s.signOnPaper, false},
		{"POST /cases/{id}/meetings/{meeting}/off", access.LeadCase, false, 0, s.callOff, false},
	}
}

type meetingsPage struct {
	casePage
	Meetings []casework.Meeting
}

func (s *Server) meetingsPage(r *http.Request) (*meetingsPage, error) {
	p := &meetingsPage{casePage: *s.newCasePage(r, "meetings")}
	v, all, err := s.Casework.Meetings(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Meetings = all
	return p, p.fill(r, v)
}

func (s *Server) meetings(w http.ResponseWriter, r *http.Request) error {
	p, err := s.meetingsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "meetings", p)
}

func (s *Server) convoke(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	m := casework.Meeting{At: moment(r, "at", &l), Place: words(r, "place"), Online: field(r, "online") != ""}
	err := l.Err()
	var id string
	if err == nil {
		id, err = s.Casework.Convoke(r.Context(), visitOf(r).actor(), "meeting/"+field(r, "key"), caseID(r), m)
	}
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/meetings/"+id, "saved")
	}
	p, e := s.meetingsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = "meetings"
	return s.again(w, err, &p.Page, "meetings", p)
}

type meetingPage struct {
	casePage
	Meeting casework.Meeting
	Tasks   []casework.Task
	Own     access.AgencyID // the reader's institution
	MaySign bool
	Minutes casework.Form // as far as they are typed
}

// Call is how an institution was called, and whether it came.
func (p *meetingPage) Calls() []casework.Call { return p.Meeting.Calls }

// leadCalled reports whether the leading unit stands among those that were called.
func (p *meetingPage) leadCalled() bool {
	return slices.ContainsFunc(p.Meeting.Calls, func(x casework.Call) bool { return x.Agency == p.Case.Agency })
}

// CallName names the institution of a call.
func (p *meetingPage) CallName(x casework.Call) string { return p.AgencyName(x.Agency) }

// MissingSeats lists the mandatory kinds of institution that did not come, or are not called.
func (p *meetingPage) MissingSeats() []string {
	var all []string
	for _, k := range casework.MandatoryKinds() {
		if !slices.ContainsFunc(p.Meeting.Calls, func(x casework.Call) bool {
			return p.Agencys[x.Agency].Kind == k && (p.Meeting.State == casework.MeetingCalled || x.Present())
		}) {
			all = append(all, p.Kind(k))
		}
	}
	return all
}

// ItemsOf lists what an institution brought.
func (p *meetingPage) ItemsOf(a access.AgencyID) []casework.Item {
	return slices.DeleteFunc(slices.Clone(p.Meeting.Items), func(x casework.Item) bool { return x.Agency != a })
}

// LeadItems lists what the leading unit itself brought.
func (p *meetingPage) LeadItems() []casework.Item {
	if p.leadCalled() {
		return nil
	}
	return p.ItemsOf(p.Case.Agency)
}

// CallOptions lists the institutions that are called.
func (p *meetingPage) CallOptions() []Option {
	var all []Option
	for _, x := range p.Meeting.Calls {
		all = append(all, Option{Value: string(x.Agency), Text: p.AgencyName(x.Agency)})
	}
	return all
}

// PaperOptions lists the institutions whose signature is still wanted: what they signed on paper, the lead records.
func (p *meetingPage) PaperOptions() []Option {
	var all []Option
	for _, x := range p.Meeting.Calls {
		if x.Signs() && x.Agency != p.Own {
			all = append(all, Option{Value: string(x.Agency), Text: p.AgencyName(x.Agency)})
		}
	}
	return all
}

// Papers reports whether the reader may record signatures on paper.
func (p *meetingPage) Papers() bool {
	return p.Lead && (p.Meeting.State == casework.Minuted || p.Meeting.State == casework.MeetingAgreed) && (len(p.PaperOptions()) > 0 || p.Opened("paper"))
}

// TaskAction is where the form of a new task goes.
func (p *meetingPage) TaskAction() string {
	return "/cases/" + string(p.Case.ID) + "/meetings/" + p.Meeting.ID + "/task"
}

// Mine reports whether the reader may take back what was brought.
func (p *meetingPage) Mine(x casework.Item) bool {
	return (x.By == p.actor.Person || p.Meeting.Leader == p.actor.Person) && (p.Meeting.State == casework.MeetingCalled || p.Meeting.State == casework.MeetingHeld)
}

// Brings reports whether the reader may add what an institution brings.
func (p *meetingPage) Brings() bool {
	return p.Write[casework.Core] && (p.Meeting.State == casework.MeetingCalled || p.Meeting.State == casework.MeetingHeld)
}

// BringsFor lists for which institutions the reader may write.
func (p *meetingPage) BringsFor() []Option {
	var all []Option
	for _, x := range p.Meeting.Calls {
		if x.Agency == p.Own || p.Own == p.Case.Agency {
			all = append(all, Option{Value: string(x.Agency), Text: p.AgencyName(x.Agency)})
		}
	}
	if p.Own == p.Case.Agency {
		all = append(all, Option{Value: string(p.Own), Text: p.CaseView.Agency.Name})
	}
	return all
}

// Attend is what is chosen or typed about the attendance of an institution, as it was sent when the form comes back.
func (p *meetingPage) Attend(what string, x casework.Call) string {
	if p.Opened("hold") {
		return p.r.PostFormValue(what + "_" + string(x.Agency))
	}
	return ""
}

// AttendError is what is wrong with what was said about the attendance of an institution, or "".
func (p *meetingPage) AttendError(x casework.Call) string {
	return p.ErrorAt("came_" + string(x.Agency))
}

// MinuteFields lists the texts of the minutes.
func (p *meetingPage) MinuteFields() []string { return casework.MinuteFields() }

// MinuteField makes the field of one of the texts of the minutes.
func (p *meetingPage) MinuteField(name string) Field {
	label := p.T("minutes." + name)
	f := p.Page.Fld("?textarea", name, label, label, string(p.Minutes[name]))
	if name == "risk" {
		f.Optional = false
	}
	f.ID = "minutes-" + name
	if p.Sent == "end" { // what is missing before the minutes can be ended is missing here
		f.ID = "end-" + name
	}
	return f
}

// GoalOptions is empty: the tasks of a meeting stand under no goal of a plan.
func (p *meetingPage) GoalOptions() []Option { return nil }

// Leads reports whether the reader leads the meeting.
func (p *meetingPage) Leads() bool { return p.Lead }

func (s *Server) meetingPage(r *http.Request) (*meetingPage, error) {
	p := &meetingPage{casePage: *s.newCasePage(r, "meetings")}
	v, err := s.Casework.OpenMeeting(r.Context(), p.actor, caseID(r), r.PathValue("meeting"))
	if err != nil {
		return p, err
	}
	p.Meeting, p.Tasks, p.Own, p.MaySign, p.Minutes, p.Saw = v.Meeting, v.Tasks, v.Own, v.MaySign, v.Meeting.Minutes, v.Meeting.Minutes
	return p, p.fill(r, v.CaseView)
}

func (s *Server) meeting(w http.ResponseWriter, r *http.Request) error {
	p, err := s.meetingPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "meeting", p)
}

// onMeeting does something to a meeting and goes back to it.
func (s *Server) onMeeting(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID, meeting string) error) error {
	err := do(visitOf(r).actor(), caseID(r), r.PathValue("meeting"))
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/meetings/"+r.PathValue("meeting"), "saved")
	}
	p, e := s.meetingPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = path.Base(r.URL.Path)
	if p.Sent == "minutes" {
		saw, mine := form(r, casework.MinuteFields()...)
		p.clashed(err, saw, func(f string) string { return p.T("minutes." + f) })
		p.Minutes = mine
	}
	return s.again(w, err, &p.Page, "meeting", p)
}

func (s *Server) noteCall(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	x := casework.Call{Agency: access.AgencyID(field(r, "agency")), Phoned: moment(r, "phoned", &l), Wrote: moment(r, "wrote", &l), Channel: field(r, "channel")}
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.NoteCall(r.Context(), by, id, m, x)
	})
}

func (s *Server) holdMeeting(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	var came []casework.Attended
	for _, a := range r.PostForm["called"] {
		came = append(came, casework.Attended{Agency: access.AgencyID(a), Came: field(r, "came_"+a), Who: words(r, "who_"+a)})
	}
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.Hold(r.Context(), by, id, m, at, came)
	})
}

func (s *Server) bring(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.Bring(r.Context(), by, "item/"+field(r, "key"), id, m, casework.Item{
			Agency: access.AgencyID(field(r, "agency")), Kind: casework.ItemKind(field(r, "kind")), Part: casework.Compartment(field(r, "part")), Source: words(r, "source"), Text: words(r, "text")})
	})
}

func (s *Server) takeBack(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.TakeBack(r.Context(), by, id, m, r.PathValue("item"))
	})
}

func (s *Server) decideMeeting(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.Decide(r.Context(), by, "decision/"+field(r, "key"), id, m, words(r, "text"))
	})
}

// task reads the form of a task.
func task(r *http.Request) (casework.Task, error) {
	var l fault.List
	t := casework.Task{Goal: field(r, "goal"), Service: field(r, "service"), Measure: field(r, "measure"), Text: words(r, "what"), Resource: words(r, "resource"), Indicator: words(r, "indicator"),
		Owner: field(r, "owner"), Due: date(r, "due", &l)}
	if t.Owner == "agency" {
		t.Agency, t.Person = access.AgencyID(field(r, "agency")), access.PersonID(field(r, "person"))
	}
	return t, l.Err()
}

func (s *Server) meetingTask(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		t, err := task(r)
		if err != nil {
			return err
		}
		t.Meeting = m
		return placedAt(s.Casework.AddTask(r.Context(), by, "task/"+field(r, "key"), id, t), "text", "what")
	})
}

func (s *Server) writeMinutes(w http.ResponseWriter, r *http.Request) error {
	saw, mine := form(r, casework.MinuteFields()...)
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.WriteMinutes(r.Context(), by, id, m, saw, mine)
	})
}

func (s *Server) endMinutes(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	next := moment(r, "next", &l)
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.EndMinutes(r.Context(), by, id, m, next)
	})
}

func (s *Server) signMinutes(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.Sign(r.Context(), by, id, m, field(r, "agree") == "yes", words(r, "dissent"))
	})
}

func (s *Server) signOnPaper(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	on := date(r, "on", &l)
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.SignOnPaper(r.Context(), by, id, m, access.AgencyID(field(r, "agency")), on, field(r, "agree") == "yes", words(r, "dissent"))
	})
}

func (s *Server) callOff(w http.ResponseWriter, r *http.Request) error {
	return s.onMeeting(w, r, func(by access.Actor, id casework.CaseID, m string) error {
		return s.Casework.CallOff(r.Context(), by, id, m)
	})
}

// minutesPDF is the minutes on paper, to print and sign. What stays among those who met is not printed.
func (s *Server) minutesPDF(w http.ResponseWriter, r *http.Request) error {
	p, err := s.meetingPage(r)
	if err != nil {
		return err
	}
	b, err := render.PDF(p.minutes())
	return download(w, "minutes-"+p.Case.Ref+"-"+p.Int(p.Meeting.N)+".pdf", "application/pdf", b, err)
}

// minutes makes a document of the meeting, as far as its reader may see it.
func (p *meetingPage) minutes() render.Document {
	d := render.Document{
		Lang: string(p.Lang), Made: p.Now(), Title: p.L("Протокол от среща на мултидисциплинарния екип", "Minutes of the multidisciplinary team"),
		Subtitle: p.L("Случай {ref}, среща № {n}", "Case {ref}, meeting No. {n}", "ref", p.Case.Ref, "n", p.Meeting.N) + " · " + p.When(p.Meeting.At) + " · " + string(p.Meeting.Place),
		Footer:   []string{p.L("Води срещата: ", "Led by: ") + p.Person(p.Meeting.Leader) + ", " + p.CaseView.Agency.Name, p.L("Отпечатано на ", "Printed on ") + p.When(p.Now())},
	}
	add := func(b ...render.Block) { d.Blocks = append(d.Blocks, b...) }
	if missing := p.MissingSeats(); len(missing) > 0 && p.Meeting.State != casework.MeetingCalled {
		add(render.Para{Text: p.L("Срещата не е в пълен състав. Липсва: ", "The meeting was not quorate. Missing: ") + strings.Join(missing, ", "), Kind: "warn"})
	}
	var called, came, items, tasks, signs [][]string
	for _, x := range p.Meeting.Calls {
		called = append(called, []string{p.AgencyName(x.Agency), p.When(x.Phoned), strings.TrimSpace(p.When(x.Wrote) + " " + p.callWay(x))})
		came = append(came, []string{p.AgencyName(x.Agency), p.Code("came.", x.Came), string(x.Who)})
		if x.Present() {
			signed := "\u00a0\n\u00a0"
			if x.Signed != "" {
				signed = p.Code("signed.", x.Signed) + ", " + p.SignedAt(x)
			}
			signs = append(signs, []string{p.AgencyName(x.Agency), string(x.Who), signed})
		}
	}
	if !p.leadCalled() { // the leading unit signs what it led
		signs = append(signs, []string{p.CaseView.Agency.Name, p.Person(p.Meeting.Leader), "\u00a0\n\u00a0"})
	}
	for _, x := range p.Meeting.Items {
		items = append(items, []string{p.AgencyName(x.Agency), p.Code("item.", x.Kind), string(x.Text), string(x.Source)})
	}
	for _, x := range p.Tasks {
		tasks = append(tasks, []string{string(x.Text), p.OwnerName(x), string(x.Resource), p.Lang.Short(x.Due), string(x.Indicator)})
	}
	add(paperTable(p.L("Кой е повикан", "Who was called"), called, p.L("Институция", "Institution"), p.L("По телефона", "By telephone"), p.L("Писмено", "In writing")))
	add(paperTable(p.L("Кой присъства", "Who was there"), came, p.L("Институция", "Institution"), p.L("Присъствие", "Presence"), p.L("Кой", "Who")))
	if len(items) > 0 {
		add(paperTable(p.L("Какво донесе всеки", "What everybody brought"), items, p.L("Институция", "Institution"), p.L("Вид", "Kind"), p.L("Какво", "What"), p.L("Източник", "Source")))
	}
	for _, f := range []string{"worries", "strengths", "risk"} {
		if x := p.Meeting.Minutes[f]; x != "" {
			add(render.Heading{Level: 2, Text: p.T("minutes." + f)}, render.Para{Text: string(x)})
		}
	}
	if len(p.Meeting.Decisions) > 0 {
		var all []string
		for _, x := range p.Meeting.Decisions {
			all = append(all, string(x.Text))
		}
		add(render.Heading{Level: 2, Text: p.L("Решения", "Decisions")}, render.List{Items: all})
	}
	if len(tasks) > 0 {
		add(paperTable(p.L("Задачи", "Tasks"), tasks, p.L("Какво", "What"), p.L("Кой", "Who"), p.L("С какво", "With what"), p.L("Докога", "By when"), p.L("По какво ще се познае", "How one will know")))
	}
	for _, x := range p.Meeting.Calls {
		if x.Dissent != "" {
			add(render.Heading{Level: 2, Text: p.L("Особено мнение: ", "Dissent: ") + p.AgencyName(x.Agency)}, render.Para{Text: string(x.Dissent)})
		}
	}
	if !p.Meeting.Next.IsZero() {
		add(render.Para{Text: p.L("Следваща среща: ", "Next meeting: ") + p.When(p.Meeting.Next)})
	}
	add(paperTable(p.L("Подписи", "Signatures"), signs, p.L("Институция", "Institution"), p.L("Име", "Name"), p.L("Подпис", "Signature")))
	return d
}

// SignedAt says when an institution signed; of a signature on paper the day.
func (p *meetingPage) SignedAt(x casework.Call) string {
	if x.OnPaper {
		return p.Date(calendar.On(x.SignAt)) + ", " + p.L("на хартия", "on paper")
	}
	return p.When(x.SignAt)
}

// callWay says by which way an institution was called in writing.
func (p *meetingPage) callWay(x casework.Call) string {
	if x.Channel == "" {
		return ""
	}
	return p.Code("callby.", x.Channel)
}

// paperTable is a table of texts.
func paperTable(caption string, rows [][]string, head ...string) render.Table {
	t := render.Table{Caption: caption}
	for _, h := range head {
		t.Head = append(t.Head, render.Column{Text: h})
	}
	for _, row := range rows {
		var cells []render.Cell
		for i, text := range row {
			cells = append(cells, render.Cell{Text: text, Header: i == 0})
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// OwnerName says whose a task is.
func (p *casePage) OwnerName(t casework.Task) string {
	if t.Owner != "agency" {
		return p.Code("owner.", t.Owner)
	}
	if name := p.Person(t.Person); name != "" {
		return name + ", " + p.AgencyName(t.Agency)
	}
	return p.AgencyName(t.Agency)
}
