// Small helps for people with scripts; every page works without them.
"use strict";
// A form is sent only when the server can be reached: without connection the page stays, with all that was typed, says so, and asks
// before it is left. A button that was pressed is not pressed twice; the server would ignore the second anyway.
document.addEventListener("submit", (e) => {
  const f = e.target;
  if (e.defaultPrevented) return;
  if (f.dataset.sent) { e.preventDefault(); return; }
  f.dataset.sent = "1";
  if (f.getAttribute("method") !== "post" || f.dataset.reached || !f.requestSubmit) { delete f.dataset.reached; setTimeout(() => { delete f.dataset.sent; }, 4000); return; }
  e.preventDefault();
  fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout?.(10000) }).then(() => true, () => false).then((there) => {
    delete f.dataset.sent; delete f.dataset.lost;
    if (there) { f.dataset.reached = "1"; f.requestSubmit(e.submitter); return; }
    f.dataset.lost = "1";
    let said = f.querySelector(".lost");
    if (!said) { said = document.createElement("p"); said.className = "msg lost"; said.setAttribute("role", "alert"); f.append(said); }
    said.textContent = document.documentElement.lang === "bg"
      ? "Няма връзка. Нищо не е изгубено: написаното стои тук. Изпратете отново, когато връзката се върне."
      : "No connection. Nothing is lost: what you wrote stays here. Send again when the connection is back.";
  });
});
window.addEventListener("beforeunload", (e) => { if (document.querySelector("form[data-lost]:not([data-sent])")) e.preventDefault(); });
// The summary of faults says at which field each stands, and gets the focus.
document.querySelectorAll(".sum a[href^='#']").forEach((a) => {
  const id = CSS.escape(a.hash.slice(1)), label = document.querySelector(`label[for="${id}"],fieldset#${id}>legend`);
  if (label) a.prepend(label.firstChild.textContent.trim() + ": ");
});
document.querySelector(".sum")?.focus();
// So does what a change would do.
document.querySelector(".seen")?.focus();
// Rows that are not needed yet stay away until they are asked for.
document.querySelectorAll("[data-rows]").forEach((list) => {
  const more = list.parentElement.querySelector("[data-more]"), rows = [...list.children];
  const empty = (row) => row.querySelector("[type=date]").value === "";
  rows.forEach((row, i) => { row.hidden = i > 0 && empty(row); });
  const left = () => rows.filter((row) => row.hidden);
  more.hidden = left().length === 0;
  more.addEventListener("click", () => {
    const row = left()[0];
    row.hidden = false; row.querySelector("[type=date]").focus();
    more.hidden = left().length === 0;
  });
});
// "/" goes to the search box.
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const s = document.querySelector("input[type=search]");
  if (s) { e.preventDefault(); s.focus(); }
});
// The present page of the header is scrolled into view on a phone.
document.querySelectorAll(".nav [aria-current],.tabs [aria-current]").forEach((a) => a.scrollIntoView({ inline: "center", block: "nearest" }));
// What is folded on the screen is open on paper.
window.addEventListener("beforeprint", () => document.querySelectorAll("details:not([open])").forEach((d) => { d.open = true; d.dataset.folded = "1"; }));
window.addEventListener("afterprint", () => document.querySelectorAll("[data-folded]").forEach((d) => { d.open = false; delete d.dataset.folded; }));
document.querySelectorAll("[data-print]").forEach((b) => { b.hidden = false; b.addEventListener("click", () => window.print()); });
document.querySelectorAll("[data-confirm]").forEach((b) => b.addEventListener("click", (e) => { if (!window.confirm(b.dataset.confirm)) e.preventDefault(); }));

// Leaving quickly: the page is blanked at once and its place in the history is taken by a neutral one. Shift three times does it too.
const exits = document.querySelectorAll("[data-exit]");
if (exits.length) {
  const leave = (e) => { e?.preventDefault(); document.body.classList.add("gone"); document.title = " "; location.replace(exits[0].href); };
  let shifts = [];
  exits.forEach((a) => a.addEventListener("click", leave));
  document.addEventListener("keyup", (e) => {
    shifts = e.key === "Shift" ? [...shifts, Date.now()].filter((t) => Date.now() - t < 1500) : [];
    if (shifts.length === 3) leave();
  });
}

// Drafts: what is typed into a form with a long text is kept on the server three seconds after the last key; without connection it
// stays in the page, which says so and asks before it is left. Nothing is kept in the browser.
const keeping = document.body.dataset.drafts === undefined ? [] : [...document.querySelectorAll("form[method=post]:not([data-nodraft],[data-save])")].filter((f) => f.querySelector("textarea")).map((f) => {
  const place = new URL(f.getAttribute("action") || location.pathname, location).pathname, bg = document.documentElement.lang === "bg", said = document.createElement("span"), name = document.createElement("input");
  const own = [...f.elements].filter((e) => e.name && !/^(hidden|file|password|submit|button)$/.test(e.type)), check = (e) => e.type === "checkbox" || e.type === "radio";
  const key = (e) => { const same = own.filter((o) => o.name === e.name); return check(e) ? e.name + "=" + e.value : same.length > 1 ? e.name + "#" + same.indexOf(e) : e.name; };
  const say = (b, e) => { said.textContent = bg ? b : e; };
  let timer = 0, dirty = false;
  const save = async () => {
    clearTimeout(timer);
    if (!dirty) return;
    const body = new URLSearchParams({ form: place });
    own.forEach((e) => { if (!check(e) || e.checked) body.append(key(e), e.value); });
    say("Записва се", "Saving");
    try {
      const r = await fetch("/drafts", { method: "POST", body });
      if (r.status !== 204) { say("Черновата не се записва. Копирайте текста или запазете формуляра.", "The draft does not save itself. Copy the text, or save the form."); return; }
      dirty = false;
      say("Черновата е записана в " + new Date().toTimeString().slice(0, 5), "Draft saved at " + new Date().toTimeString().slice(0, 5));
    } catch { say("Няма връзка. Написаното стои тук: не затваряйте страницата.", "No connection. What you wrote stays here: do not close the page."); timer = setTimeout(save, 10000); }
  };
  name.type = "hidden"; name.name = "draft"; name.value = place;
  said.className = "saved m"; said.setAttribute("role", "status");
  f.append(name); (f.querySelector(".acts") || f).append(said);
  f.addEventListener("input", () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, 3000); });
  f.addEventListener("focusout", save);
  window.addEventListener("online", save);
  window.addEventListener("beforeunload", (e) => { if (dirty && !f.dataset.sent) e.preventDefault(); });
  return { f, place, back: (d) => {
    own.forEach((e) => { if (check(e)) e.checked = key(e) in d.fields; else if (key(e) in d.fields) e.value = d.fields[key(e)]; });
    if (f.closest("details")) f.closest("details").open = true;
    say("Върната е черновата от " + d.at + ". ", "The draft of " + d.at + " is back. ");
    const b = document.createElement("button");
    b.type = "button"; b.className = "lnk"; b.textContent = bg ? "Изхвърли я" : "Throw it away";
    b.addEventListener("click", () => fetch("/drafts/drop", { method: "POST", body: new URLSearchParams({ form: place }) }).then(() => { f.reset(); dirty = false; say("Черновата е изхвърлена.", "The draft is thrown away."); }));
    said.append(b);
  } };
}).filter((k) => !document.querySelector(".sum") || k.place !== location.pathname); // what came back with faults is newer
if (keeping.length) fetch("/drafts?" + new URLSearchParams(keeping.map((k) => ["form", k.place]))).then((r) => r.json()).then((all) => keeping.forEach((k) => { if (all[k.place]) k.back(all[k.place]); })).catch(() => {});

// Questionnaire: each answer is saved as it is given; what could not be sent waits and is sent again. On a phone Back and Next
// turn the screens without loading the page; which one is seen is up to the style sheet.
const quest = document.querySelector("form[data-save]");
if (quest) {
  const said = document.querySelector("#saved"), number = quest.querySelector(".qn"), bar = quest.querySelector(".qbar .wv-a");
  const back = quest.querySelector("[data-back]"), next = quest.querySelector("[data-next]");
  const screens = [...quest.querySelectorAll(".scr")], last = screens.length - 1;
  const fill = (text, n, m) => text.replace("{n}", n).replace("{m}", m);
  const waiting = new Map();
  const filled = (i) => i.querySelector(":checked") || (i.querySelector("input:not([type=radio]),textarea") || {}).value;
  const count = () => {
    const items = screens.slice(1, last), gaps = quest.querySelectorAll("[data-gap]");
    gaps.forEach((g) => { g.hidden = !!filled(screens[g.dataset.gap]); });
    const none = [...gaps].every((g) => g.hidden);
    quest.querySelector(".open").hidden = none; quest.querySelector(".all").hidden = !none;
    return fill(said.dataset.count, items.filter(filled).length, items.length);
  };
  let sending = false;
  const send = async () => {
    if (sending || !waiting.size) return;
    sending = true; said.textContent = said.dataset.busy;
    const part = new Map(waiting);
    try {
      const r = await fetch(quest.action, { method: "POST", body: new URLSearchParams([...part]), headers: { "X-Requested-With": "save" } });
      part.forEach((v, k) => { if (waiting.get(k) === v) waiting.delete(k); });
      said.textContent = r.ok ? said.dataset.ok + " " + new Date().toTimeString().slice(0, 5) + " · " + count() : said.dataset.bad;
    } catch { said.textContent = fill(said.dataset.off, waiting.size); }
    sending = false;
  };
  quest.addEventListener("change", (e) => { waiting.set(e.target.name, e.target.value); send(); });
  window.addEventListener("online", send);
  window.addEventListener("focus", send);
  setInterval(send, 20000);
  window.addEventListener("beforeunload", (e) => { if (waiting.size && !quest.dataset.sent) e.preventDefault(); });

  const turn = (n, keep) => {
    screens.forEach((s, i) => s.classList.toggle("now", i === n));
    quest.querySelectorAll(".sec").forEach((s) => s.classList.toggle("now", s.contains(screens[n])));
    back.hidden = n === 0; next.hidden = n === last; back.value = n - 1; next.value = n + 1;
    if (next.dataset.word && n) next.firstChild.data = next.dataset.word + " ";
    number.textContent = n && n < last ? fill(number.dataset.text, n, last - 1) : "";
    bar.setAttribute("width", 100 * n / last);
    count();
    if (keep) history.pushState({ n }, "", "?q=" + n);
    window.scrollTo(0, 0);
    screens[n].querySelector("input,textarea,h1,h2,a")?.focus({ preventScroll: true });
  };
  [back, next].forEach((b) => b.addEventListener("click", (e) => { e.preventDefault(); turn(Number(b.value), true); }));
  window.addEventListener("popstate", () => turn(Number(new URLSearchParams(location.search).get("q")) || 0, false));
}

// Door: marks and scans are sent without leaving the page; the server answers with the row of the person.
const list = document.querySelector("ul.door");
if (list) {
  const bar = document.querySelector(".saidbar"), count = document.querySelector("[data-count]");
  const say = (text, bad) => { bar.hidden = false; bar.textContent = text; bar.classList.toggle("bad", Boolean(bad)); };
  const send = (url, body) => fetch(url, { method: "POST", body, headers: { "X-Requested-With": "mark" } }).then(async (r) => {
    const doc = new DOMParser().parseFromString(await r.text(), "text/html"), row = doc.querySelector("[data-result],li");
    if (!row) throw new Error(r.statusText);
    if (row.matches("li")) {
      const old = document.getElementById(row.id), li = document.adoptNode(row);
      old?.replaceWith(li); ready(li);
      if (count) count.textContent = li.dataset.counted;
    }
    return { row, ok: r.ok };
  });
  const ready = (root) => root.querySelectorAll("form[data-mark]").forEach((f) => f.addEventListener("submit", (e) => {
    e.preventDefault(); e.stopPropagation();
    const body = new URLSearchParams(new FormData(f, e.submitter));
    f.querySelectorAll("button").forEach((b) => { b.disabled = true; });
    send(f.getAttribute("action"), body).then(({ row, ok }) => {
      const tag = row.querySelector(".tag");
      if (ok) { say(row.dataset.name + ": " + (tag ? tag.textContent.trim() : "–")); row.querySelector("summary, button")?.focus({ preventScroll: true }); } else row.querySelector("input[name=reason], button").focus();
    }).catch(() => { say(list.dataset.off, true); f.querySelectorAll("button").forEach((b) => { b.disabled = false; }); });
  }));
  ready(list);
  const filter = document.querySelector("[data-filter]"), find = filter.querySelector("input");
  filter.hidden = list.children.length < 8;
  find.addEventListener("input", () => { const q = find.value.trim().toLowerCase(); [...list.children].forEach((li) => { li.hidden = !li.textContent.toLowerCase().includes(q); }); });

  // The camera stays on between badges. The code is read by the browser where it can, or else by a script loaded for it.
  const scan = document.querySelector("form[data-scan]"), open = scan.querySelector("[data-camera]");
  const box = document.querySelector("dialog.scanner"), video = box.querySelector("video"), said = box.querySelector(".said");
  if (navigator.mediaDevices && window.HTMLDialogElement) {
    open.hidden = false; scan.querySelector("[data-typed]").open = false;
    let stream = null, sound = null, busy = false, last = "", until = 0;
    const reader = async () => {
      if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
        const d = new window.BarcodeDetector({ formats: ["qr_code"] });
        return async () => (await d.detect(video))[0]?.rawValue;
      }
      if (!window.jsQR) await new Promise((ok, no) => { const s = document.createElement("script"); s.src = scan.dataset.decoder; s.onload = ok; s.onerror = no; document.head.append(s); });
      const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
      return async () => {
        if (!video.videoWidth) return undefined;
        const k = Math.min(1, 640 / video.videoWidth);
        canvas.width = video.videoWidth * k; canvas.height = video.videoHeight * k;
        pen.drawImage(video, 0, 0, canvas.width, canvas.height);
        const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
        return window.jsQR(picture.data, picture.width, picture.height, { inversionAttempts: "dontInvert" })?.data;
      };
    };
    const tone = (result) => {
      navigator.vibrate?.(result === "ok" ? 120 : [80, 60, 80]);
      if (!sound) return;
      const o = sound.createOscillator(), g = sound.createGain();
      o.frequency.value = { ok: 880, again: 550 }[result] || 220; g.gain.value = 0.15;
      o.connect(g).connect(sound.destination); o.start(); o.stop(sound.currentTime + (result === "ok" ? 0.15 : 0.35));
    };
    const tell = (result, name, text) => {
      said.replaceChildren(); said.className = "said " + result;
      if (name) { const b = document.createElement("b"); b.textContent = name; said.append(b, " "); }
      said.append(text); tone(result);
    };
    const found = async (code) => {
      if (busy || (code === last && Date.now() < until)) return;
      busy = true; last = code; until = Date.now() + 4000;
      const body = new URLSearchParams({ half: scan.elements.half.value, badge: code, key: crypto.randomUUID() });
      await send(scan.action, body).then(({ row }) => {
        if (row.dataset.result === "ok" || row.dataset.result === "again") tell(row.dataset.result, row.dataset.name, row.dataset.text);
        else tell("wrong", row.dataset.name, row.querySelector?.(".err")?.textContent || row.textContent);
      }).catch(() => { last = ""; tell("wrong", "", box.dataset.off); });
      busy = false;
    };
    const stop = () => { stream?.getTracks().forEach((t) => t.stop()); stream = null; };
    open.addEventListener("click", async () => {
      box.showModal(); said.className = "said"; said.textContent = box.dataset.wait; last = "";
      try {
        sound = sound || new (window.AudioContext || window.webkitAudioContext)();
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
        video.srcObject = stream; await video.play();
        const read = await reader();
        const look = async () => {
          if (!stream) return;
          const code = await read().catch(() => undefined);
          if (code) await found(code);
          setTimeout(look, 100);
        };
        look();
      } catch { stop(); tell("wrong", "", box.dataset.nocamera); }
    });
    box.addEventListener("close", stop);
    box.querySelector("[data-close]").addEventListener("click", () => box.close());
  }
}

// Calendar: a training is dragged, or moved with the arrows, to another first day; the server shows what that would change.
const moving = document.querySelector("[data-moving]");
if (moving) {
  document.querySelector("[data-hint]").hidden = false;
  const day = 86400000, text = (d) => d.toISOString().slice(0, 10);
  const cell = (d) => document.querySelector(`.d[data-day="${text(d)}"]`);
  const form = (ev) => document.getElementById("mv-" + ev.dataset.move);
  const show = (d) => {
    document.querySelector(".d.to")?.classList.remove("to");
    if (d) { cell(d)?.classList.add("to"); moving.textContent = moving.dataset.moving + " " + d.toLocaleDateString(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }); }
  };
  const go = (ev, d) => { form(ev).elements.first.value = text(d); form(ev).requestSubmit(); };
  const starts = (ev) => new Date(form(ev).elements.first.defaultValue);
  // The day under the pointer, less how far into the training it was taken hold of.
  const under = (e, ev, held) => {
    const row = document.elementsFromPoint(e.clientX, e.clientY).map((x) => x.closest(".wk")).find(Boolean);
    const at = row && [...row.querySelectorAll("[data-day]")].find((c) => { const r = c.getBoundingClientRect(); return e.clientX >= r.left && e.clientX < r.right; });
    return at ? new Date(Date.parse(at.dataset.day) - held * day) : null;
  };
  document.querySelectorAll(".ev[data-move]").forEach((ev) => {
    let from = null, target = null, keyed = null;
    ev.addEventListener("pointerdown", (e) => {
      if (e.button !== 0 || e.pointerType === "touch") return;
      const span = Number(ev.className.match(/ds(\d)/)[1]), r = ev.getBoundingClientRect();
      from = { x: e.clientX, y: e.clientY, held: Number(ev.dataset.offset) + Math.floor((e.clientX - r.left) / (r.width / span)) };
      ev.setPointerCapture(e.pointerId);
    });
    ev.addEventListener("pointermove", (e) => {
      if (!from || (!ev.classList.contains("drag") && Math.hypot(e.clientX - from.x, e.clientY - from.y) < 6)) return;
      ev.classList.add("drag"); target = under(e, ev, from.held); show(target);
    });
    const end = (e) => {
      const dragged = ev.classList.contains("drag");
      ev.classList.remove("drag"); show(null); from = null;
      if (!dragged) return;
      ev.addEventListener("click", (c) => c.preventDefault(), { once: true });
      if (e.type === "pointerup" && target && text(target) !== text(starts(ev))) go(ev, target);
    };
    ev.addEventListener("pointerup", end);
    ev.addEventListener("pointercancel", end);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
    ev.addEventListener("keydown", (e) => {
      if (!keyed && (e.key === "m" || e.key === "M" || e.key === "м" || e.key === "М")) { keyed = starts(ev); show(keyed); e.preventDefault(); return; }
      if (!keyed) return;
      if (by[e.key]) { keyed = new Date(keyed.getTime() + by[e.key] * day); show(keyed); e.preventDefault(); }
      if (e.key === "Enter") { e.preventDefault(); go(ev, keyed); keyed = null; }
      if (e.key === "Escape") { keyed = null; show(null); moving.textContent = moving.dataset.stay; }
    });
    ev.addEventListener("blur", () => { if (keyed) { keyed = null; show(null); } });
  });
}
