import { call, clockTime, h, named, notice, otherLang, poll, setLang, show, t } from "./common.js";

const secret = location.pathname.split("/")[3];
let booking = null;
let offline = false;
let asking = false;
let error = "";

async function cancel() {
  asking = false;
  try {
    booking = await call(`/appointments/${secret}/cancel`, null);
    error = "";
  } catch (failure) {
    error = failure.sentence;
  }
  draw();
}

async function checkIn() {
  try {
    const visit = await call(`/appointments/${secret}/check-in`, null);
    location.assign(visit.path);
  } catch (failure) {
    error = failure.sentence;
    draw();
  }
}

function doors() {
  if (booking.visit_path) return [h("a.first", { href: booking.visit_path }, t("see_number"))];
  if (booking.state !== "booked") return [];
  return [
    h("p.hint", null, t("appointment_code")),
    h("p.number.small", null, booking.code),
    h("p.hint", null, t("appointment_hint")),
    booking.may_check_in
      ? h("button.first", { type: "button", onclick: checkIn }, t("check_in_now"))
      : h(
          "p.hint",
          null,
          t("check_in_from", { time: clockTime(booking.check_in_from, booking.timezone, true) }),
        ),
    asking
      ? h(
          "div.ask",
          { role: "alertdialog", "aria-label": t("cancel_appointment") },
          h("p", null, t("cancel_appointment")),
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
            h("button.danger", { type: "button", onclick: cancel }, t("confirm")),
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
          t("cancel_appointment"),
        ),
    h("p.hint", null, t("keep_link")),
  ];
}

function draw() {
  if (!booking) {
    show(notice(offline ? t("offline") : t("loading")));
    return;
  }
  document.title = `${t("appointment")} · ${named(booking.site)}`;
  show(
    h(
      "header.bar",
      null,
      h("h1", null, named(booking.site)),
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
      `div.page.visit.${booking.state}`,
      null,
      h("p.state", null, t(`booking_${booking.state}`)),
      h("p.when", null, clockTime(booking.starts_at, booking.timezone, true)),
      h("p.what", null, named(booking.service)),
      doors(),
      error ? notice(error) : null,
      named(booking.address) ? h("p.address", null, named(booking.address)) : null,
    ),
  );
}

show(notice(t("loading")));
poll(
  () => call(`/appointments/${secret}`),
  (found, failure) => {
    offline = failure !== null;
    const before = JSON.stringify(booking);
    if (found) booking = found;
    if (offline || before !== JSON.stringify(booking)) draw();
  },
  () => 20000,
);
