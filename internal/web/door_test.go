package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"strengthen/internal/training"
)

// fakeCamera writes a film that a browser takes for what its camera sees: a badge's code, lying a little askew in grey light.
func fakeCamera(t *testing.T, text string) string {
	t.Helper()
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	const w, h, square = 640, 480, 7
	n := code.Bounds().Dx()
	frame := make([]byte, w*h*3/2)
	for i := range frame {
		frame[i] = 128 // no colour
	}
	for y := range h {
		for x := range w {
			shade := byte(150)
			// Turned by about six degrees around the middle.
			dx, dy := float64(x-w/2), float64(y-h/2)
			u, v := (0.995*dx+0.1*dy)/square+float64(n)/2, (0.995*dy-0.1*dx)/square+float64(n)/2
			if u > -4 && v > -4 && u < float64(n)+4 && v < float64(n)+4 {
				shade = 215
				if u >= 0 && v >= 0 && int(u) < n && int(v) < n {
					if r, _, _, _ := code.At(int(u), int(v)).RGBA(); r == 0 {
						shade = 40
					}
				}
			}
			frame[y*w+x] = shade
		}
	}
	file := filepath.Join(t.TempDir(), "camera.y4m")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n", w, h)
	for range 5 {
		f.WriteString("FRAME\n")
		f.Write(frame)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// withCamera is a browser whose camera sees a film.
func withCamera(t *testing.T, film string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no Chromium: run make check, which installs it (Debian: chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-video-capture", film), chromedp.Flag("disable-background-networking", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	return ctx
}

// phone opens a page of the small system as on a phone.
func (s *small) phone(ctx context.Context, path string) {
	s.Helper()
	setCookie(s.T, ctx, s.base, s.token)
	err := chromedp.Do(ctx, call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}), chromedp.Navigate(s.base+path))
	s.must(err)
}

func (s *small) click(ctx context.Context, selector string) {
	s.Helper()
	s.must(evaluate(ctx, `document.querySelector('`+selector+`').click()`))
}

// TestABadgeIsScannedAtTheDoor goes from the film of a badge to the mark in the database, twice in one sitting of the
// camera; then with the same badge once more.
func TestABadgeIsScannedAtTheDoor(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева")
	ctx := withCamera(t, fakeCamera(t, s.view(seat).Seat.Badge))
	s.at(s.event.HalfDays[0].Begin())
	door := "/trainings/" + string(s.event.ID) + "/door"
	s.phone(ctx, door)
	s.click(ctx, "[data-camera]")
	until(t, ctx, `document.querySelector(".said").classList.contains("ok")`)
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".said").innerText`))
	if err != nil || !strings.Contains(said, "Ана Илиева") || !strings.Contains(said, "is here") {
		t.Errorf("the scanner says %q (%v)", said, err)
	}
	v := s.view(seat)
	if len(v.Presence) != 1 || v.Presence[0].Status != training.Present || v.Presence[0].Method != training.ByScan || v.Presence[0].HalfDay != s.event.HalfDays[0].ID {
		t.Fatalf("after the scan: %+v", v.Presence)
	}
	until(t, ctx, `document.querySelector("[data-count]").textContent.includes("Here: 1 of 1")`)
	live := `document.querySelector(".scanner video").srcObject.getVideoTracks()[0].readyState === "live"`
	until(t, ctx, live)
	// The camera stays on, and some seconds later tells the same badge apart.
	until(t, ctx, `document.querySelector(".said").classList.contains("again")`)
	until(t, ctx, live)
	if got := len(s.view(seat).Presence); got != 1 {
		t.Errorf("%d marks after the second scan", got)
	}
	accessible(t, ctx)
	s.click(ctx, "[data-close]")
	until(t, ctx, `!document.querySelector(".scanner").open && document.querySelector(".scanner video").srcObject.getVideoTracks()[0].readyState === "ended"`)
	loaded, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`typeof window.jsQR === "function" || "BarcodeDetector" in window`))
	if err != nil || !loaded {
		t.Errorf("nothing read the code: %v", err)
	}
}

// TestMarkingAtTheDoorStaysOnThePage marks people on a phone: names are not covered, targets are large, and the page neither
// reloads nor jumps.
func TestMarkingAtTheDoorStaysOnThePage(t *testing.T) {
	s := newSmall(t, "bg")
	a := s.seat("Александрина-Виктория Константинова-Хаджидимитрова")
	b := s.seat("Боян Пеев")
	s.at(s.event.HalfDays[2].Begin())
	ctx := chromium(t)
	s.phone(ctx, "/trainings/"+string(s.event.ID)+"/door")
	until(t, ctx, `document.querySelector(".halves a").getAttribute("aria-current") === "page" && document.querySelector(".halves a").textContent.includes("сега")`)
	covered, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll(".door li")].map((li) => {
		const name = li.querySelector(".who2").getBoundingClientRect();
		return [...li.querySelectorAll("button")].map((b) => { const r = b.getBoundingClientRect(); return r.top < name.bottom ? "covers" : r.height < 44 || r.width < 44 ? "small" : r.right > innerWidth ? "outside" : ""; }).join("");
	}).join("")`))
	if err != nil || covered != "" {
		t.Errorf("buttons beside names: %q (%v)", covered, err)
	}
	s.must(evaluate(ctx, `window.stayed = true; window.scrollTo(0, 200)`))
	s.click(ctx, "#p-"+string(b)+" [value=late]")
	until(t, ctx, `document.querySelector("#p-`+string(b)+` .tag") !== null && document.querySelector(".saidbar").textContent.includes("Боян Пеев: Закъсня")`)
	until(t, ctx, `window.stayed === true && window.scrollY > 100 && document.querySelector("[data-count]").textContent.includes("Тук: 1 от 2. Неотбелязани: 1.")`)
	accessible(t, ctx)
	if got := s.view(b).Presence; len(got) != 1 || got[0].Status != training.Late {
		t.Fatalf("the mark is %+v", got)
	}
	// A correction after ten minutes asks for the reason in place; with it the mark is cleared.
	s.clock.Move(11 * time.Minute)
	row := "#p-" + string(b)
	s.must(evaluate(ctx, `document.querySelector("`+row+` select").value = "cleared"`))
	s.click(ctx, row+" details button")
	until(t, ctx, `document.activeElement === document.querySelector("`+row+` [name=reason]") && document.querySelector("`+row+` .err").textContent.includes("защо")`)
	s.must(evaluate(ctx, `document.querySelector("`+row+` select").value = "cleared"; document.querySelector("`+row+` [name=reason]").value = "друг човек"`))
	s.click(ctx, row+" details button")
	until(t, ctx, `document.querySelector("`+row+` .three") !== null && window.stayed === true`)
	if got := s.view(b).Presence; len(got) != 2 || got[1].Status != training.Cleared || got[1].Reason != "друг човек" {
		t.Errorf("after clearing: %+v", got)
	}
	if got := s.view(a).Presence; len(got) != 0 {
		t.Errorf("the other person has marks: %+v", got)
	}
}

// TestTheDoorWithoutScripts is what happens where no script runs.
func TestTheDoorWithoutScripts(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева")
	door, half := "/trainings/"+string(s.event.ID)+"/door", s.event.HalfDays[0].ID
	s.expect(422, "two hours before", door, "half", half, "key", "early", "seat", string(seat), "status", "present")
	s.at(s.event.HalfDays[0].Begin())
	scan := "/trainings/" + string(s.event.ID) + "/scan"
	badge := s.view(seat).Seat.Badge
	s.expect(200, "is here", scan, "half", half, "key", "one", "badge", badge)
	s.expect(200, "is marked already: present", scan, "half", half, "key", "two", "badge", badge)
	s.expect(422, "not of a participant", scan, "half", half, "key", "three", "badge", "nobody")
	s.clock.Move(time.Minute)
	s.expect(200, "The mark is cleared", door, "half", half, "key", "four", "seat", string(seat), "status", "cleared")
	s.clock.Move(time.Minute)
	s.expect(200, "Presence is marked", door, "half", half, "key", "five", "seat", "all")
	if got := s.view(seat).Presence; len(got) != 3 || got[2].Method != training.ByPaper {
		t.Errorf("the marks are %+v", got)
	}
	code, page := s.get("/seats/" + string(seat))
	s.want(code, page, 200, "badge scanned")
	for _, want := range []string{"Mark cleared", "by the signed sheet", "Милена Тодорова"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the seat does not say %q", want)
		}
	}
}

// TestScansByScriptAnswerWithTheRow looks at what the script of the page is told.
func TestScansByScriptAnswerWithTheRow(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева")
	s.at(s.event.HalfDays[0].Begin())
	send := func(path string, pairs ...string) (int, string) {
		t.Helper()
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/trainings/"+string(s.event.ID)+path, strings.NewReader(form.Encode()))
		s.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Requested-With", "mark")
		res, err := s.client.Do(r)
		return s.read(res, err)
	}
	badge := s.view(seat).Seat.Badge
	for _, tc := range []struct {
		badge, key, want string
		code             int
	}{
		{badge, "a", `data-result="ok"`, 200}, {badge, "a", `data-result="ok"`, 200}, {badge, "b", `data-result="again"`, 200}, {"nobody", "c", `data-result="wrong"`, 422}, {"", "d", `data-result="wrong"`, 422},
	} {
		code, body := send("/scan", "half", s.event.HalfDays[0].ID, "badge", tc.badge, "key", tc.key)
		s.want(code, body, tc.code, tc.want)
	}
	s.at(s.clock.Now().Add(time.Hour))
	code, body := send("/door", "half", s.event.HalfDays[0].ID, "seat", string(seat), "status", "absent", "key", "e")
	s.want(code, body, 422, `data-result="reason"`)
	code, body = send("/door", "half", s.event.HalfDays[0].ID, "seat", string(seat), "status", "absent", "key", "f", "reason", "не е тук")
	s.want(code, body, 200, "Absent")
	s.clock.Move(time.Minute)
	code, body = send("/scan", "half", s.event.HalfDays[0].ID, "badge", badge, "key", "g")
	s.want(code, body, 200, `data-result="ok"`) // by the same hand within ten minutes
	if s.view(seat).Presence[2].Status != training.Present {
		t.Error("the scan did not put the mark right")
	}
}
