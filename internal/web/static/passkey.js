// Passkeys: a form that carries data-passkey asks the server for a question, the browser for an answer, and sends it off.
"use strict";
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  document.querySelectorAll("[data-passkeys]").forEach((e) => { e.hidden = false; });
  document.querySelectorAll("form[data-passkey]").forEach((form) => form.addEventListener("submit", async (e) => {
    if (form.elements.response.value) return;
    e.preventDefault();
    try {
      const r = await fetch(form.dataset.begin, { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
      if (!r.ok) { location.reload(); return; }
      const q = await r.json();
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(q.options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(q.options) });
      form.elements.sealed.value = q.sealed;
      form.elements.response.value = JSON.stringify(credential);
      form.submit();
    } catch {
      delete form.dataset.sent; // the person closed the question; the button works again
    }
  }));
}
