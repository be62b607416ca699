package org

import (
	"context"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// How long a session lasts.
const (
	IdleLimit   = 15 * time.Minute
	DayLimit    = 12 * time.Hour
	StepUpLimit = 5 * time.Minute
)

// Session is one signed-in browser, kept under the hash of its secret.
type Session struct {
	Hash   string
	Person access.PersonID
	Made   time.Time
	Seen   time.Time
	Until  time.Time
	StepUp time.Time
	Device string
	Factor bool // opened with a second factor
}

func (s Session) lives(now time.Time) bool {
	return now.Before(s.Until) && now.Before(s.Seen.Add(IdleLimit))
}

// Visitor is who stands behind a session.
type Visitor struct {
	Actor       access.Actor
	Name        string
	Lang        string
	Session     string // hash
	Factor      bool   // has a second factor
	NeedsFactor bool   // holds a role that asks for one and has none: until then only the own account is open
	Roles       []RoleGrant
}

// Credentials are what a person types to come in.
type Credentials struct {
	Login, Password, Code string
	Network               string // the client's network address, shortened to /24 or /48
	Device                string // what the browser says it is, shortened
}

// SignIn checks the credentials and opens a session; it returns the session's secret. Unknown, wrong and suspended look
// alike and cost the same. Failures make the next attempt of that account and that network wait longer.
func (s *Service) SignIn(ctx context.Context, c Credentials, request string) (string, error) {
	a, err := s.knock(ctx, c)
	if err != nil {
		return "", err
	}
	right, err := s.matches(ctx, a.Hash, c.Password)
	if err != nil {
		return "", err
	}
	actor := access.Actor{Person: a.Person, Via: access.ViaPublic, Request: request}
	if !right || a.State != Active {
		return "", s.refuse(ctx, actor, a, "signin.wrong")
	}
	var token, wrong string
	var proved bool
	err = s.store.Update(ctx, actor, func(tx Tx) (err error) {
		if a, err = tx.Account(ctx, a.Person); err != nil {
			return err
		}
		if proved, wrong, err = s.checkFactor(ctx, tx, a, c.Code); err != nil || wrong != "" {
			return err
		}
		if err := tx.Allow(ctx, access.SignIn, accountResource(a.Person)); err != nil {
			return err
		}
		if err := s.renewHash(ctx, tx, &a, c.Password); err != nil {
			return err
		}
		if err := forgive(ctx, tx, c); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, Session{Person: a.Person, Device: c.Device, StepUp: tx.Now(), Factor: proved})
		return err
	})
	if err == nil && wrong != "" {
		return "", s.wrongFactor(ctx, actor, a, c, wrong)
	}
	return token, err
}

// wrongFactor is the answer to a right password without the right second factor. To lack the code is no failure: the form
// asks for it then.
func (s *Service) wrongFactor(ctx context.Context, by access.Actor, a Account, c Credentials, key string) error {
	if key != noCode {
		return s.refuse(ctx, by, a, key)
	}
	err := s.store.Update(ctx, by, func(tx Tx) error { return forgive(ctx, tx, c) })
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, key).At("code")
}

// freeAccount and freeNetwork are how many failures cost no waiting. A network is shared by a whole office.
const (
	freeAccount = 4
	freeNetwork = 30
)

// knock counts an attempt as failed before anything is computed, so that attempts made at the same time see one another, and
// returns the account of the login, which is the zero Account when there is none. It is Busy while the account or the network
// has to wait.
func (s *Service) knock(ctx context.Context, c Credentials) (Account, error) {
	var a Account
	err := s.store.Update(ctx, access.Public(""), func(tx Tx) error {
		for _, key := range []string{loginKey(c), networkKey(c)} {
			n, last, err := tx.Delay(ctx, key)
			if err != nil {
				return err
			}
			n = left(key, n, tx.Now().Sub(last))
			if wait := last.Add(delay(key, n)).Sub(tx.Now()); wait > 0 {
				return fault.New(fault.Busy, "signin.wait", fault.Vars{"n": int(wait/time.Second) + 1})
			}
			if err := tx.PutDelay(ctx, key, n+1, tx.Now()); err != nil {
				return err
			}
		}
		var err error
		a, err = tx.AccountByLogin(ctx, fold.Email(c.Login))
		if fault.Is(err, fault.NotFound) {
			a, err = Account{}, nil
		}
		return err
	})
	return a, err
}

// forgive takes the count of an attempt back that proved to be right: all of the account's; and two of the network's, this one
// and a slip of the finger before it.
func forgive(ctx context.Context, tx Tx, c Credentials) error {
	if err := tx.PutDelay(ctx, loginKey(c), 0, tx.Now()); err != nil {
		return err
	}
	n, last, err := tx.Delay(ctx, networkKey(c))
	if err != nil {
		return err
	}
	return tx.PutDelay(ctx, networkKey(c), max(n-2, 0), last)
}

func loginKey(c Credentials) string { return "login:" + access.HashToken(fold.Email(c.Login)) }

func networkKey(c Credentials) string { return "net:" + c.Network }

func ofNetwork(key string) bool { return strings.HasPrefix(key, "net:") }

// left is how many of n failures still count after a quiet time: an account forgets all after a day, a network one each
// minute.
func left(key string, n int, quiet time.Duration) int {
	if ofNetwork(key) {
		return max(n-int(quiet/time.Minute), 0)
	}
	if quiet > 24*time.Hour {
		return 0
	}
	return n
}

// delay is how long to wait after n failures: nothing after the first few, then twice as long each time, up to fifteen
// minutes for an account and one minute for a network.
func delay(key string, n int) time.Duration {
	free, most := freeAccount, 15*time.Minute
	if ofNetwork(key) {
		free, most = freeNetwork, time.Minute
	}
	if n <= free {
		return 0
	}
	return min(time.Second<<min(n-free, 20), most)
}

// refuse records a refused sign-in, and tells the owner of the account, once a day, when somebody keeps trying.
func (s *Service) refuse(ctx context.Context, by access.Actor, a Account, key string) error {
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.RecordRefusal(ctx, access.SignIn, accountResource(by.Person)); err != nil {
			return err
		}
		n, _, err := tx.Delay(ctx, loginKey(Credentials{Login: a.Login}))
		if err != nil || a.State != Active || n <= freeAccount {
			return err
		}
		p, err := tx.Person(ctx, a.Person)
		if err != nil {
			return err
		}
		return tx.PlanMail(ctx, Mail{
			Key: "guess/" + string(a.Person) + "/" + calendar.On(tx.Now()).String(), Kind: "guess", Record: string(a.Person),
			Person: a.Person, Address: a.Login, Lang: p.Lang, Due: tx.Now(),
		})
	})
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, key).At("login")
}

// begin opens a session with a new secret, which it returns.
func (s *Service) begin(ctx context.Context, tx Tx, ses Session) (string, error) {
	token, hash := access.NewToken()
	ses.Hash, ses.Made, ses.Seen = hash, tx.Now(), tx.Now()
	if ses.Until.IsZero() {
		ses.Until = tx.Now().Add(DayLimit)
	}
	ses.Device = clip(ses.Device, 120)
	return token, tx.PutSession(ctx, ses)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Resume returns who holds the session of token, with the rights of this moment. A session that ended is NotFound.
func (s *Service) Resume(ctx context.Context, token, request string) (Visitor, error) {
	var v Visitor
	var stale bool
	err := s.store.View(ctx, access.Public(request), func(tx Tx) error {
		ses, err := tx.Session(ctx, access.HashToken(token))
		if err != nil {
			return err
		}
		stale = tx.Now().Sub(ses.Seen) > time.Minute
		v, err = visitor(ctx, tx, ses, request)
		return err
	})
	if err != nil || !stale {
		return v, err
	}
	if err := s.touch(ctx, v); fault.Is(err, fault.Busy) {
		return v, nil // a full disk signs nobody out
	} else if err != nil {
		return Visitor{}, err
	}
	return v, nil
}

// visitor reads who holds a session and what they may do at this moment.
func visitor(ctx context.Context, tx Tx, ses Session, request string) (Visitor, error) {
	a, err := tx.Account(ctx, ses.Person)
	if err != nil {
		return Visitor{}, err
	}
	if a.State != Active || !ses.lives(tx.Now()) {
		return Visitor{}, fault.New(fault.NotFound, "fault.notfound")
	}
	p, err := tx.Person(ctx, ses.Person)
	if err != nil {
		return Visitor{}, err
	}
	grants, err := tx.Grants(ctx, ses.Person)
	if err != nil {
		return Visitor{}, err
	}
	demo, err := tx.Setting(ctx, demoSetting)
	if err != nil {
		return Visitor{}, err
	}
	v := Visitor{Name: p.Name, Lang: p.Lang, Session: ses.Hash, Factor: a.HasFactor()}
	v.Actor = access.Actor{
		Person: p.ID, Via: access.ViaSession, Request: request, Session: ses.Hash, StepUp: ses.StepUp,
		Grants: []access.Grant{{Role: access.Member}},
	}
	for _, g := range grants {
		if !g.Ended.IsZero() || (!g.Until.IsZero() && !tx.Now().Before(g.Until)) {
			continue
		}
		v.Roles = append(v.Roles, g)
		if access.NeedsFactor(g.Role) && !ses.Factor && demo == "" {
			v.NeedsFactor = true
			continue
		}
		v.Actor.Grants = append(v.Actor.Grants, access.Grant{Role: g.Role, Region: g.Region, Agency: g.Agency, Until: g.Until})
	}
	return v, nil
}

// Rights reads the rights of an actor's session anew, within a transaction that is about to write. A session that ended in
// the meantime is Denied.
func Rights(ctx context.Context, tx Tx, by access.Actor) (access.Actor, error) {
	ses, err := tx.Session(ctx, by.Session)
	if err == nil {
		var v Visitor
		if v, err = visitor(ctx, tx, ses, by.Request); err == nil {
			return v.Actor, nil
		}
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Denied, "session.ended")
	}
	return by, err
}

// touch notes that a session is in use, at most once a minute.
func (s *Service) touch(ctx context.Context, v Visitor) error {
	return s.store.Update(ctx, v.Actor, func(tx Tx) error {
		ses, err := tx.Session(ctx, v.Session)
		if err != nil {
			return err
		}
		ses.Seen = tx.Now()
		return tx.TouchSession(ctx, ses)
	})
}

// SignOut ends one session.
func (s *Service) SignOut(ctx context.Context, by access.Actor, hash string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		ses, err := tx.Session(ctx, hash)
		if err != nil {
			return err
		}
		if ses.Person != by.Person {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return tx.EndSession(ctx, hash)
	})
}

// SignOutElsewhere ends every session of the actor but the one of hash keep; an empty keep ends them all.
func (s *Service) SignOutElsewhere(ctx context.Context, by access.Actor, keep string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		return tx.EndSessions(ctx, by.Person, keep)
	})
}

// Sessions lists the actor's own sessions that are still alive.
func (s *Service) Sessions(ctx context.Context, by access.Actor) ([]Session, error) {
	var live []Session
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		all, err := tx.Sessions(ctx, by.Person)
		for _, ses := range all {
			if ses.lives(tx.Now()) {
				live = append(live, ses)
			}
		}
		return err
	})
	return live, err
}
