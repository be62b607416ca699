package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// sink is a real SMTP server that keeps what it is given.
type sink struct {
	mu   sync.Mutex
	mail [][]byte
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }

type session struct{ *sink }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = append(s.mail, b)
	return err
}

func listenSMTP(t *testing.T) (*sink, int) {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(s)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return s, l.Addr().(*net.TCPAddr).Port
}

// letter is a message taken apart.
type letter struct {
	subject, plain, rich string
	ics                  map[string]string // calendar files by method
}

func parse(t *testing.T, b []byte) letter {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var l letter
	l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	if id := m.Header.Get("Message-ID"); !strings.HasSuffix(id, "@strengthen>") {
		t.Errorf("the Message-ID %s may tell the name of the machine", id)
	}
	l.parts(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return l
}

func (l *letter) parts(t *testing.T, kind, encoding string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(media, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.parts(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch media {
	case "text/plain":
		l.plain = string(b)
	case "text/html":
		l.rich = string(b)
	case "text/calendar":
		if l.ics == nil {
			l.ics = map[string]string{}
		}
		l.ics[params["method"]] = string(b)
	}
}

func TestMailOfASeat(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		ctx := t.Context()
		h := &house{catalogue: i18n.Load(), db: db, now: clock.Now, log: slog.New(slog.DiscardHandler), org: org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
			training: training.New(store.For[training.Tx]{DB: db}, clock.Now), survey: survey.New(store.For[survey.Tx]{DB: db}, clock.Now)}
		manager := operator(access.Manager)
		must(t, h.org.Seed(ctx))
		must(t, h.training.SaveProgramme(ctx, manager, training.Programme{TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2027-12-31"), Trainings: 1, People: 1, Children: 1}))
		first := calendar.MustDate("2026-10-24") // the clock changes on the night after
		id, err := h.training.Plan(ctx, manager, "k", training.Event{Region: "PER", VenueBG: "Хотел „Струма“, зала 2, Перник", Capacity: 5, NeedShare: .8, ApplyUntil: first.AddDays(-3), Release: first.AddDays(-5).At(12, 0),
			HalfDays: []training.HalfDay{{On: first, Starts: "09:00", Ends: "12:30"}, {On: first.AddDays(1), Starts: "09:00", Ends: "12:30"}}})
		must(t, err)
		apply := func(key string) training.Outcome {
			t.Helper()
			out, err := h.training.Apply(ctx, access.Public("r"), key, training.Application{Event: id, AgencyName: "Училище „Изгрев“", AgencyKind: "school", HeadEmail: "head@example.org", Agreed: true,
				Person: org.Person{Name: "Ана Илиева", Email: "ana@example.org", Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"}})
			must(t, err)
			return out
		}
		out := apply("a")
		must(t, h.training.EndorseFor(ctx, manager, out.Seat))

		server, port := listenSMTP(t)
		sender, err := h.letters(post{SMTPHost: "127.0.0.1", SMTPPort: port, SMTPPlain: true, MailFrom: "Strengthen <s@example.org>"}, "https://strengthen.example")
		must(t, err)
		send := func() []letter {
			t.Helper()
			server.mail = nil
			for {
				n, err := h.org.SendDue(ctx, h.survey.Guard(sender.send))
				must(t, err)
				if n == 0 {
					break
				}
			}
			var all []letter
			for _, b := range server.mail {
				all = append(all, parse(t, b))
			}
			return all
		}
		confirmed := one(t, send(), "Имате място: Перник")
		if !strings.Contains(confirmed.plain, "24–25 октомври 2026") && !strings.Contains(confirmed.plain, "24–25\u00a0октомври") {
			t.Errorf("the plain text does not say when: %s", confirmed.plain)
		}
		if !strings.Contains(confirmed.rich, "<p>") || !strings.Contains(confirmed.rich, "Струма") {
			t.Error("the HTML text does not say where")
		}
		// 09:00 in Sofia is 06:00 in summer time and 07:00 the day after.
		invitation := unfold(confirmed.ics["REQUEST"])
		for _, want := range []string{"METHOD:REQUEST", "DTSTART:20261024T060000Z", "DTSTART:20261025T070000Z", "SUMMARY;LANGUAGE=bg:Укрепване: Перник", "ORGANIZER;CN=Strengthen:mailto:s@example.org", "Strengthen: Pernik"} {
			if !strings.Contains(invitation, want) {
				t.Errorf("the calendar file lacks %s:\n%s", want, invitation)
			}
		}
		kept := diary{map[string]bool{}, map[string]int{}}
		kept.take(t, confirmed)
		invited := kept.uids()

		must(t, h.survey.Sweep(ctx))
		asked := one(t, send(), "Няколко въпроса преди обучението: Перник")
		if !strings.Contains(asked.plain, "до 24\u00a0октомври 2026\u00a0г., 09:00; всеки отговор") || !strings.Contains(asked.plain, "/l/") {
			t.Errorf("the questionnaire does not say until when, or has no link: %s", asked.plain)
		}
		clock.Move(7 * 24 * time.Hour)
		if again := one(t, send(), "Въпросникът за обучението ви чака: Перник"); !strings.Contains(again.plain, "не сме получили отговорите ви") {
			t.Errorf("the reminder reads like the first mail: %s", again.plain)
		}

		// Moved to another hour, and without the second half-day.
		e, err := h.training.Event(ctx, manager, id)
		must(t, err)
		gone := e.HalfDays[1].ID
		e.HalfDays = e.HalfDays[:1]
		e.HalfDays[0].Starts = "10:00"
		_, err = h.training.Plan(ctx, manager, "", e)
		must(t, err)
		moved := one(t, send(), "Променени дата или място: Перник")
		kept.take(t, moved)
		if !strings.Contains(moved.ics["CANCEL"], "UID:"+string(out.Seat)+"-"+gone+"@") || !strings.Contains(moved.ics["REQUEST"], "DTSTART:20261024T070000Z") {
			t.Errorf("the move: %v", moved.ics)
		}
		if len(kept.entries) != 1 {
			t.Errorf("after the move the calendar holds %s", kept.uids())
		}
		must(t, h.training.Withdraw(ctx, manager, out.Seat))
		kept.take(t, one(t, send(), "Оттеглихте се: Перник"))
		if len(kept.entries) != 0 {
			t.Errorf("after the withdrawal the calendar holds %s", kept.uids())
		}
		apply("b")
		must(t, h.training.EndorseFor(ctx, manager, out.Seat))
		kept.take(t, one(t, send(), "Имате място: Перник"))
		if len(kept.entries) != 1 || !strings.Contains(invited, kept.uids()) {
			t.Errorf("after applying again the calendar holds %s", kept.uids())
		}
		must(t, h.training.Cancel(ctx, manager, id, versionOf(t, h, manager, id)))
		kept.take(t, one(t, send(), "Обучението няма да се състои: Перник"))
		if len(kept.entries) != 0 {
			t.Errorf("after the training was called off the calendar holds %s", kept.uids())
		}
		if more := send(); len(more) != 0 {
			t.Errorf("%d messages were sent twice", len(more))
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func one(t *testing.T, all []letter, subject string) letter {
	t.Helper()
	for _, l := range all {
		if l.subject == subject {
			return l
		}
	}
	t.Fatalf("no mail %q among %d", subject, len(all))
	return letter{}
}

func versionOf(t *testing.T, h *house, by access.Actor, id training.EventID) int {
	t.Helper()
	e, err := h.training.Event(t.Context(), by, id)
	must(t, err)
	return e.Version
}

// diary is what a person's calendar holds after the files that came so far.
type diary struct {
	entries map[string]bool
	highest map[string]int // sequence of each UID, cancelled ones too
}

func (d *diary) take(t *testing.T, l letter) {
	t.Helper()
	if len(l.ics) == 0 {
		t.Fatalf("%q has no calendar file", l.subject)
	}
	for method, file := range l.ics {
		judge(t, file)
		strict(t, file)
		for _, entry := range strings.Split(unfold(file), "BEGIN:VEVENT")[1:] {
			uid, sequence := value(entry, "UID"), value(entry, "SEQUENCE")
			n, err := strconv.Atoi(sequence)
			must(t, err)
			if last, ok := d.highest[uid]; ok && n <= last {
				t.Errorf("%q: the sequence of an entry goes from %d to %d", l.subject, last, n)
			}
			d.highest[uid] = n
			if delete(d.entries, uid); method == "REQUEST" {
				d.entries[uid] = true
			}
		}
	}
}

func (d diary) uids() string { return strings.Join(slices.Sorted(maps.Keys(d.entries)), ",") }

func unfold(file string) string { return strings.ReplaceAll(file, "\r\n ", "") }

func value(entry, name string) string {
	for line := range strings.SplitSeq(entry, "\r\n") {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return v
		}
	}
	return ""
}

// strict checks by itself what RFC 5545 asks of the bytes: lines end in CRLF, hold at most 75 octets and break between
// letters, and times are in UTC.
func strict(t *testing.T, file string) {
	t.Helper()
	body, ok := strings.CutSuffix(file, "\r\n")
	if !ok {
		t.Error("the file does not end in CRLF")
	}
	for i, line := range strings.Split(body, "\r\n") {
		if strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has a bare CR or LF", i+1)
		}
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line %d has %d octets, or breaks within a letter: %q", i+1, len(line), line)
		}
	}
	for line := range strings.SplitSeq(unfold(body), "\r\n") {
		name, v, _ := strings.Cut(line, ":")
		if strings.HasPrefix(name, "DT") && !utcTime.MatchString(v) {
			t.Errorf("%s is not in UTC", line)
		}
	}
}

var utcTime = regexp.MustCompile(`^\d{8}T\d{6}Z$`)

// judge asks libical whether a calendar file keeps RFC 5546's rules for its method.
func judge(t *testing.T, file string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.ics")
	must(t, os.WriteFile(path, []byte(file), 0o600))
	judgeOnce.Do(func() {
		bin, err := os.MkdirTemp("", "judge-")
		if err != nil {
			t.Fatal(err)
		}
		judgeBin = filepath.Join(bin, "judge")
		out, err := exec.Command("gcc", "-o", judgeBin, "testdata/judge.c", "-lical").CombinedOutput()
		if err != nil {
			t.Fatalf("libical's judge does not build (Debian: gcc, libical-dev): %v\n%s", err, out)
		}
	})
	if out, err := exec.CommandContext(context.Background(), judgeBin, path).CombinedOutput(); err != nil {
		t.Errorf("libical refuses the calendar file: %s\n%s", out, file)
	}
}

var (
	judgeOnce sync.Once
	judgeBin  string
)
