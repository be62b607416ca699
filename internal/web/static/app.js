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

// Questionnaire: each answer is saved as it is given.
const quest = document.querySelector("form[data-save]");
if (quest) {
  const say = document.querySelector("#saved");
  let waiting;
  const save = () => {
    say.textContent = say.dataset.busy;
    fetch(quest.dataset.save, { method: "POST", body: new URLSearchParams(new FormData(quest)), headers: { "X-Requested-With": "save" } })
      .then((r) => { say.textContent = r.ok ? say.dataset.ok : say.dataset.bad; })
      .catch(() => { say.textContent = say.dataset.off; });
  };
  quest.addEventListener("change", () => { clearTimeout(waiting); waiting = setTimeout(save, 300); });
  window.addEventListener("online", save);
}

// On a phone a questionnaire shows one question a screen; what is missing is found by the server and shown all at once.
const small = window.matchMedia("(max-width: 40rem)").matches;
if (quest && small && !document.querySelector(".sum")) {
  const items = [...quest.querySelectorAll("fieldset, .f")], last = quest.querySelector(".acts");
  const nav = document.querySelector("#steps"), back = nav.querySelector("[data-back]"), next = nav.querySelector("[data-next]"), where = nav.querySelector("span");
  let at = Math.max(0, items.findIndex((i) => i.matches("fieldset") && !i.querySelector(":checked")));
  const show = () => {
    items.forEach((i, n) => { i.hidden = n !== at; });
    quest.querySelectorAll("section").forEach((s) => { s.hidden = !s.contains(items[at]); });
    back.hidden = at === 0; next.hidden = at === items.length - 1; last.hidden = at < items.length - 1;
    where.textContent = (at + 1) + " / " + items.length;
    items[at].querySelector("input, textarea").focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };
  back.addEventListener("click", () => { at--; show(); });
  next.addEventListener("click", () => { at++; show(); });
  nav.hidden = false; show();
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
