import {
  call,
  chime,
  clockTime,
  h,
  lang,
  named,
  notice,
  otherLang,
  poll,
  setLang,
  show,
  span,
  store,
  t,
  wakeSound,
} from "./common.js";

const secret = location.pathname.split("/")[3];
let visit = null;
let offline = false;
let asking = false;
let score = 0;
let comment = "";
let error = "";
let told = null;

const title = document.title;
const near = () =>
  visit.state === "waiting" && visit.ahead !== null && visit.ahead <= visit.near && visit.estimate_s !== null;

/** Called: vibrates, sounds, and says so in the title, once for each call. */
function tell() {
  const mark = visit.state === "called" ? `called-${visit.calls}` : near() ? "near" : null;
  if (mark === told) return;
  told = mark;
  if (mark === null) return;
  navigator.vibrate?.(mark === "near" ? [200] : [400, 150, 400, 150, 600]);
  void chime();
}

async function act(verb, body = null) {
  error = "";
  asking = false;
  try {
    const found = await call(`/visits/${secret}/${verb}`, body);
    if (verb === "rating") visit = { ...visit, rating: found.score, comment: found.comment };
    else visit = found;
  } catch (failure) {
    error = failure.sentence;
    void watch.now();
  }
  draw();
}

const fact = (name, value) => h("div.fact", null, h("span", null, name), h("b", null, value));

function waiting() {
  return [
    h("p.ahead", null, visit.ahead ? t("ahead", { n: visit.ahead }) : t("you_are_next")),
    h(
      "div.facts",
      null,
      fact(t("estimate"), visit.estimate_s === null ? t("estimate_none") : span(visit.estimate_s)),
      fact(t("service"), named(visit.service)),
      fact(t("taken_at"), clockTime(visit.taken_at, visit.timezone)),
    ),
    h("p.hint", null, near() ? t("near_hint") : t("keep_open")),
    visit.may_postpone && visit.ahead !== null
      ? h(
          "button.second",
          { type: "button", onclick: () => act("later") },
          h("b", null, t("later")),
          h("small", null, t("later_hint")),
        )
      : null,
  ];
}

function called() {
  return [
    h("p.go", { role: "alert" }, visit.counter ? t("go_counter", { counter: visit.counter }) : t("go_desk")),
    visit.calls > 1 ? h("p.hint", null, t("calls", { n: visit.calls })) : null,
  ];
}

function missed() {
  if (!visit.may_return) return [h("p.hint", null, t("missed_over"))];
  return [
    h("p.hint", null, t("return_until", { time: clockTime(visit.return_by, visit.timezone) })),
    h("button.first", { type: "button", onclick: () => act("back") }, t("return_now")),
  ];
}

function served() {
  if (visit.rating !== null && !score)
    return [h("p.ahead", null, t("thanks")), stars(visit.rating, null), h("p.hint", null, t("rated"))];
  return [
    h("p.ahead", null, t("thanks")),
    h("h2", null, t("rate_title")),
    stars(score, (n) => {
      score = n;
      draw();
    }),
    score
      ? h("textarea", {
          rows: "3",
          maxlength: "1000",
          "aria-label": t("rate_comment"),
          placeholder: t("rate_comment"),
          value: comment,
          oninput: (event) => {
            comment = event.target.value;
          },
        })
      : null,
    score
      ? h(
          "button.first",
          {
            type: "button",
            onclick: async () => {
              await act("rating", { score, comment });
              score = 0;
              draw();
            },
          },
          t("rate_send"),
        )
      : null,
  ];
}

function stars(given, choose) {
  return h(
    "div.stars",
    { role: choose ? "radiogroup" : "img", "aria-label": choose ? t("rate_title") : t("star", { n: given }) },
    [1, 2, 3, 4, 5].map((n) =>
      choose
        ? h(
            `button.star${n <= given ? ".on" : ""}`,
            {
              type: "button",
              role: "radio",
              "aria-checked": String(n === given),
              "aria-label": t("star", { n }),
              onclick: () => choose(n),
            },
            "★",
          )
        : h(`span.star${n <= given ? ".on" : ""}`, null, "★"),
    ),
  );
}

const BODIES = {
  waiting,
  called,
  missed,
  served,
  serving: () => [
    h("p.ahead", null, visit.counter ? t("at_counter", { counter: visit.counter }) : t("state_serving")),
  ],
  parked: () => [h("p.hint", null, t("parked_hint"))],
  cancelled: () => [],
};

function draw() {
  if (!visit) {
    show(notice(offline ? t("offline") : t("loading")));
    return;
  }
  document.title =
    visit.state === "called"
      ? `● ${t("state_called")} ${visit.code}`
      : `${visit.code} · ${named(visit.site)}`;
  const typing = document.activeElement?.tagName === "TEXTAREA";
  const leave = visit.may_cancel && !typing;
  show(
    h(
      "header.bar",
      null,
      h("h1", null, named(visit.site)),
      h(
        "button.plain",
        {
          type: "button",
          lang: otherLang(),
          onclick: () => {
            setLang(otherLang());
            draw();
          },
        },
        t("switch"),
      ),
    ),
    offline ? notice(t("offline")) : null,
    h(
      `div.page.visit.${visit.state}${near() ? ".near" : ""}`,
      null,
      h("p.state", null, t(`state_${visit.state}`)),
      h("p.number", { "aria-label": t("your_number") }, visit.code),
      BODIES[visit.state](),
      error ? notice(error) : null,
      leave
        ? asking
          ? h(
              "div.ask",
              { role: "alertdialog", "aria-label": t("cancel") },
              h("p", null, t("cancel_ask")),
              h(
                "div.row",
                null,
                h(
                  "button.second",
                  {
                    type: "button",
                    onclick: () => {
                      asking = false;
                      draw();
                    },
                  },
                  t("keep"),
                ),
                h("button.danger", { type: "button", onclick: () => act("cancel") }, t("cancel")),
              ),
            )
          : h(
              "button.plain.leave",
              {
                type: "button",
                onclick: () => {
                  asking = true;
                  draw();
                },
              },
              t("cancel"),
            )
        : null,
      named(visit.address) ? h("p.address", null, named(visit.address)) : null,
    ),
  );
}

show(notice(t("loading")));
// Sound needs a touch first; vibration does not everywhere.
addEventListener("pointerdown", () => void wakeSound(), { once: true });
const watch = poll(
  () => call(`/visits/${secret}`),
  (found, failure) => {
    offline = failure !== null;
    const before = JSON.stringify(visit);
    if (found) {
      visit = found;
      tell();
    }
    // Whoever is writing a comment is not interrupted by what has not changed.
    if (offline || before !== JSON.stringify(visit)) draw();
  },
  (found) =>
    ["served", "cancelled"].includes(found.state)
      ? 30000
      : found.state === "waiting" && found.ahead > 5
        ? 6000
        : 2500,
);
if (!title) document.documentElement.lang = lang();
store.set("qiao.walkin.last", secret);
