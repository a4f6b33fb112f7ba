import {
  call,
  chime,
  clockTime,
  h,
  lang,
  named,
  otherLang,
  poll,
  setLang,
  show,
  spelled,
  stayAwake,
  store,
  t,
  wakeSound,
} from "./common.js";

const key = location.pathname.split("/")[3];
const spoken = new Set();
let board = null;
let offline = false;
let sounding = false;
let speaking = Promise.resolve();
let theme = new URLSearchParams(location.search).get("theme") || store.get("qiao.walkin.theme");

function dress() {
  if (theme) document.documentElement.dataset.theme = theme;
}

/** Both languages, one after the other, whatever language the screen shows. */
function announce(one) {
  speaking = speaking.then(async () => {
    await chime();
    if (!window.speechSynthesis) return;
    for (const language of ["zh-CN", "en"]) {
      const text = t(
        one.counter ? "speak" : "speak_desk",
        { code: spelled(one.code), counter: one.counter },
        language,
      );
      await say(text, language);
    }
  });
}

function say(text, language) {
  return new Promise((resolve) => {
    const words = new SpeechSynthesisUtterance(text);
    words.lang = language === "en" ? "en-US" : "zh-CN";
    words.rate = 0.9;
    words.onend = words.onerror = () => resolve();
    // A voice that never ends must not silence the next call.
    setTimeout(resolve, 9000);
    speechSynthesis.speak(words);
  });
}

function heard(found, first) {
  for (const one of found.calls) {
    if (one.state !== "called" || spoken.has(one.call)) continue;
    spoken.add(one.call);
    // What was called before this screen came up has been spoken, unless it was a moment ago.
    const age = new Date(found.now) - new Date(one.called_at);
    if (sounding && found.sound && (!first || age < 15000)) announce(one);
  }
  if (spoken.size > 500) for (const old of [...spoken].slice(0, 300)) spoken.delete(old);
}

function draw() {
  if (!board) {
    show(h("p.notice", null, offline ? t("reconnecting") : t("loading")));
    return;
  }
  document.title = `${named(board.title)} · ${t("now_calling")}`;
  const newest = board.calls.find((one) => one.state === "called") || board.calls[0];
  const rest = board.calls.filter((one) => one !== newest).slice(0, 5);
  show(
    h(
      "header.bar",
      null,
      h("h1", null, named(board.title)),
      h("span.clock", null, clockTime(new Date(), board.timezone)),
      h(
        "div.tools",
        null,
        board.sound
          ? h(
              "button.plain",
              {
                type: "button",
                "aria-pressed": String(sounding),
                onclick: () => {
                  if (sounding) sounding = false;
                  else begin();
                  draw();
                },
              },
              sounding ? t("sound_on") : t("sound_off"),
            )
          : null,
        h(
          "button.plain",
          {
            type: "button",
            onclick: () => {
              const dark = theme === "dark" || (!theme && matchMedia("(prefers-color-scheme: dark)").matches);
              theme = dark ? "light" : "dark";
              store.set("qiao.walkin.theme", theme);
              dress();
            },
          },
          t("theme"),
        ),
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
    ),
    offline ? h("p.notice", { role: "status" }, t("reconnecting")) : null,
    h(
      "div.board",
      null,
      h(
        "section.calls",
        { "aria-label": t("now_calling") },
        newest
          ? h(
              `div.newest.${newest.state}`,
              { "data-call": newest.call },
              h("b.code", null, newest.code),
              h("span.arrow", { "aria-hidden": "true" }, "→"),
              h("span.where", null, where(newest)),
            )
          : h("p.none", null, t("none_called")),
        h(
          "ol.rest",
          null,
          rest.map((one) =>
            h(`li.${one.state}`, null, h("b.code", null, one.code), h("span", null, where(one))),
          ),
        ),
      ),
      h(
        "aside",
        null,
        h("h2", null, t("next")),
        h(
          "ol.next",
          null,
          board.next.map((one) =>
            h("li", null, h("b.code", null, one.code), h("span", null, named(one.service))),
          ),
        ),
        h("p.total", null, t("waiting_total", { n: board.waiting })),
        board.missed.length ? h("h2", null, t("missed")) : null,
        board.missed.length
          ? h(
              "p.gone",
              null,
              board.missed.map((code) => h("b.code", null, code)),
            )
          : null,
        h(
          "div.scan",
          null,
          h("img", { src: `/walkin/${key}/join.svg`, alt: t("scan"), width: "120", height: "120" }),
          h("p", null, t("scan")),
        ),
      ),
    ),
    board.sound && !sounding && !store.get("qiao.walkin.silent")
      ? h(
          "button.begin",
          {
            type: "button",
            onclick: () => {
              begin();
              draw();
            },
          },
          t("sound_start"),
        )
      : null,
  );
}

const where = (one) => (one.counter ? t("counter", { counter: one.counter }) : t("desk"));

function begin() {
  sounding = true;
  void wakeSound();
  // Browsers let a page speak only after somebody has touched it, and it has said something then.
  if (window.speechSynthesis) speechSynthesis.speak(new SpeechSynthesisUtterance(""));
}

dress();
void stayAwake();
show(h("p.notice", null, t("loading")));
poll(
  () => call(`/display/${key}`),
  (found, error) => {
    offline = error !== null;
    if (found) {
      heard(found, board === null);
      board = found;
    }
    draw();
  },
  () => 1000,
);
document.documentElement.lang = lang();
