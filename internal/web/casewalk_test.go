package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"strengthen/internal/casework"
)

// caseWalk is a browser in which one person after the other sits down.
type caseWalk struct {
	*caseTown
	ctx context.Context
}

// as lets somebody sit down at a page; "" is nobody, the public.
func (w *caseWalk) as(who, path string) {
	w.Helper()
	token := w.token[who]
	if token == "" {
		token = "nobody"
	}
	setCookie(w.T, w.ctx, w.site.url, token)
	w.must(chromedp.Do(w.ctx, chromedp.Navigate(w.site.url+path)))
}

// sendForm fills the form whose address ends so, as far as it may be filled, and presses a button of it.
const sendForm = `(at, values, button) => {
	const path = (f) => new URL(f.getAttribute("action") || "", location).pathname;
	const f = [...document.forms].find((f) => f.getAttribute("method") === "post" && path(f).endsWith(at));
	if (!f) return "no form " + at + " among " + [...document.forms].map(path).join(" ");
	for (let e = f; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
	for (const [name, v] of Object.entries(values)) {
		const e = f.elements[name];
		if (!e) return "no field " + name;
		const one = e.type || "";
		if (one === "checkbox") e.checked = true;
		else if (one) { e.value = v; if (e.value !== v) return name + " does not take " + v; }
		else { const box = [...e].find((b) => b.value === v); if (!box) return name + " has no " + v; box.checked = true; }
	}
	if (!f.checkValidity()) return "missing: " + [...f.elements].filter((e) => e.matches(":invalid")).map((e) => e.name).join(" ");
	const all = [...f.elements].filter((e) => e.tagName === "BUTTON");
	const b = button ? all.find((e) => e.value === button || (e.getAttribute("formaction") || "").endsWith(button)) : all[0];
	if (!b) return "no button " + button;
	window.before = true;
	b.click();
	return "";
}`

// send fills a form and sends it; it is taken when no fault comes back.
func (w *caseWalk) send(at string, values map[string]string, button string) {
	w.Helper()
	given, err := json.Marshal(values)
	w.must(err)
	if values == nil {
		given = []byte("{}")
	}
	wrong, err := chromedp.Run(w.ctx, chromedp.Evaluate[string]("("+sendForm+`)("`+at+`", `+string(given)+`, "`+button+`")`))
	w.must(err)
	if wrong != "" {
		w.Fatalf("%s: %s", at, wrong)
	}
	until(w.T, w.ctx, `!window.before && document.readyState === "complete"`)
	if faults := w.read(`document.querySelector(".sum")?.innerText || ""`); faults != "" {
		w.Fatalf("%s: %s", at, faults)
	}
}

// formAt is the script that finds the form whose address ends so.
func formAt(at string) string {
	return `[...document.forms].find((f) => f.getAttribute("method") === "post" && new URL(f.getAttribute("action") || "", location).pathname.endsWith("` + at + `"))`
}

// types writes into a form without sending it, and waits until its draft is kept.
func (w *caseWalk) types(at string, values map[string]string) {
	w.Helper()
	given, err := json.Marshal(values)
	w.must(err)
	w.must(evaluate(w.ctx, `{ const f = `+formAt(at)+`; for (const [name, value] of Object.entries(`+string(given)+`)) if (f.elements[name]) f.elements[name].value = value;
		f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new FocusEvent("focusout", {bubbles: true})); }`))
	until(w.T, w.ctx, formAt(at)+`.querySelector(".saved").textContent.includes("записана")`)
}

func (w *caseWalk) read(script string) string {
	w.Helper()
	text, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](script))
	w.must(err)
	return text
}

// printed checks that the PDF of the lead holds every one of the texts.
func (w *caseWalk) printed(path string, texts ...string) {
	w.Helper()
	_, pdf := w.site.ask(w.T, http.MethodGet, path, w.token["lead"])
	cmd := exec.CommandContext(w.Context(), "pdftotext", "-raw", "-", "-")
	cmd.Stdin = strings.NewReader(pdf)
	out, err := cmd.Output()
	w.must(err)
	page := strings.Join(strings.Fields(string(out)), " ")
	for _, x := range texts {
		if !strings.Contains(page, x) {
			w.Errorf("%s does not print %q:\n%.2500s", path, x, page)
		}
	}
}

func (w *caseWalk) here() string { return w.read("location.pathname") }

// says checks that the page shows every one of the texts.
func (w *caseWalk) says(texts ...string) {
	w.Helper()
	page := w.read(`document.querySelector("main").innerText`)
	for _, x := range texts {
		if !strings.Contains(page, x) {
			w.Errorf("%s does not say %q:\n%.2500s", w.here(), x, page)
		}
	}
}

// TestACaseFromTheFirstWordToTheLast follows one child through the pages, in a real browser: somebody from the public gives a
// signal; a social worker takes it, opens a case, gathers the team and leads its meeting; a policeman signs with a dissent and
// does his task; the plan is adopted; the head of the unit closes the case.
func TestACaseFromTheFirstWordToTheLast(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}

	w.as("", "/signal")
	w.send("/signal", map[string]string{"narrative": "Зад стената всяка вечер се чуват удари и детски плач.", "place": "PER32", "kinds": "physical", "band": "7-9", "sex": "f"}, "")
	code := w.read(`document.querySelector(".code").innerText`)
	w.as("", "/signal/check")
	w.send("/signal/check", map[string]string{"code": code}, "")
	w.says("Още никой не го е отворил")

	w.as("lead", "/signals")
	signal := w.read(`new URL(document.querySelector("main table a").href).pathname`)
	w.says("60\u00a0минути") // until the other institutions must know
	w.as("lead", signal)
	w.says("Зад стената")
	w.send("/steps/acknowledge", nil, "")
	w.send("/steps/screen", nil, "")
	w.send("/assess", map[string]string{"outcome": "violence"}, "")
	w.send("/happened", map[string]string{"event": "signal.told"}, "")
	w.send("/case", nil, "")
	file := w.here()
	w.as("", "/signal/check")
	w.send("/signal/check", map[string]string{"code": code}, "")
	if told := w.read(`document.querySelector("h1").innerText`); strings.Contains(told, "Още никой") {
		t.Errorf("the sender reads %q after the signal was taken", told)
	}

	w.as("lead", file+"/team")
	for _, kind := range []string{"police", "prosecution", "municipality"} {
		w.send("/seats", map[string]string{"agency": string(w.agency[kind]), "function": "other"}, "")
	}
	w.send("/seats", map[string]string{"agency": string(w.agency["police"]), "person": string(w.person["member"].Person), "function": "district_inspector"}, "")
	w.says("Лице member")
	w.as("lead", file+"/meetings")
	w.send("/meetings", map[string]string{"at": "2026-03-04T11:00", "place": "стая 2"}, "")
	meeting := w.here()
	w.send("/call", map[string]string{"agency": string(w.agency["police"]), "phoned": "2026-03-04T09:00", "wrote": "2026-03-04T09:00", "channel": "email"}, "")
	came := func(kind string) string { return "came_" + string(w.agency[kind]) }
	w.send("/hold", map[string]string{came("police"): "yes", came("prosecution"): "no", came("municipality"): "no", "who_" + string(w.agency["police"]): "инспекторът"}, "")
	w.says("Срещата не е в пълен състав", "Община")
	w.send("/bring", map[string]string{"kind": "strength", "source": "посещение", "text": "Бабата живее наблизо и детето ѝ вярва."}, "")
	w.send("/minutes", map[string]string{"worries": "Удари всяка вечер.", "risk": "Висок, докато бащата е у дома."}, "")
	w.send("/decide", map[string]string{"text": "Детето остава при баба си."}, "")
	w.send("/end", map[string]string{"next": "2026-03-18T10:00"}, "")
	w.printed(meeting+"/minutes.pdf", "по електронна поща", "Следваща среща: 18 март 2026 г., 10:00")

	w.as("member", meeting)
	w.says("Удари всяка вечер.", "Бабата живее наблизо")
	w.send("/sign", map[string]string{"dissent": "Полицията иска и заповед за защита."}, "no")
	w.says("Особено мнение", "Полицията иска и заповед за защита.")

	w.as("lead", file+"/plan")
	w.send("/plans", nil, "")
	w.send("/goals", map[string]string{"for": "child", "text": "Никой не вдига ръка на детето."}, "")
	w.send("/tasks", map[string]string{"what": "Обход на адреса всяка седмица", "service": "social", "owner": "agency", "agency": string(w.agency["police"]), "person": string(w.person["member"].Person),
		"due": "2026-03-20", "indicator": "четири обхода"}, "")
	w.send(w.read(`new URL(document.querySelector("#draft").action).pathname`), map[string]string{"long_term": "Детето живее спокойно у дома.", "review": "2026-08-01", "parents_agree": "1", "child_agrees": "1",
		"no_health": "Детето е прегледано и е здраво.", "no_education": "Учи и се чувства добре в клас."}, "/adopt")
	w.says("Детето живее спокойно у дома.", "Обход на адреса всяка седмица", "Лице member, Институция police")

	w.as("lead", file+"/restorative")
	w.send("/restorative", map[string]string{"method": "conference", "why": "Бабата иска семейството да се събере."}, "")
	w.must(evaluate(w.ctx, `(() => { const f = [...document.forms].find((f) => f.action.endsWith("/screen")), set = (n, v) => v.forEach((x, i) => { f.elements[n][i].value = x; });
		set("role", ["child", "relative"]); set("informed", ["2026-03-03", "2026-03-03"]); set("consent", ["yes", "yes"]); set("by", ["майката", ""]); })()`))
	w.send("/screen", map[string]string{"reasons": "Говорено е с всеки поотделно, никой не се бои.", "facilitator": "координатор от сдружение", "independent": "1", "support": "училищният психолог", "unbound": "1"}, "")
	w.send("/steps/prepare", nil, "")
	w.send("/steps/convene", nil, "")
	w.send("/steps/conclude", map[string]string{"text": "Бабата взема детето всеки петък; ако не може, се обажда.", "follow_on": "2026-04-10"}, "")
	w.says("Бабата взема детето всеки петък", "10\u00a0април")
	w.send("/steps/follow", map[string]string{"kept": "yes", "text": "Детето казва, че е спокойно."}, "")
	w.says("проследен докрай", "спазва се", "Детето казва, че е спокойно.")

	w.as("member", file+"/plan")
	w.send("/done", map[string]string{"evidence": "Направени са четири обхода, няма нови сигнали."}, "")
	w.as("lead", file+"/plan")
	w.send("/judge", nil, "yes")
	w.as("lead", file)
	w.send("/close", map[string]string{"reason": string(casework.CloseReasons()[0]), "why": "Целите са постигнати и детето е спокойно."}, "")
	w.as("head", file)
	w.send("/decide", map[string]string{"why": "Съгласна."}, "yes")

	v, err := w.s.OpenCase(t.Context(), w.person["head"], casework.CaseID(strings.TrimPrefix(file, "/cases/")))
	if err != nil || v.Case.State != casework.Closed {
		t.Errorf("the case ends as %q (%v)", v.Case.State, err)
	}
	w.as("head", file+"/timeline")
	w.says("Случаят е открит", "Срещата се състоя", "Лице member", "Лице lead", "Лице head")
}

// reachable says whether the browser can reach the server.
func (w *caseWalk) reachable(yes bool) {
	w.Helper()
	var none network.SetBlockedURLsParams
	if !yes {
		none.URLPatterns = []*network.BlockPattern{{URLPattern: "http://*:*/*", Block: true}}
	}
	w.must(chromedp.Do(w.ctx, call(network.Enable, network.EnableParams{}), call(network.SetBlockedURLs, none)))
}

// Faults that read alike are told apart by the name of the field at which each stands.
func TestTheSummaryOfFaultsNamesTheFields(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}
	w.as("", "/signal")
	w.must(evaluate(w.ctx, `window.before = true; document.querySelector("main form[method=post] button:not([type=button])").click()`))
	until(t, w.ctx, `!window.before && document.readyState === "complete" && document.querySelector(".sum") !== null`)
	said := w.read(`document.querySelector(".sum").innerText`)
	for _, field := range []string{"Какво видяхте, чухте или узнахте: ", "Къде живее или е сега: "} {
		if !strings.Contains(said, field) {
			t.Errorf("the summary does not name %q:\n%s", field, said)
		}
	}
}

// Whatever form is sent without connection, the page stays with all that was typed and says so; the same button sends it later.
func TestALostConnectionLosesNothing(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}
	file := "/cases/" + string(w.files["open"].id)
	for name, x := range map[string]struct{ who, path, at, field, text, after string }{
		"the public form": {"", "/signal", "/signal", "narrative", "Зад стената се чуват удари.", ".code"},
		"a proposal":      {"lead", file + "/restorative", "/restorative", "why", "Бабата иска семейството да се събере.", ".msg.done"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &caseWalk{&caseTown{}, w.ctx}
			*w.caseTown = *town
			w.caseTown.T = t
			w.as(x.who, x.path)
			form := formAt(x.at)
			w.must(evaluate(w.ctx, `(() => { const f = `+form+`; f.elements["`+x.field+`"].value = "`+x.text+`";
				for (const s of f.querySelectorAll("select")) if (!s.value) s.selectedIndex = 1;
				const k = f.querySelector("[name=kinds]"); if (k) { k.checked = true; f.elements.place.value = "PER32"; } })()`))
			w.reachable(false)
			w.must(evaluate(w.ctx, form+`.querySelector("button:not([type=button])").click()`))
			until(t, w.ctx, `document.querySelector(".lost")?.innerText.includes("Нищо не е изгубено")`)
			if got := w.read(form + `.elements["` + x.field + `"].value`); got != x.text {
				t.Errorf("what was typed is now %q", got)
			}
			w.reachable(true)
			w.must(evaluate(w.ctx, form+`.querySelector("button:not([type=button])").click()`))
			until(t, w.ctx, `document.querySelector("`+x.after+`") !== null`)
		})
	}
}

// TestAnAgeBandStaysOnOneLine: however narrow the screen, the heading of a case does not break between the two ages of a band.
func TestAnAgeBandStaysOnOneLine(t *testing.T) {
	w := &caseWalk{newCaseTown(t), chromium(t)}
	w.as("lead", "/cases/"+string(w.files["open"].id))
	broken := w.read(`(() => {
		const h = document.querySelector("h1"), text = h.firstChild, at = text.data.search(/[0-9]+\u2013/);
		if (at < 0) return "no band in " + h.innerText;
		const band = document.createRange();
		band.setStart(text, at);
		band.setEnd(text, at + text.data.slice(at).search(/\s/));
		for (let width = 20; width < 400; width++) {
			h.style.width = width + "px";
			if (new Set([...band.getClientRects()].filter((r) => r.width > 0).map((r) => r.top)).size > 1) return "at " + width + " px";
		}
		return "";
	})()`)
	if broken != "" {
		t.Errorf("the band breaks: %s", broken)
	}
}
