// Small helps for people with scripts; every page works without them.
"use strict";
// A button that was pressed is not pressed twice; the server would ignore the second anyway.
document.addEventListener("submit", (e) => {
  const f = e.target;
  if (f.dataset.sent) { e.preventDefault(); return; }
  f.dataset.sent = "1";
  setTimeout(() => { delete f.dataset.sent; }, 4000);
});
// The summary of faults gets the focus.
document.querySelector(".sum")?.focus();
// "/" goes to the search box.
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const s = document.querySelector("input[type=search]");
  if (s) { e.preventDefault(); s.focus(); }
});
// The present page of the header is scrolled into view on a phone.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelectorAll("[data-print]").forEach((b) => { b.hidden = false; b.addEventListener("click", () => window.print()); });
document.querySelectorAll("[data-confirm]").forEach((b) => b.addEventListener("click", (e) => { if (!window.confirm(b.dataset.confirm)) e.preventDefault(); }));

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

// Door: the camera reads the QR code of a badge where the browser can; otherwise the field takes the code.
const door = document.querySelector("form[data-scan]");
if (door && "BarcodeDetector" in window && navigator.mediaDevices) {
  const video = document.querySelector("#camera"), start = document.querySelector("#camera-start");
  start.hidden = false;
  start.addEventListener("click", async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream; video.hidden = false; await video.play();
    const reader = new window.BarcodeDetector({ formats: ["qr_code"] });
    const look = async () => {
      const found = await reader.detect(video).catch(() => []);
      if (found.length) { stream.getTracks().forEach((t) => t.stop()); door.elements.badge.value = found[0].rawValue; door.submit(); return; }
      requestAnimationFrame(look);
    };
    look();
  });
}
