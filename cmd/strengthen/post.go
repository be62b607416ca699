package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"os"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	gomail "github.com/wneessen/go-mail"

	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// post says through which server mail leaves.
type post struct {
	SMTPHost     string `name:"smtp-host" help:"Mail server. Without it mail waits in the ledger." placeholder:"HOST"`
	SMTPPort     int    `name:"smtp-port" help:"Port of the mail server." default:"587"`
	SMTPUser     string `name:"smtp-user" help:"User at the mail server."`
	SMTPPassword string `name:"smtp-password" help:"Password at the mail server; better given as STRENGTHEN_SMTP_PASSWORD."`
	SMTPPlain    bool   `name:"smtp-plain" help:"Speak without TLS; for a server on the same machine only."`
	MailFrom     string `name:"mail-from" help:"Sender of mail." default:"Strengthen <strengthen@localhost.localdomain>"`
}

// letters writes the mails of the ledger and hands them to the server.
type letters struct {
	*house
	post
	site   string
	words  *i18n.Catalogue
	client *gomail.Client
}

func (h *house) letters(p post, site string) (*letters, error) {
	opts := []gomail.Option{gomail.WithPort(p.SMTPPort), gomail.WithTimeout(20 * time.Second), gomail.WithHELO("strengthen")}
	if p.SMTPPlain {
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	} else {
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if p.SMTPUser != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(p.SMTPUser), gomail.WithPassword(p.SMTPPassword))
	}
	client, err := gomail.NewClient(p.SMTPHost, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &letters{h, p, site, i18n.Load(), client}, nil
}

// send writes one message of the ledger and sends it.
func (l *letters) send(ctx context.Context, m org.Message) error {
	msg, err := l.write(ctx, m)
	if err != nil {
		return err
	}
	return l.client.DialAndSendWithContext(ctx, msg)
}

// write puts a message into words, as plain text and HTML, with a calendar file where one belongs.
func (l *letters) write(ctx context.Context, m org.Message) (*gomail.Msg, error) {
	lang := i18n.Parse(m.Lang)
	vars := fault.Vars{}
	if t, err := time.Parse(time.RFC3339, m.Vars["until"]); err == nil {
		vars["until"] = t
	}
	if w := m.Vars["wave"]; w != "" {
		vars["wave"] = strings.ToLower(l.words.T(lang, "wave."+w, nil))
	}
	var letter *training.Letter
	if seat := m.Vars["seat"]; seat != "" {
		x, err := l.training.Letter(ctx, training.EnrolmentID(seat))
		if err != nil {
			return nil, err
		}
		letter = &x
		vars["training"] = x.Region.Name(string(lang))
		vars["days"], vars["venue"], vars["agency"] = lang.Days(x.Event.Starts(), x.Event.Ends()), x.Event.Venue, x.Agency.Name
	}
	subject, body := l.words.T(lang, "mail."+m.Kind+".subject", vars), l.words.T(lang, "mail."+m.Kind+".body", vars)
	msg := gomail.NewMsg()
	if err := msg.From(l.MailFrom); err != nil {
		return nil, err
	}
	if err := msg.To(m.Address); err != nil {
		return nil, err
	}
	msg.Subject(subject)
	msg.SetMessageIDWithValue(m.ID + "@strengthen")
	msg.SetDate()
	link := ""
	if m.Vars["link"] != "" {
		link = l.site + lang.Pick("", "/en") + m.Vars["link"]
	}
	plain, rich := l.bodies(lang, body, link)
	msg.SetBodyString(gomail.TypeTextPlain, plain)
	msg.AddAlternativeString(gomail.TypeTextHTML, rich)
	if letter != nil {
		if file, method := invitation(*letter, m.Kind, l.now()); file != "" {
			err := msg.AttachReader("invite.ics", bytes.NewReader([]byte(file)), gomail.WithFileContentType(gomail.ContentType("text/calendar; charset=utf-8; method="+method)))
			if err != nil {
				return nil, err
			}
		}
	}
	return msg, nil
}

func (l *letters) bodies(lang i18n.Lang, body, link string) (plain, rich string) {
	hello, foot, open := l.words.T(lang, "mail.greeting", nil), l.words.T(lang, "mail.foot", nil), l.words.T(lang, "mail.open", nil)
	plain = hello + "\n\n" + body + "\n"
	rich = `<!doctype html><html lang="` + string(lang) + `"><body><p>` + html.EscapeString(hello) + "</p>"
	for _, p := range strings.Split(body, "\n\n") {
		rich += "<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>"
	}
	if link != "" {
		plain += "\n" + open + ":\n" + link + "\n"
		rich += `<p><a href="` + html.EscapeString(link) + `">` + html.EscapeString(open) + "</a></p>"
	}
	return plain + "\n-- \n" + foot + "\n", rich + "<p><small>" + html.EscapeString(foot) + "</small></p></body></html>"
}

// invitation is the calendar file of a message: one entry for each half-day with a UID that never changes, a SEQUENCE that
// grows with every change, REQUEST when the seat is given or moved and CANCEL when it is gone.
func invitation(l training.Letter, kind string, now time.Time) (file, method string) {
	switch kind {
	case "confirmed", "moved":
		method = "REQUEST"
	case "withdrawn", "calledoff":
		method = "CANCEL"
	default:
		return "", ""
	}
	c := ics.NewCalendarFor("Strengthen")
	c.SetMethod(ics.Method(method))
	for _, h := range l.Event.HalfDays {
		e := c.AddEvent(string(l.Seat.ID) + "-" + h.ID + "@strengthen")
		e.SetDtStampTime(now.UTC())
		e.SetStartAt(h.Begin().UTC())
		e.SetEndAt(h.End().UTC())
		sequence := l.Event.Sequence
		if method == "CANCEL" {
			sequence++
			e.SetStatus(ics.ObjectStatusCancelled)
		}
		e.SetSequence(sequence)
		e.SetSummary(l.Region.NameBG + " / " + l.Region.NameEN)
		e.SetLocation(l.Event.Venue)
		e.SetOrganizer("mailto:strengthen@localhost.localdomain", ics.WithCN("Strengthen"))
		e.AddAttendee("mailto:"+l.Person.Email, ics.ParticipationStatusAccepted)
	}
	return c.Serialize(), method
}

// work does what is due: it seals the record every minute, sends mail, sweeps seats and questionnaires. Each part may run
// twice and does not mind; what a stopped server missed is caught up at the next start. It returns when ctx ends and what was
// under way is done.
func (h *house) work(ctx context.Context, p post, site, checkpoints string) {
	var sender *letters
	if p.SMTPHost != "" {
		var err error
		if sender, err = h.letters(p, site); err != nil {
			h.log.Error("mail", "error", err)
		}
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	var swept calendar.Date
	for {
		h.minute(ctx, sender, checkpoints)
		if today := calendar.On(h.now()); today != swept && h.now().In(calendar.Sofia).Hour() >= 6 {
			h.try("questionnaires", h.survey.Sweep(ctx))
			swept = today
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *house) minute(ctx context.Context, sender *letters, checkpoints string) {
	n, c, err := h.db.SealAll(ctx, h.signer)
	h.try("seal", err)
	if n > 0 && checkpoints != "" {
		h.try("checkpoint", appendLine(checkpoints, fmt.Sprintf("%d %s %s %s\n", c.Seq, c.Hash, c.At, c.Signature)))
	}
	h.try("seats", h.training.Sweep(ctx))
	if h.now().Minute()%15 == 0 {
		h.try("questionnaires", h.survey.Sweep(ctx))
	}
	if sender != nil {
		_, err := h.org.SendDue(ctx, sender.send)
		h.try("mail", err)
	}
}

func (h *house) try(what string, err error) {
	if err != nil {
		h.log.Error("background work", "what", what, "error", err)
	}
}

func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(line); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
