import { call, clockTime, h, named, notice, show, t } from "./common.js";

const secret = location.pathname.split("/")[3];
const printing = new URLSearchParams(location.search).has("print");

async function draw() {
  let visit;
  try {
    visit = await call(`/visits/${secret}`);
  } catch (error) {
    show(notice(error.status === 404 ? t("gone") : error.sentence));
    return;
  }
  document.title = `${visit.code} · ${named(visit.site)}`;
  const code = h("img.qr", {
    src: `/walkin/visit/${secret}/qr.svg`,
    alt: t("follow"),
    width: "160",
    height: "160",
  });
  show(
    h(
      "article.slip",
      null,
      h("h1", null, named(visit.site)),
      h("p.number", null, visit.code),
      h("p.what", null, named(visit.service)),
      visit.ahead !== null
        ? h("p", null, visit.ahead ? t("ahead", { n: visit.ahead }) : t("you_are_next"))
        : null,
      h("p", null, `${t("taken_at")} ${clockTime(visit.taken_at, visit.timezone, true)}`),
      code,
      h("p.hint", null, t("follow")),
      h("p.hint", null, t("ticket_foot")),
    ),
    h("button.first.noprint", { type: "button", onclick: () => window.print() }, t("print")),
  );
  if (!printing) return;
  await code.decode().catch(() => undefined);
  window.print();
}

void draw();
