package torture

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// D10. In Chromium a form is sent by a double click, and sent again after the back button; without a browser it is sent again
// after the server was killed while it was under way. Whatever was asked for is there once. Seen to fail: "twice" carries
// repeats out.
func TestTwice(t *testing.T) {
	r := twice(t, program(), times(2, 15))
	if r.double > 0 || r.missing > 0 || r.refused > 0 {
		t.Errorf("%+v", r)
	}
	figures(t, "D10: submissions %d, of forms %d, duplicates %d, missing %d; forms that came anew after the back button %d", r.sent, r.forms, r.double, r.missing, r.fresh)
}

func TestTwiceSeesWhatItShould(t *testing.T) {
	r := twice(t, broken(), 2, "STRENGTHEN_BROKEN=twice")
	if r.double == 0 {
		t.Error("repeats that were carried out were not seen")
	}
	figures(t, "D10 broken on purpose (twice): submissions %d, duplicates %d", r.sent, r.double)
}

// repeats counts what was sent more than once, and what became of it.
type repeats struct{ sent, forms, double, missing, fresh, refused int }

func twice(t *testing.T, bin string, n int, env ...string) repeats {
	d := dice(t)
	w := furnish(t, place{dir: t.TempDir()})
	s := newServer(t, w.place, bin, env...)
	s.start()
	tab := browser(t, t.TempDir())
	must(t, do(tab, chromedp.Navigate(s.base+"/healthz"), script(`document.cookie = "session=`+w.session+`"; null`)))
	var forms []form
	var r repeats
	const button = "main form button.btn"
	for i := range n {
		for _, f := range []form{newClient(w, s, d).agency(), newClient(w, s, d).application("/apply/")} {
			done := map[string]string{"agency": "Записано", "enrolment": "Проверете пощата си"}[f.table]
			must(t, do(tab, chromedp.Navigate(s.base+f.path), chromedp.WaitVisible("main form"), script(filling(typed(f)))))
			// A double press with the page's own guard against it, and as without JavaScript, when the first has gone out already.
			press := [][2]string{{`b.click()`, `b.click()`}, {`fetch(f.action, { method: "POST", body: new URLSearchParams(new FormData(f)) })`, `f.submit()`}}[i%2]
			must(t, do(tab, script(fmt.Sprintf(`(() => { const b = document.querySelector(%q), f = b.form; %s; setTimeout(() => %s, %d); })(); null`, button, press[0], press[1], d.IntN(60)))))
			must(t, waitFor(tab, done))
			forms = append(forms, f)

			f = map[string]form{"agency": newClient(w, s, d).agency(), "enrolment": newClient(w, s, d).application("/apply/")}[f.table]
			must(t, do(tab, chromedp.Navigate(s.base+f.path), chromedp.WaitVisible("main form"), script(filling(typed(f)))))
			key, err := keyOf(tab)
			must(t, err)
			must(t, do(tab, chromedp.Click(button)))
			must(t, waitFor(tab, done))
			must(t, goBack(tab, f.path))
			if again, err := keyOf(tab); err != nil || again != key {
				r.fresh++ // the form came anew, empty, with another key: sending it is another wish
				continue
			}
			must(t, do(tab, script(filling(typed(f))), script(`document.querySelector("main form").submit(); null`)))
			must(t, waitFor(tab, done))
			forms = append(forms, f)
			r.sent += 4
		}
		c := newClient(w, s, d)
		f := c.form()
		answered := make(chan struct{})
		go func() { c.send(f); close(answered) }() //nolint:errcheck // it is cut as a rule
		time.Sleep(time.Duration(d.IntN(12)) * time.Millisecond)
		s.kill()
		<-answered
		s.start()
		if res, page, err := newClient(w, s, d).send(f); !kept(res, err) {
			t.Logf("again after a kill (%d): %v %.200s", i, err, text(page))
			r.refused++
		}
		forms = append(forms, f)
		r.sent += 2
	}
	s.stop()
	c := tally(t, w.raw(t), forms)
	r.forms, r.double, r.missing = len(forms), c.doubled, c.lost
	return r
}

// goBack presses the browser's back button and waits until the form is there again.
func goBack(tab context.Context, path string) error {
	if err := do(tab, script(`history.back(); null`)); err != nil {
		return err
	}
	for range 300 {
		there, err := ask[bool](tab, fmt.Sprintf(`location.pathname === %q && !!document.querySelector("main form [name=key]")`, path))
		if err == nil && there {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the back button does not lead to %s", path)
}

// keyOf is the key that the form on the page carries.
func keyOf(tab context.Context) (string, error) {
	return ask[string](tab, `document.querySelector("main form [name=key]").value`)
}

// typed is what a person types into a form.
func typed(f form) map[string]string {
	all := map[string]string{}
	for name := range f.values {
		if name != "key" {
			all[name] = f.values.Get(name)
		}
	}
	return all
}
