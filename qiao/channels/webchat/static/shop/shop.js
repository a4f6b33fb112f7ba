import { blossom, h, icon, svg } from "./dom.js";
import { TEXTS } from "./texts.js";

const lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
const words = TEXTS[lang];
const t = (key, params = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
const root = document.getElementById("shop");
const store = {
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(`kapok.${name}`) ?? "null");
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`kapok.${name}`, JSON.stringify(value));
    } catch {
      // Kept for this page only.
    }
  },
};

const state = { data: null, orders: null, customer: store.get("customer"), bag: store.get("bag") ?? {}, category: null, quantity: 1 };
const money = (minor, currency = "CNY") => new Intl.NumberFormat(lang, { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: minor % 100 ? 2 : 0 }).format(minor / 100);
const date = (iso) => new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(new Date(iso));
const qiao = (...call) => {
  // The chat's script may still be on its way: leave the call where it will look.
  window.Qiao ??= Object.assign((...args) => window.Qiao.q.push(args), { q: [] });
  window.Qiao(...call);
};

async function json(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function load() {
  root.replaceChildren(h("div", { class: "loading", "aria-busy": "true" }, [0, 1, 2, 3, 4].map(() => h("i"))));
  try {
    state.data = await json(`/shop/data.json?lang=${lang}`);
  } catch {
    root.replaceChildren(
      h("div", { class: "failed", role: "alert" }, h("p", {}, t("failed")), h("button", { class: "button", onclick: load }, t("again"))),
    );
    return;
  }
  document.title = state.data.company.name ?? state.data.company;
  const known = state.data.customers.find((c) => c.id === state.customer?.id);
  if (known) state.signingIn = signIn(known, true);
  else state.customer = null;
  draw();
}

/** The host's server vouches for its customer; the chat believes the signed token, never the name. */
async function signIn(customer, quiet = false) {
  try {
    const answer = await json(`/shop/identity?customer=${encodeURIComponent(customer.id)}&lang=${lang}`);
    state.customer = customer;
    state.orders = answer.orders ?? null;
    store.set("customer", customer);
    state.token = answer.identity_token;
    qiao("identify", answer.identity_token);
    draw();
    if (!quiet) say(t("signed_in", { name: customer.name }));
  } catch {
    if (!quiet) say(t("failed"));
  }
}

function signOut() {
  state.customer = null;
  state.orders = null;
  state.token = null;
  store.set("customer", null);
  qiao("identify", null);
  if (location.hash === "#/orders") location.hash = "#/";
  draw();
}

const texts = () => state.data.texts ?? {};
const product = (sku) => state.data.products.find((p) => p.sku === sku);

function draw() {
  const route = location.hash.replace(/^#\/?/, "").split("/");
  const view =
    route[0] === "item" ? detail(product(decodeURIComponent(route[1] ?? ""))) : route[0] === "orders" ? orders() : route[0] === "bag" ? bag() : home();
  root.replaceChildren(head(), h("main", { id: "main" }, view), foot());
}

function head() {
  const company = state.data.company.name ?? state.data.company;
  const count = Object.values(state.bag).reduce((a, b) => a + b, 0);
  const other = new URL(location.href);
  other.searchParams.set("lang", lang === "en" ? "zh-CN" : "en");
  return h(
    "header",
    { class: "head" },
    texts().announcement && h("p", { class: "announcement" }, texts().announcement),
    h(
      "div",
      { class: "bar" },
      h("a", { class: "brand", href: "#/", onclick: () => choose(null) }, svg("svg", { viewBox: "-50 -50 100 100", "aria-hidden": "true" }, blossom(0, 4, 1)), h("span", {}, company)),
      h(
        "nav",
        { "aria-label": t("menu") },
        (texts().nav ?? []).map((item) =>
          h("a", { href: "#/", class: state.category === item.key ? "on" : "", onclick: () => choose(item.key) }, item.label),
        ),
      ),
      h(
        "div",
        { class: "tools" },
        h("a", { class: "tool", href: other.href, lang: lang === "en" ? "zh-CN" : "en" }, t("other")),
        account(),
        h("a", { class: "tool", href: "#/bag", "aria-label": `${t("cart")} (${count})` }, icon("bag"), count ? h("b", { class: "count" }, String(count)) : null),
      ),
    ),
  );
}

function choose(category) {
  state.category = category;
  if (location.hash === "#/" || !location.hash) draw();
  requestAnimationFrame(() => document.getElementById("grid")?.scrollIntoView({ block: "start", behavior: category ? "smooth" : "instant" }));
}

function account() {
  const words_ = texts().account ?? {};
  const label = state.customer ? (words_.hello ?? "{name}").replace("{name}", state.customer.name) : t("sign_in");
  const close = () => box.removeAttribute("open");
  const box = h(
    "details",
    { class: "account" },
    h("summary", { class: "tool", "aria-label": label }, icon("person"), h("span", {}, state.customer ? state.customer.name : t("sign_in"))),
    h(
      "div",
      { class: "drop" },
      h("p", {}, state.customer ? label : (words_.sign_in ?? t("sign_in"))),
      state.customer
        ? [
            h("a", { href: "#/orders", onclick: close }, words_.my_orders ?? t("orders")),
            h("button", { onclick: signOut }, words_.sign_out ?? t("sign_out")),
          ]
        : state.data.customers.map((c) => h("button", { onclick: () => (close(), signIn(c)) }, h("i", { class: "face" }, c.name.slice(0, 1)), c.name)),
    ),
  );
  return box;
}

document.addEventListener("click", (event) => {
  const open = document.querySelector("details.account[open]");
  if (open && !open.contains(event.target)) open.removeAttribute("open");
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.account[open]");
  if (open) {
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  }
});

function home() {
  const x = texts();
  const list = state.data.products.filter((p) => !state.category || p.category === state.category);
  return [
    x.hero && !state.category
      ? h(
          "section",
          { class: "hero" },
          h(
            "div",
            {},
            h("h1", {}, x.hero.title),
            h("p", {}, x.hero.subtitle),
            h("button", { class: "button", onclick: () => document.getElementById("grid").scrollIntoView({ behavior: "smooth" }) }, x.hero.button),
          ),
          branch(),
        )
      : null,
    x.policies && !state.category
      ? h("section", { class: "policies" }, x.policies.map((p) => h("div", {}, icon(p.icon), h("span", {}, h("b", {}, p.title), h("small", {}, p.text)))))
      : null,
    h(
      "section",
      { class: "grid-section", id: "grid" },
      h(
        "div",
        { class: "grid-head" },
        h("h2", {}, state.category ? (x.nav ?? []).find((n) => n.key === state.category)?.label : (x.grid_title ?? "")),
        h(
          "div",
          { class: "chips" },
          [{ key: null, label: t("all") }, ...(x.nav ?? [])].map((n) =>
            h("button", { class: state.category === n.key ? "on" : "", "aria-pressed": String(state.category === n.key), onclick: () => choose(n.key) }, n.label),
          ),
        ),
      ),
      h("ul", { class: "grid" }, featured(list).map((p) => h("li", {}, tile(p)))),
    ),
    x.story && !state.category ? h("section", { class: "story" }, h("h2", {}, x.story.title), h("p", {}, x.story.text)) : null,
  ];
}

function featured(list) {
  const order = texts().featured;
  if (!order || state.category) return list;
  const rank = (p) => (order.includes(p.sku) ? order.indexOf(p.sku) : order.length);
  return list.slice().sort((a, b) => rank(a) - rank(b));
}

function art(p, className = "art") {
  return h(
    "span",
    { class: className, vars: { "--tone": p.color } },
    p.art
      ? svg("svg", { viewBox: "0 0 64 64", "aria-hidden": "true" }, svg("path", { d: p.art, "fill-rule": "evenodd" }))
      : svg("svg", { viewBox: "-60 -60 120 120", "aria-hidden": "true" }, blossom(0, 0, 0.9, 0, "plain")),
  );
}

function tile(p) {
  return h(
    "a",
    { class: "tile", href: `#/item/${encodeURIComponent(p.sku)}` },
    art(p),
    h("b", {}, p.name),
    p.summary ? h("small", {}, p.summary) : null,
    h("span", { class: "price" }, money(p.price_minor, p.currency)),
  );
}

function detail(p) {
  if (!p) return h("section", { class: "page" }, h("p", {}, t("not_found")), h("a", { class: "button", href: "#/" }, t("back")));
  const buttons = texts().buttons ?? {};
  const amount = h("output", { "aria-label": t("quantity") }, String(state.quantity));
  const step = (by) => {
    state.quantity = Math.max(1, Math.min(20, state.quantity + by));
    amount.textContent = String(state.quantity);
  };
  const near = state.data.products.filter((q) => q !== p && q.category === p.category).slice(0, 4);
  return [
    h(
      "section",
      { class: "detail" },
      art(p, "art large"),
      h(
        "div",
        { class: "buy" },
        h("a", { class: "back", href: "#/" }, icon("back"), t("back")),
        h("h1", {}, p.name),
        p.summary ? h("p", { class: "lead" }, p.summary) : null,
        h("p", { class: "price big" }, money(p.price_minor, p.currency)),
        p.made_to_order ? h("p", { class: "note" }, t("made_to_order")) : null,
        h(
          "div",
          { class: "buy-row" },
          h("div", { class: "stepper" }, h("button", { "aria-label": t("fewer"), onclick: () => step(-1) }, "−"), amount, h("button", { "aria-label": t("plus"), onclick: () => step(1) }, "+")),
          h("button", { class: "button", onclick: () => put(p) }, buttons.add_to_cart ?? t("cart")),
        ),
        h("button", { class: "button quiet", onclick: () => qiao("open") }, icon("chat"), buttons.ask ?? t("help")),
        h("ul", { class: "promises" }, (texts().policies ?? []).map((x) => h("li", {}, icon(x.icon), x.title))),
        h("small", { class: "sku" }, t("sku", { sku: p.sku })),
      ),
    ),
    near.length ? h("section", { class: "grid-section" }, h("ul", { class: "grid" }, near.map((q) => h("li", {}, tile(q))))) : null,
  ];
}

function put(p) {
  state.bag[p.sku] = (state.bag[p.sku] ?? 0) + state.quantity;
  state.quantity = 1;
  store.set("bag", state.bag);
  draw();
  say(t("added"));
}

function bag() {
  const lines = Object.entries(state.bag).map(([sku, n]) => ({ p: product(sku), n })).filter((l) => l.p);
  const total = lines.reduce((sum, l) => sum + l.p.price_minor * l.n, 0);
  return h(
    "section",
    { class: "page" },
    h("h1", {}, t("cart")),
    lines.length === 0 ? h("p", { class: "muted" }, t("cart_empty")) : null,
    h(
      "ul",
      { class: "lines" },
      lines.map(({ p, n }) =>
        h(
          "li",
          {},
          art(p, "art small"),
          h("a", { href: `#/item/${encodeURIComponent(p.sku)}` }, p.name),
          h("span", { class: "muted" }, `× ${n}`),
          h("span", { class: "price" }, money(p.price_minor * n, p.currency)),
          h(
            "button",
            {
              class: "text",
              onclick: () => {
                delete state.bag[p.sku];
                store.set("bag", state.bag);
                draw();
              },
            },
            t("remove"),
          ),
        ),
      ),
    ),
    lines.length ? h("p", { class: "total" }, h("span", {}, t("cart_total")), h("b", { class: "price big" }, money(total))) : null,
    h("p", { class: "muted" }, t("cart_note")),
    h("a", { class: "button quiet", href: "#/" }, t("back")),
  );
}

function orders() {
  const list = state.orders ?? [];
  return h(
    "section",
    { class: "page" },
    h("h1", {}, t("orders")),
    !state.customer ? h("p", { class: "muted" }, t("orders_signed_out")) : list.length === 0 ? h("p", { class: "muted" }, t("orders_none")) : null,
    state.customer ? list.map(order) : null,
    h("a", { class: "button quiet", href: "#/" }, t("back")),
  );
}

function order(o) {
  const pieces = o.items.reduce((n, i) => n + (i.quantity ?? 1), 0);
  return h(
    "article",
    { class: "order" },
    h(
      "header",
      {},
      h("b", {}, t("order_no", { number: o.number })),
      o.placed_at ? h("span", { class: "muted" }, t("placed", { date: date(o.placed_at) })) : null,
      h("span", { class: `status ${o.status}` }, words.status[o.status] ?? o.status),
    ),
    h(
      "ul",
      { class: "lines" },
      o.items.map((i) => {
        const p = product(i.sku);
        const price = i.unit_price_minor ?? i.price_minor;
        return h(
          "li",
          {},
          p ? art(p, "art small") : null,
          h("span", {}, p?.name ?? i.name ?? i.sku),
          h("span", { class: "muted" }, `× ${i.quantity ?? 1}`),
          price !== undefined ? h("span", { class: "price" }, money(price, o.currency)) : null,
        );
      }),
    ),
    h(
      "footer",
      {},
      h("button", { class: "text", onclick: () => qiao("open") }, icon("chat"), t("ask_order")),
      h("span", {}, `${t("pieces", { n: pieces })} · ${t("cart_total")} `, h("b", { class: "price" }, money(o.total_minor, o.currency))),
    ),
  );
}

/** To the help centre; whoever is signed in here is known there, by the same token as in the chat. */
async function helpCentre(event) {
  if (!state.customer) return;
  event.preventDefault();
  // Their name stands here before the token has come.
  await state.signingIn;
  if (!state.token) return location.assign(`/help/${lang}`);
  const key = document.querySelector("script[data-key]")?.dataset.key ?? "";
  const hidden = (name, value) => h("input", { type: "hidden", name, value });
  const form = h("form", { method: "post", action: `/help/${lang}/sign-in` }, hidden("key", key), hidden("token", state.token));
  document.body.append(form);
  form.submit();
}

function foot() {
  const x = texts();
  return h(
    "footer",
    { class: "foot" },
    x.help_title ? h("div", {}, h("h2", {}, x.help_title), h("p", {}, x.help_text), h("button", { class: "button light", onclick: () => qiao("open") }, icon("chat"), t("help"))) : null,
    h("a", { href: `/help/${lang}`, onclick: helpCentre }, t("help_centre")),
    x.footer ? h("small", {}, x.footer) : null,
  );
}

function branch() {
  return svg(
    "svg",
    { class: "branch", viewBox: "0 0 520 440", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" },
    svg("circle", { cx: 300, cy: 200, r: 170, class: "sun" }),
    svg("path", { d: "M560 470C450 400 420 330 330 300S170 260 90 170M330 300c20-70 60-110 120-140M205 262c10-60 0-110-30-160", class: "wood" }),
    blossom(92, 168, 1.15, 10),
    blossom(180, 96, 0.95, 40, "petal deep"),
    blossom(448, 156, 1.25, -14),
    blossom(318, 292, 1.05, 24, "petal deep"),
    blossom(246, 214, 0.75, 60),
    blossom(380, 86, 0.55, 30, "petal pale"),
    svg("ellipse", { cx: 396, cy: 214, rx: 9, ry: 13, class: "bud" }),
    svg("ellipse", { cx: 142, cy: 222, rx: 8, ry: 12, class: "bud" }),
  );
}

function say(text) {
  document.querySelector(".say")?.remove();
  const note = h("p", { class: "say", role: "status" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 2600);
}

addEventListener("hashchange", () => {
  if (!state.data) return;
  state.quantity = 1;
  draw();
  scrollTo(0, 0);
  qiao("page");
});
void load();
