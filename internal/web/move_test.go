package web_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"strengthen/internal/access"
)

// at is where an element lies on the screen.
type at struct{ X, Y, W, H float64 }

func place(t *testing.T, ctx context.Context, selector string) at {
	t.Helper()
	var p at
	got, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`(() => { const e = document.querySelector('`+selector+`'); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()`))
	if err != nil || len(got) != 4 {
		t.Fatalf("%s: %v", selector, err)
	}
	p.X, p.Y, p.W, p.H = got[0], got[1], got[2], got[3]
	return p
}

// until waits for a script to become true.
func until(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		if err == nil && ok {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	body, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + " " + document.querySelector("main").innerText`))
	t.Fatalf("never true: %s\non %.1500s", script, body)
}

// accessible asks axe about the page as it is, which no address leads to.
func accessible(t *testing.T, ctx context.Context) {
	t.Helper()
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if err := evaluate(ctx, string(axe)); err != nil {
		t.Fatal(err)
	}
	bad, err := chromedp.Run(ctx, chromedp.Evaluate[string](axeRun, chromedp.EvalAwaitPromise))
	if err != nil || bad != "" {
		t.Errorf("not accessible (%v): %s", err, bad)
	}
}

// TestATrainingIsMovedOnTheCalendar drags a training with the mouse, and moves it with the keyboard. Both lead to the page
// that shows what would change; nothing is saved.
func TestATrainingIsMovedOnTheCalendar(t *testing.T) {
	s := open(t)
	e, err := s.training.Event(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Manager}}}, s.future)
	if err != nil {
		t.Fatal(err)
	}
	monday := e.Starts().AddDays(7)
	if monday.Weekday() != time.Monday {
		t.Fatalf("the training begins on %s", e.Starts().Weekday())
	}
	ctx := chromium(t)
	s.speak(t, access.Manager, "en")
	setCookie(t, ctx, s.url, s.cookie(t, access.Manager))
	bar := fmt.Sprintf(`[data-move="%s"]`, s.future)
	open := func() {
		t.Helper()
		err := chromedp.Do(ctx, call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 2400, DeviceScaleFactor: 1}),
			chromedp.Navigate(s.url+"/calendar"))
		if err != nil {
			t.Fatal(err)
		}
	}
	shown := func(want string) {
		t.Helper()
		until(t, ctx, `location.pathname.endsWith("/move") && document.querySelector(".seen") !== null`)
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".seen").innerText`))
		if err != nil || !strings.Contains(got, "new date or place") || !strings.Contains(strings.ReplaceAll(got, "\u00a0", " "), want) {
			t.Errorf("the page shows %q (%v), want %s", got, err, want)
		}
	}
	day := func(n int) string { return fmt.Sprintf(`.d[data-day="%s"]`, monday.AddDays(n)) }
	word := func(n int) string { return monday.AddDays(n).Start().Format("Monday, 2 January 2006") }

	open()
	from, to := place(t, ctx, bar), place(t, ctx, day(3))
	mouse := func(kind input.DispatchMouseEventType, x, y float64, buttons int64) {
		t.Helper()
		err := chromedp.Do(ctx, call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", Buttons: buttons, ClickCount: 1}))
		if err != nil {
			t.Fatal(err)
		}
	}
	// Taken by its second day and let go on a Thursday: it begins on the Wednesday.
	x, y := from.X+from.W/2, from.Y+from.H/2
	mouse("mousePressed", x, y, 1)
	for i := 1.0; i <= 5; i++ {
		mouse("mouseMoved", x+(to.X+to.W/2-x)*i/5, y+(to.Y+to.H/2-y)*i/5, 1)
	}
	mouse("mouseReleased", to.X+to.W/2, to.Y+to.H/2, 0)
	shown(word(2))

	accessible(t, ctx)

	open()
	place(t, ctx, bar)
	if err := evaluate(ctx, `document.querySelector('`+bar+`').focus()`); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"m", "ArrowDown", "ArrowRight", "Enter"} {
		for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
			if err := chromedp.Do(ctx, call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key})); err != nil {
				t.Fatal(err)
			}
		}
	}
	shown(word(1))

	// A click still opens the training.
	open()
	from = place(t, ctx, bar)
	mouse("mousePressed", from.X+5, from.Y+5, 1)
	mouse("mouseReleased", from.X+5, from.Y+5, 0)
	until(t, ctx, `location.pathname === "/trainings/`+string(s.future)+`"`)
	now, err := s.training.Event(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Manager}}}, s.future)
	if err != nil || now.Starts() != e.Starts() {
		t.Errorf("looking moved the training to %s (%v)", now.Starts(), err)
	}
}
