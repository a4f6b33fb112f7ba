// What scripts add to the portal's forms: help texts while somebody writes, fields that appear when they are asked for,
// one sending per click. Everything works without.
(() => {
  "use strict";

  const form = document.querySelector("form[data-new]");
  const wrong = document.getElementById("wrong") ?? document.getElementById("news");
  wrong?.focus();

  // Sending twice would be one request anyway; a button that rests says that it was pressed.
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("button[type=submit]"))
      setTimeout(() => {
        button.disabled = true;
      }, 0);
  });
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[type=submit]")) button.disabled = false;
  });
  if (!form) return;
  for (const part of form.querySelectorAll("[data-look]")) part.hidden = true;

  /** Runs a while after the last call; an answer that is overtaken is dropped. */
  function settled(pause, work) {
    let timer = 0;
    let running = null;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        running?.abort();
        running = new AbortController();
        try {
          await work(running.signal);
        } catch {
          // The form works without; the next letter asks again.
        }
      }, pause);
    };
  }

  const box = document.querySelector("[data-suggested]");
  const list = box.querySelector("ul");
  const title = form.elements.title;
  const suggest = settled(350, async (signal) => {
    const words = `${title.value} ${form.elements.description.value.slice(0, 300)}`.trim();
    if (!title.value.trim()) return;
    const query = new URLSearchParams({ q: words, form: form.elements.form.value });
    const answer = await fetch(`${form.dataset.answers}?${query}`, { signal, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { items } = await answer.json();
    list.replaceChildren(
      ...items.map((item) => {
        const row = document.createElement("li");
        const link = document.createElement("a");
        link.href = item.url;
        link.target = "_blank";
        link.rel = "noopener";
        link.textContent = item.title;
        const text = document.createElement("p");
        text.className = "small";
        text.textContent = item.text;
        row.append(link, text);
        return row;
      }),
    );
    box.hidden = items.length === 0;
  });
  title.addEventListener("input", suggest);
  form.elements.description.addEventListener("input", suggest);

  const shape = settled(200, async (signal) => {
    const fields = new FormData(form);
    // Only words decide; files stay here until the form is sent.
    for (const [name, value] of [...fields.entries()]) if (typeof value !== "string") fields.delete(name);
    const answer = await fetch(form.dataset.shape, {
      method: "POST",
      body: new URLSearchParams(fields),
      signal,
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return;
    const { shown, required } = await answer.json();
    for (const part of form.querySelectorAll("[data-field]")) {
      const on = shown.includes(part.dataset.field);
      const needed = on && required.includes(part.dataset.field);
      part.hidden = !on;
      if (part.tagName === "FIELDSET") part.disabled = !on;
      for (const input of part.querySelectorAll("input[type=file]")) input.disabled = !on;
      const mark = part.querySelector("[data-needed]");
      if (mark) mark.hidden = !needed;
      const control = part.querySelector("input[id], select[id], textarea[id]");
      if (control && control.type !== "file") control.required = needed;
    }
    const any = form.querySelector("[data-any-files]");
    const used = any.querySelector("input[type=checkbox], .fault") || any.querySelector("input[type=file]").files.length;
    any.hidden = !used && Boolean(form.querySelector("[data-field] input[type=file]:enabled"));
  });
  if ("changes" in form.dataset) {
    form.addEventListener("change", shape);
    form.addEventListener("input", shape);
  }

  /** A table grows by a row when its last one is begun. */
  for (const grid of form.querySelectorAll("[data-grid]"))
    grid.addEventListener("input", () => {
      const body = grid.tBodies[0];
      const last = body.rows[body.rows.length - 1];
      if (body.rows.length >= 50 || ![...last.querySelectorAll("input, select")].some((one) => one.value)) return;
      const row = last.cloneNode(true);
      const number = body.rows.length;
      for (const one of row.querySelectorAll("input, select")) {
        const parts = one.name.split(".");
        parts[parts.length - 2] = String(number);
        one.name = parts.join(".");
        one.value = "";
      }
      body.append(row);
    });
})();
