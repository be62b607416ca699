package org

import (
	"context"
	"time"

	"strengthen/internal/access"
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
	a, err := s.account(ctx, c)
	if err != nil {
		return "", err
	}
	right, err := s.matches(ctx, a.Hash, c.Password)
	if err != nil {
		return "", err
	}
	actor := access.Actor{Person: a.Person, Via: access.ViaPublic, Request: request}
	if !right || a.State != Active {
		return "", s.fail(ctx, actor, c, "signin.wrong")
	}
	var token string
	var wrong string
	err = s.store.Update(ctx, actor, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SignIn, accountResource(a.Person)); err != nil {
			return err
		}
		if a, err = tx.Account(ctx, a.Person); err != nil {
			return err
		}
		if wrong, err = s.checkFactor(ctx, tx, a, c.Code); err != nil || wrong != "" {
			return err
		}
		if err := tx.PutDelay(ctx, loginKey(c), 0, tx.Now()); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, a.Person, c.Device, tx.Now())
		return err
	})
	if err == nil && wrong != "" {
		return "", s.fail(ctx, actor, c, wrong)
	}
	return token, err
}

// account finds the account of a login, after asking whether it is time to try again.
func (s *Service) account(ctx context.Context, c Credentials) (Account, error) {
	var a Account
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		for _, key := range []string{loginKey(c), networkKey(c)} {
			n, last, err := tx.Delay(ctx, key)
			if err != nil {
				return err
			}
			if left := last.Add(delay(key, n)).Sub(tx.Now()); left > 0 {
				return fault.New(fault.Busy, "signin.wait", fault.Vars{"n": int(left/time.Second) + 1})
			}
		}
		a, err = tx.AccountByLogin(ctx, fold.Email(c.Login))
		if fault.Is(err, fault.NotFound) {
			a, err = Account{}, nil
		}
		return err
	})
	return a, err
}

func loginKey(c Credentials) string { return "login:" + access.HashToken(fold.Email(c.Login)) }

func networkKey(c Credentials) string { return "net:" + c.Network }

// delay is how long to wait after n failures: nothing after the first four, then twice as long each time, up to fifteen
// minutes. Networks are shared by a whole office and are given more.
func delay(key string, n int) time.Duration {
	free := 4
	if key[:4] == "net:" {
		free = 30
	}
	if n <= free {
		return 0
	}
	return min(time.Second<<min(n-free, 20), 15*time.Minute)
}

// fail records a refused sign-in and makes the next one wait.
func (s *Service) fail(ctx context.Context, by access.Actor, c Credentials, key string) error {
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.RecordRefusal(ctx, access.SignIn, accountResource(by.Person)); err != nil {
			return err
		}
		for _, k := range []string{loginKey(c), networkKey(c)} {
			n, last, err := tx.Delay(ctx, k)
			if err != nil {
				return err
			}
			if tx.Now().Sub(last) > 24*time.Hour {
				n = 0
			}
			if err := tx.PutDelay(ctx, k, n+1, tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, key).At("login")
}

func (s *Service) begin(ctx context.Context, tx Tx, id access.PersonID, device string, stepUp time.Time) (string, error) {
	token, hash := access.NewToken()
	return token, tx.PutSession(ctx, Session{
		Hash: hash, Person: id, Made: tx.Now(), Seen: tx.Now(), Until: tx.Now().Add(DayLimit), StepUp: stepUp,
		Device: clip(device, 120),
	})
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
		if !ses.lives(tx.Now()) {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		stale = tx.Now().Sub(ses.Seen) > time.Minute
		v, err = visitor(ctx, tx, ses, request)
		return err
	})
	if err != nil || !stale {
		return v, err
	}
	return v, s.touch(ctx, v)
}

func visitor(ctx context.Context, tx Tx, ses Session, request string) (Visitor, error) {
	a, err := tx.Account(ctx, ses.Person)
	if err != nil {
		return Visitor{}, err
	}
	if a.State != Active {
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
	v := Visitor{Name: p.Name, Lang: p.Lang, Session: ses.Hash, Factor: a.TOTP != ""}
	v.Actor = access.Actor{
		Person: p.ID, Via: access.ViaSession, Request: request, StepUp: ses.StepUp,
		Grants: []access.Grant{{Role: access.Member}},
	}
	for _, g := range grants {
		if !g.Ended.IsZero() || (!g.Until.IsZero() && !tx.Now().Before(g.Until)) {
			continue
		}
		v.Roles = append(v.Roles, g)
		if access.SeesPersonalData(g.Role) && !v.Factor && demo == "" {
			v.NeedsFactor = true
			continue
		}
		v.Actor.Grants = append(v.Actor.Grants, access.Grant{Role: g.Role, Region: g.Region, Until: g.Until})
	}
	return v, nil
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
