import {
  app,
  call,
  clockTime,
  device,
  h,
  lang,
  named,
  newKey,
  notice,
  otherLang,
  poll,
  setLang,
  show,
  span,
  stayAwake,
  store,
  t,
} from "./common.js";

const key = location.pathname.split("/")[2];
let entry = null;
let view = { name: "home" };
let offline = false;
let quiet = 0;

const kiosk = () => entry?.mode === "kiosk";
const held = () => store.get(`qiao.walkin.held.${key}`);

function go(to) {
  view = to;
  if (to.name === "home") written = {};
  restart();
  draw();
}

/** A kiosk that nobody touches goes back to its first page, in its own language. */
function restart() {
  clearTimeout(quiet);
  if (!kiosk() || view.name === "home") return;
  quiet = setTimeout(() => {
    setLang(store.get("qiao.walkin.kiosk.lang") || lang(), false);
    go({ name: "home" });
  }, entry.idle_seconds * 1000);
}

function header() {
  return h(
    "header.bar",
    null,
    view.name === "home"
      ? h("h1", null, named(entry.title))
      : h("button.plain", { type: "button", onclick: () => go({ name: "home" }) }, `‹ ${t("home")}`),
    h("span.clock", { "aria-hidden": "true" }, clockTime(new Date(), entry.timezone)),
    h(
      "button.plain",
      {
        type: "button",
        lang: otherLang(),
        onclick: () => {
          setLang(otherLang(), !kiosk());
          restart();
          draw();
        },
      },
      t("switch"),
    ),
  );
}

const waits = (service) => (service.waiting ? t("waiting", { n: service.waiting }) : t("nobody_waiting"));

function outlook(service) {
  if (!service.open)
    return service.next_open
      ? `${t("closed")} · ${t("opens", { time: clockTime(service.next_open, entry.timezone, true) })}`
      : t("closed");
  return service.estimate_s === null
    ? `${waits(service)} · ${t("no_counter")}`
    : `${waits(service)} · ${t("about", { time: span(service.estimate_s) })}`;
}

function home() {
  if (!entry.services.length) return [h("h2.lead", null, t("no_services")), h("p.hint", null, t("ask_staff"))];
  const bookable = entry.services.some((service) => service.bookable);
  const mine = !kiosk() && held() ? JSON.parse(held()) : null;
  return [
    mine
      ? h(
          "a.card.held",
          { href: `/walkin/visit/${mine.secret}` },
          h("span", null, t("have_number", { code: mine.code })),
          h("b", null, t("show_number")),
        )
      : null,
    h("h2.lead", null, t("kiosk_title")),
    h(
      "div.services",
      null,
      entry.services.map((service) =>
        h(
          "button.service",
          { type: "button", disabled: !service.open, onclick: () => choose(service) },
          h("span.letter", { "aria-hidden": "true" }, service.prefix),
          h("span.what", null, h("b", null, named(service.name)), h("small", null, outlook(service))),
        ),
      ),
    ),
    h(
      "div.more",
      null,
      bookable || kiosk()
        ? h(
            "button.second",
            { type: "button", onclick: () => go({ name: "code", typed: "" }) },
            t("check_in"),
          )
        : null,
      bookable
        ? h("button.second", { type: "button", onclick: () => go({ name: "book" }) }, t("book"))
        : null,
      kiosk()
        ? h(
            "div.scan",
            null,
            h("img", { src: `/walkin/${key}/join.svg`, alt: t("scan"), width: "132", height: "132" }),
            h("p", null, h("b", null, t("scan")), h("small", null, t("scan_hint"))),
          )
        : null,
    ),
  ];
}

function choose(service) {
  const taking = { service, client: newKey() };
  if (entry.ask_phone) go({ name: "phone", typed: "", ...taking });
  else void take(taking, null);
}

function pad(typed, most, changed) {
  const press = (digit) => changed((typed + digit).slice(0, most));
  return h(
    "div.pad",
    null,
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"].map((sign) =>
      sign === ""
        ? h("span")
        : h(
            "button",
            {
              type: "button",
              "aria-label": sign === "⌫" ? t("clear") : sign,
              onclick: () => (sign === "⌫" ? changed(typed.slice(0, -1)) : press(sign)),
            },
            sign,
          ),
    ),
  );
}

function phone() {
  const typed = (to) => go({ ...view, typed: to });
  return [
    h("h2.lead", null, t("phone_title")),
    h("p.hint", null, t("phone_hint")),
    kiosk()
      ? h("output.typed", { "aria-label": t("phone_label") }, view.typed || " ")
      : h("input.typed", {
          type: "tel",
          inputmode: "tel",
          autocomplete: "tel",
          maxlength: "20",
          "aria-label": t("phone_label"),
          value: view.typed,
          oninput: (event) => {
            view.typed = event.target.value;
          },
        }),
    kiosk() ? pad(view.typed, 15, typed) : null,
    h(
      "div.row",
      null,
      h("button.second", { type: "button", disabled: view.busy, onclick: () => take(view, null) }, t("skip")),
      h(
        "button.first",
        {
          type: "button",
          disabled: view.busy || (kiosk() && view.typed.length < 5),
          onclick: () => take(view, view.typed || null),
        },
        t("take"),
      ),
    ),
    view.error ? notice(view.error) : null,
  ];
}

async function take(taking, number) {
  go({ ...taking, name: entry.ask_phone ? "phone" : "taking", typed: taking.typed || "", busy: true });
  try {
    const visit = await call(`/entry/${key}/visits`, {
      service_id: taking.service.id,
      client_key: taking.client,
      device: device(),
      locale: lang(),
      phone: number,
    });
    if (kiosk()) go({ name: "taken", visit });
    else {
      store.set(`qiao.walkin.held.${key}`, JSON.stringify({ secret: visit.secret, code: visit.code }));
      location.assign(visit.path);
    }
  } catch (error) {
    // The same key again: a number that was given after all is the same number.
    go({
      ...taking,
      name: entry.ask_phone ? "phone" : "failed",
      typed: taking.typed || "",
      error: error.sentence,
    });
  }
}

function taken() {
  const { visit } = view;
  return [
    h("p.lead", null, t("your_number")),
    h("p.number", null, visit.code),
    h("p.what", null, named(visit.service)),
    h("p.lead", null, visit.ahead ? t("ahead", { n: visit.ahead }) : t("you_are_next")),
    h(
      "p.hint",
      null,
      `${t("estimate")}${lang() === "en" ? ": " : "："}${visit.estimate_s === null ? t("estimate_none") : span(visit.estimate_s)}`,
    ),
    h("img.qr", {
      src: `/walkin/visit/${visit.secret}/qr.svg`,
      alt: t("follow"),
      width: "200",
      height: "200",
    }),
    h("p.hint", null, t("follow")),
    h(
      "div.row",
      null,
      h("button.second", { type: "button", onclick: () => print(visit) }, t("print")),
      h("button.first", { type: "button", onclick: () => go({ name: "home" }) }, t("done")),
    ),
  ];
}

function print(visit) {
  document.querySelector("iframe.printing")?.remove();
  app.append(
    h("iframe.printing", {
      src: `/walkin/ticket/${visit.secret}?print=1&lang=${lang()}`,
      "aria-hidden": "true",
    }),
  );
  restart();
}

function code() {
  const typed = (to) => {
    go({ name: "code", typed: to });
    if (to.length === 6) void checkIn(to);
  };
  return [
    h("h2.lead", null, t("check_in")),
    h("p.hint", null, t("code_hint")),
    h("output.typed.spread", { "aria-label": t("appointment_code") }, view.typed.padEnd(6, "·")),
    pad(view.typed, 6, typed),
    view.error ? notice(view.error) : null,
  ];
}

async function checkIn(typed) {
  try {
    const visit = await call(`/entry/${key}/check-in`, { code: typed });
    if (kiosk()) go({ name: "taken", visit });
    else location.assign(visit.path);
  } catch (error) {
    go({ name: "code", typed: "", error: error.sentence });
  }
}

// -- booking ----------------------------------------------------------------------------------------------------------

const day = (offset) => {
  const at = new Date(Date.now() + offset * 86400000);
  return new Intl.DateTimeFormat("en-CA", { timeZone: entry.timezone }).format(at);
};

async function slots(service, from) {
  go({ name: "book", service, from, days: null });
  try {
    const days = await call(`/entry/${key}/slots?service_id=${service.id}&first=${day(from)}`);
    if (view.name === "book" && view.from === from) go({ name: "book", service, from, days });
  } catch (error) {
    go({ name: "book", service, from, days: [], error: error.sentence });
  }
}

const dayName = (text) =>
  new Intl.DateTimeFormat(lang() === "en" ? "en-GB" : "zh-CN", {
    month: "short",
    day: "numeric",
    weekday: "short",
    timeZone: "UTC",
  }).format(new Date(`${text}T12:00:00Z`));

function book() {
  const bookable = entry.services.filter((service) => service.bookable);
  if (!view.service && bookable.length === 1) {
    void slots(bookable[0], 0);
    return [notice(t("loading"))];
  }
  const days = (view.days || []).filter((one) => one.slots.length);
  return [
    h("h2.lead", null, t("book_title")),
    h(
      "div.chips",
      null,
      bookable.map((service) =>
        h(
          "button.chip",
          {
            type: "button",
            "aria-pressed": String(view.service?.id === service.id),
            onclick: () => slots(service, 0),
          },
          named(service.name),
        ),
      ),
    ),
    view.service && view.days === null ? notice(t("loading")) : null,
    view.days && !days.length ? notice(view.error || t("book_none")) : null,
    days.map((one) =>
      h(
        "section.day",
        null,
        h("h3", null, dayName(one.day)),
        h(
          "div.slots",
          null,
          one.slots.map((slot) =>
            h(
              "button.slot",
              {
                type: "button",
                disabled: !slot.free,
                onclick: () =>
                  go({ name: "details", service: view.service, slot, client: newKey(), from: view.from }),
              },
              h("b", null, clockTime(slot.starts_at, entry.timezone)),
              h("small", null, slot.free ? t("free", { n: slot.free }) : t("full")),
            ),
          ),
        ),
      ),
    ),
    view.service
      ? h(
          "div.row",
          null,
          view.from > 0
            ? h(
                "button.second",
                { type: "button", onclick: () => slots(view.service, view.from - 7) },
                t("earlier_days"),
              )
            : null,
          h(
            "button.second",
            { type: "button", onclick: () => slots(view.service, view.from + 7) },
            t("later_days"),
          ),
        )
      : null,
  ];
}

/** What was filled in: another time may have to be chosen, and nobody writes it twice. */
let written = {};

function details() {
  const field = (name, label, props) =>
    h(
      "label.field",
      null,
      h("span", null, label),
      h("input", { name, value: written[name] || "", ...props }),
    );
  return [
    h("h2.lead", null, named(view.service.name)),
    h("p.when", null, clockTime(view.slot.starts_at, entry.timezone, true)),
    h(
      "form",
      { onsubmit: confirm },
      field("name", t("name_label"), { required: true, maxlength: "80", autocomplete: "name" }),
      field("phone", t("phone_optional"), {
        type: "tel",
        inputmode: "tel",
        maxlength: "20",
        autocomplete: "tel",
      }),
      field("note", t("note_label"), { maxlength: "300" }),
      h("div.row", null, h("button.first", { type: "submit" }, t("book_confirm"))),
    ),
    view.error ? notice(view.error) : null,
  ];
}

async function confirm(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = (name) => String(form.get(name) || "").trim();
  const { service, slot, client, from } = view;
  written = { name: said("name"), phone: said("phone"), note: said("note") };
  event.target.querySelector("button").disabled = true;
  try {
    const booking = await call(`/entry/${key}/appointments`, {
      service_id: service.id,
      starts_at: slot.starts_at,
      ...written,
      phone: written.phone || null,
      client_key: client,
      device: device(),
      locale: lang(),
    });
    location.assign(booking.path);
  } catch (error) {
    if (error.code === "walkin.slot_full" || error.fields.some((one) => one.field === "starts_at")) {
      await slots(service, from);
      document.querySelector(".page").prepend(notice(error.sentence));
      scrollTo(0, 0);
    } else {
      event.target.querySelector("button").disabled = false;
      document.querySelector(".page .notice")?.remove();
      document.querySelector(".page").append(notice(error.sentence));
    }
  }
}

// -- drawing ----------------------------------------------------------------------------------------------------------

const VIEWS = {
  home,
  phone,
  taken,
  code,
  book,
  details,
  taking: () => [notice(t("loading"))],
  failed: () => [
    notice(view.error),
    h("div.row", null, h("button.first", { type: "button", onclick: () => take(view, null) }, t("take"))),
  ],
};

function draw() {
  if (!entry) {
    show(notice(offline ? t("offline") : t("loading")));
    return;
  }
  document.title = `${named(entry.title)} · ${t("take")}`;
  document.body.classList.toggle("kiosk", kiosk());
  show(header(), offline ? notice(t("offline")) : null, h(`div.page.${view.name}`, null, VIEWS[view.name]()));
}

addEventListener("pointerdown", restart);
addEventListener("keydown", restart);
show(notice(t("loading")));
poll(
  () => call(`/entry/${key}`),
  (found, error) => {
    offline = error !== null;
    if (found) {
      if (!entry && found.mode === "kiosk") {
        store.set("qiao.walkin.kiosk.lang", lang());
        void stayAwake();
      }
      entry = found;
    }
    // What somebody is filling in stays as it is.
    if (view.name === "home") draw();
  },
  () => (view.name === "home" ? 5000 : 15000),
);
void forget();

/** A number that is over is not offered any more. */
async function forget() {
  const known = held();
  if (!known) return;
  try {
    const visit = await call(`/visits/${JSON.parse(known).secret}`);
    const over =
      visit.state === "served" ||
      visit.state === "cancelled" ||
      (visit.state === "missed" && !visit.may_return);
    if (over) store.set(`qiao.walkin.held.${key}`, null);
  } catch (error) {
    if (error.status === 404) store.set(`qiao.walkin.held.${key}`, null);
  }
}
