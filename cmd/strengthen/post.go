package main

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"net/mail"
	"os"
	"slices"
	"strconv"
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
	return &letters{h, p, site, client}, nil
}

// send writes one message of the ledger and sends it.
func (l *letters) send(ctx context.Context, m org.Message) error {
	msg, err := l.write(ctx, m)
	if err != nil {
		return err
	}
	return l.client.DialAndSendWithContext(ctx, msg)
}

// words puts a message into words, without greeting and link, and reads what it is about where it speaks of a seat.
func (h *house) words(ctx context.Context, m org.Message) (subject, body string, letter *training.Letter, err error) {
	lang := i18n.Parse(m.Lang)
	vars := fault.Vars{"number": m.Vars["number"]}
	if t, err := time.Parse(time.RFC3339, m.Vars["until"]); err == nil {
		vars["until"] = t
	}
	text := "mail." + m.Kind
	if w := m.Vars["wave"]; w != "" {
		text += "." + w
		if n := m.Vars["n"]; n != "0" {
			text = "mail." + m.Kind + ".again"
		}
		if t, ok := vars["until"].(time.Time); ok {
			vars["until"] = lang.Deadline(t)
		}
	}
	if seat := m.Vars["seat"]; seat != "" {
		x, err := h.training.Letter(ctx, training.EnrolmentID(seat))
		if err != nil {
			return "", "", nil, err
		}
		letter = &x
		vars["training"] = x.Region.Name(string(lang))
		vars["days"], vars["venue"], vars["agency"] = lang.Days(x.Event.Starts(), x.Event.Ends()), x.Event.Venue(string(lang)), x.Agency.Name
	}
	if err := h.aboutCase(ctx, lang, m, vars); err != nil {
		return "", "", nil, err
	}
	return h.catalogue.T(lang, text+".subject", vars), h.catalogue.T(lang, text+".body", vars), letter, nil
}

// read is a message as plain text for those who look into the ledger: the link is not theirs, and stands as dots.
func (h *house) read(ctx context.Context, m org.Message) (subject, body string, err error) {
	subject, body, _, err = h.words(ctx, m)
	if err != nil {
		return "", "", err
	}
	plain, _ := h.bodies(i18n.Parse(m.Lang), body, "…")
	return subject, plain, nil
}

// write puts a message into words, as plain text and HTML, with a calendar file where one belongs.
func (l *letters) write(ctx context.Context, m org.Message) (*gomail.Msg, error) {
	lang := i18n.Parse(m.Lang)
	subject, body, letter, err := l.words(ctx, m)
	if err != nil {
		return nil, err
	}
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
	if m.Vars["path"] != "" { // of a page for people who sign in: one address for both languages
		link = l.site + m.Vars["path"]
	}
	plain, rich := l.bodies(lang, body, link)
	msg.SetBodyString(gomail.TypeTextPlain, plain)
	msg.AddAlternativeString(gomail.TypeTextHTML, rich)
	if letter != nil {
		sequence, _ := strconv.Atoi(m.Vars["sequence"]) // messages without a calendar file have none
		for _, f := range calendarFiles(*letter, m.Kind, sequence, l.MailFrom, l.now()) {
			kind := gomail.ContentType("text/calendar; charset=utf-8; method=" + f.method)
			if err := msg.AttachReader(f.name, strings.NewReader(f.body), gomail.WithFileContentType(kind)); err != nil {
				return nil, err
			}
		}
	}
	return msg, nil
}

// aboutCase fills in what mails about signals and cases say: a reference, a term, a moment; nothing about a child.
func (h *house) aboutCase(ctx context.Context, lang i18n.Lang, m org.Message, vars fault.Vars) error {
	vars["ref"] = m.Vars["ref"]
	for _, name := range []string{"due", "at"} {
		if t, err := time.Parse(time.RFC3339, m.Vars[name]); err == nil {
			vars[name] = lang.Deadline(t)
		} else if d, err := calendar.ParseDate(m.Vars[name]); err == nil {
			vars[name] = lang.Date(d)
		}
	}
	if step := m.Vars["step"]; step != "" {
		vars["step"] = h.catalogue.T(lang, map[string]string{"request": "happened.request.", "signal_news": "signalstep."}[m.Kind]+step, nil)
	}
	if what := m.Vars["what"]; what != "" {
		vars["what"] = h.catalogue.T(lang, "event.protection."+what, nil)
	}
	if m.Vars["rule"] == "" {
		return nil
	}
	version, err := strconv.Atoi(m.Vars["version"])
	if err != nil {
		return err
	}
	r, err := h.casework.Rule(ctx, m.Vars["rule"], version)
	vars["term"], vars["basis"], vars["level"] = r.Name(string(lang)), r.Article, h.reason(lang, m)
	vars["how"] = h.catalogue.T(lang, map[bool]string{true: "told.open", false: "told.ask"}[m.Vars["path"] != ""], nil)
	return err
}

// reason says how a term stands, whom that reached and why. Messages of earlier versions tell a level only.
func (h *house) reason(lang i18n.Lang, m org.Message) string {
	if m.Vars["why"] == "" {
		return h.catalogue.T(lang, "level."+m.Vars["level"], nil)
	}
	var all []string
	for _, code := range strings.Fields(m.Vars["why"]) {
		all = append(all, h.catalogue.T(lang, "told."+code, nil))
	}
	return strings.Join(all, " ")
}

func (h *house) bodies(lang i18n.Lang, body, link string) (plain, rich string) {
	hello, foot, open := h.catalogue.T(lang, "mail.greeting", nil), h.catalogue.T(lang, "mail.foot", nil), h.catalogue.T(lang, "mail.open", nil)
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

// calendarFile is an attachment that calendars read.
type calendarFile struct{ name, method, body string }

// calendarFiles are the calendar files of a message. Each half-day is an entry with a UID that never changes and a SEQUENCE
// that grows with every message about the seat: a REQUEST when the seat is given or moved, a CANCEL when it is gone. What
// fell away since the person got the seat is cancelled along with either.
func calendarFiles(l training.Letter, kind string, sequence int, from string, now time.Time) []calendarFile {
	entries := entryWriter{l, i18n.Parse(l.Person.Lang), sequence, from, now}
	switch {
	case kind == "confirmed" || kind == "moved":
		files := []calendarFile{{"invite.ics", "REQUEST", entries.write("REQUEST", l.Event.HalfDays)}}
		if len(l.Dropped) > 0 {
			files = append(files, calendarFile{"cancelled.ics", "CANCEL", entries.write("CANCEL", l.Dropped)})
		}
		return files
	case l.Seat.Confirmed.IsZero(): // there is nothing in the person's calendar
		return nil
	case kind == "withdrawn" || kind == "replaced" || kind == "calledoff":
		return []calendarFile{{"cancelled.ics", "CANCEL", entries.write("CANCEL", slices.Concat(l.Event.HalfDays, l.Dropped))}}
	}
	return nil
}

type entryWriter struct {
	training.Letter
	lang     i18n.Lang
	sequence int
	from     string
	now      time.Time
}

// write puts half-days into one file, in the language of the reader and with a description in both. Lines end as RFC 5545
// asks.
func (w entryWriter) write(method string, half []training.HalfDay) string {
	c := ics.NewCalendarFor("Strengthen")
	c.SetMethod(ics.Method(method))
	about := func(lang i18n.Lang) string {
		code := string(lang)
		return w.Programme.Title(code) + ": " + w.Region.Name(code) + ", " + w.Event.Venue(code)
	}
	language := &ics.KeyValues{Key: "LANGUAGE", Value: []string{string(w.lang)}}
	for _, h := range half {
		e := c.AddEvent(string(w.Seat.ID) + "-" + h.ID + "@strengthen")
		e.SetDtStampTime(w.now.UTC())
		e.SetStartAt(h.Begin().UTC())
		e.SetEndAt(h.End().UTC())
		e.SetSequence(w.sequence)
		if method == "CANCEL" {
			e.SetStatus(ics.ObjectStatusCancelled)
		} else {
			e.SetStatus(ics.ObjectStatusConfirmed)
		}
		e.SetSummary(w.Programme.Title(string(w.lang))+": "+w.Region.Name(string(w.lang)), language)
		e.SetLocation(w.Event.Venue(string(w.lang)), language)
		e.SetDescription(about(w.lang) + "\n" + about(w.lang.Other()))
		if from, err := mail.ParseAddress(w.from); err == nil {
			e.SetOrganizer("mailto:"+from.Address, ics.WithCN(cmp.Or(from.Name, "Strengthen")))
		}
		e.AddAttendee("mailto:"+w.Person.Email, ics.ParticipationStatusAccepted)
	}
	return c.Serialize(ics.WithNewLine("\r\n"))
}

// work does what is due: it seals the record every minute, sends mail, sweeps seats and questionnaires, and once a day mixes
// what is kept by study code. Each part may run
// twice and does not mind; what a stopped server missed is caught up at the next start. It returns when
// ctx ends and what was under way is done.
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
			h.try("mixing", h.survey.Mix(ctx))
			h.try("tidying", h.db.Tidy(ctx))
			h.try("drafts", h.casework.DropOldDrafts(ctx))
			_, err := h.privacy.Propose(ctx)
			h.try("terms of data", err)
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
	_, err = h.casework.SweepClocks(ctx)
	h.try("terms", err)
	h.try("minutes", h.casework.SettleMinutes(ctx))
	h.try("requests", h.casework.ExpireRequests(ctx))
	h.try("exports", h.privacy.Run(ctx))
	if h.now().Minute()%15 == 0 {
		h.try("questionnaires", h.survey.Sweep(ctx))
		h.try("openings", h.privacy.CountOpenings(ctx))
	}
	if sender != nil {
		_, err := h.org.SendDue(ctx, h.survey.Guard(sender.send))
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
