package web_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"strengthen/internal/access"
	"strengthen/internal/org"
	"strengthen/internal/passkey"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
	"strengthen/internal/web"
)

// TestPasskeys makes a passkey in Chromium with its virtual authenticator, comes in with it, proves with it, and fails with a
// device that does not verify its user.
func TestPasskeys(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
		if err := o.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}
		_, token, err := o.Invite(t.Context(), admin, "k", org.Invitation{Name: "Деян Касабов", Email: "deyan@example.org", Lang: "en", Role: access.DataProtection})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.SetPassword(t.Context(), token, "четири зелени кофи", "r"); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(nil)
		site := strings.Replace("http://"+server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
		door, err := passkey.New(site)
		if err != nil || door == nil {
			t.Fatalf("passkeys of %s: %v", site, err)
		}
		o.UsePasskeys(door)
		server.Config.Handler = web.New(web.Config{Org: o, Training: training.New(store.For[training.Tx]{DB: db}, clock.Now), Survey: survey.New(store.For[survey.Tx]{DB: db}, clock.Now),
			Policy: access.Standard(), Now: clock.Now, Log: quiet, Site: site, Ready: db.Ready, Rate: 1e6}).Handler()
		server.Start()
		defer server.Close()

		ctx := chromium(t)
		device := newDevice(t, ctx)
		see := func(want string) {
			t.Helper()
			text, err := chromedp.Run(ctx, chromedp.Text("main"))
			if err != nil || !strings.Contains(text, want) {
				at, _ := chromedp.Run(ctx, chromedp.Location())
				t.Fatalf("at %s: want %q in %.600q (%v)", at, want, text, err)
			}
		}
		do := func(acts ...chromedp.Action[chromedp.Void]) {
			t.Helper()
			if err := chromedp.Do(ctx, acts...); err != nil {
				t.Fatal(err)
			}
		}
		press := func(button string) {
			t.Helper()
			do(chromedp.WaitVisible(button))
			if err := evaluate(ctx, "window.before = true"); err != nil {
				t.Fatal(err)
			}
			do(chromedp.Click(button))
			until(t, ctx, `!window.before && document.readyState === "complete"`)
		}

		do(chromedp.Navigate(site+"/en/signin"), chromedp.SendKeys("#login", "deyan@example.org"), chromedp.SendKeys("#password", "четири зелени кофи"))
		press(`form[action="/en/signin"] button`)
		do(chromedp.Navigate(site + "/audit"))
		see("Set up a second factor before you go on") // the role is closed until then
		do(chromedp.SendKeys("#name", "Служебен телефон"))
		press(`form[data-passkey=create] button`)
		see("Recovery codes")
		do(chromedp.Navigate(site + "/audit"))
		see("Who did what")

		do(chromedp.Navigate(site + "/me"))
		see("Служебен телефон")
		press(`form[action="/signout"] button`)
		do(chromedp.Navigate(site + "/en/signin?next=/audit"))
		press(`form[data-passkey=get] button`)
		see("Who did what")

		clock.Move(6 * time.Minute)
		do(chromedp.Navigate(site + "/me/factor")) // replacing a factor asks for proof
		see("we ask once more")
		press(`form[data-passkey=get] button`)
		see("Add the account to your authenticator")

		do(chromedp.Navigate(site + "/me"))
		press(`form[action="/signout"] button`)
		do(call(webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: false}),
			chromedp.Navigate(site+"/en/signin?next=/audit"), chromedp.Click(`form[data-passkey=get] button`))
		time.Sleep(300 * time.Millisecond) // the browser refuses in the page; nothing is sent
		if at, _ := chromedp.Run(ctx, chromedp.Location()); !strings.Contains(at, "/signin") {
			t.Errorf("a device that did not verify its user came to %s", at)
		}
	})
}

func newDevice(t *testing.T, ctx context.Context) webauthn.AuthenticatorID {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), call(webauthn.Enable, webauthn.EnableParams{})); err != nil {
		t.Fatal(err)
	}
	made, err := chromedp.Run(ctx, ask(webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}))
	if err != nil {
		t.Fatal(err)
	}
	return made.AuthenticatorID
}
