// What scripts add to pages that are complete without them: suggestions, votes in place, the chat.
(() => {
  "use strict";

  /** A combobox with a list: arrows choose, Enter opens, Escape closes, typing asks again. */
  function suggestions(form) {
    const input = form.querySelector("input[type=search]");
    const list = form.querySelector("[role=listbox]");
    const told = form.querySelector("[data-told]");
    let at = -1;
    let asked = "";
    let waiting = 0;
    let running = null;

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    const options = () => [...list.querySelectorAll("[role=option]")];

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(next) {
      const all = options();
      at = next < -1 ? all.length - 1 : next >= all.length ? -1 : next;
      all.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
      if (at < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", all[at].id);
    }

    function show(items) {
      list.replaceChildren(
        ...items.map((item, index) => {
          const option = document.createElement("a");
          option.href = item.url;
          option.id = `q-option-${index}`;
          option.textContent = item.title;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.tabIndex = -1;
          return option;
        }),
      );
      if (items.length === 0) close();
      else {
        at = -1;
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
        input.removeAttribute("aria-activedescendant");
      }
      told.textContent = items.length ? form.dataset.some.replace("{count}", items.length) : form.dataset.none;
    }

    async function ask() {
      const typed = input.value.trim();
      if (typed === asked) return;
      asked = typed;
      running?.abort();
      if (!typed) {
        close();
        told.textContent = "";
        return;
      }
      running = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, {
          signal: running.signal,
          headers: { Accept: "application/json" },
        });
        if (answer.ok && document.activeElement === input) show((await answer.json()).items);
      } catch {
        // Searching works without; the next letter asks again.
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 120);
    });
    input.addEventListener("keydown", (event) => {
      // While an input method is composing, its keys are its own.
      if (event.isComposing) return;
      if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options().length) {
        event.preventDefault();
        if (list.hidden) {
          list.hidden = false;
          input.setAttribute("aria-expanded", "true");
        }
        choose(at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
        event.preventDefault();
        options()[at].click();
      }
    });
    // A click on an option takes the focus from the field first; the list must still be there for it.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    input.addEventListener("blur", () => setTimeout(close, 120));
    input.addEventListener("focus", () => {
      if (options().length && input.value.trim() === asked && asked) {
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
    });
  }

  /** A vote without leaving one's place on the page: the same form, the same answer, only the box is exchanged. */
  function votes() {
    document.addEventListener("submit", async (event) => {
      const form = event.target;
      const box = form.closest("#feedback");
      if (!box) return;
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(form, event.submitter));
      try {
        const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("feedback");
        if (!fresh) throw new Error("no box");
        box.replaceWith(fresh);
        fresh.focus();
      } catch {
        // The plain way shows what went wrong. A form knows nothing of the button it was sent with.
        const { submitter } = event;
        if (submitter?.name) {
          const kept = document.createElement("input");
          kept.type = "hidden";
          kept.name = submitter.name;
          kept.value = submitter.value;
          form.append(kept);
        }
        form.submit();
      }
    });
  }

  /** Buttons that lead to a person appear once there is a chat to lead to. */
  function chat() {
    if (!document.querySelector("script[src='/widget.js']")) return;
    for (const part of document.querySelectorAll("[data-needs-chat]")) part.hidden = false;
    for (const button of document.querySelectorAll("[data-chat]"))
      button.addEventListener("click", () => {
        window.Qiao ??= Object.assign((...call) => window.Qiao.q.push(call), { q: [] });
        window.Qiao("open");
      });
  }

  document.querySelectorAll("form[data-suggest]").forEach(suggestions);
  votes();
  chat();
})();
