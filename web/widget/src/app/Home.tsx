import { useMemo, useState } from "preact/hooks";
import { unread } from "../core/state.ts";
import { clock, dayName, duration, upcoming } from "../i18n/format.ts";
import { CallbackForm } from "./chat/CallbackForm.tsx";
import { summary } from "./chat/summary.ts";
import { useApp, useEngine } from "./context.ts";
import { Avatar, BotFace, Icon } from "./icons.tsx";

/** What one sees first: who answers, how soon, what is often asked, and the conversation one was in. */
export function Home({ onChat }: { onChat: (question?: string) => void }) {
  const { engine, config, locale, t, close } = useApp();
  const state = useEngine(engine);
  const [calling, setCalling] = useState(false);
  const last = useMemo(() => state.messages.filter((m) => m.kind !== "event").at(-1), [state.messages]);
  const waiting = unread(state);
  const name = engine.customer?.identified ? engine.customer.name : null;
  const agent = state.conversation?.agent;
  const when = last && new Date(last.created_at);
  return (
    <div class="home">
      <div class="hero">
        <div class="hero-top">
          <span class="brand">
            {config.logo_url ? (
              <img src={config.logo_url} alt="" />
            ) : (
              <span class="brand-mark">{config.company.slice(0, 1)}</span>
            )}
            {config.company}
          </span>
          <button type="button" class="icon-button" aria-label={t("a11y.close")} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <h1>{name ? t("home.hello_name", { name }) : t("home.hello")}</h1>
        <p>{config.greeting}</p>
      </div>
      <div class="home-body">
        <button type="button" class="card start" onClick={() => onChat()}>
          {last && when ? (
            <>
              {last.author.kind === "bot" || !agent ? (
                <BotFace size={40} />
              ) : (
                <Avatar name={agent.name} url={agent.avatar_url} size={40} />
              )}
              <span class="start-text">
                <b>
                  {t("home.continue")}
                  <time dateTime={last.created_at}>
                    {dayName(locale, when, new Date()) === t("chat.today")
                      ? clock(locale, when)
                      : dayName(locale, when, new Date())}
                  </time>
                </b>
                <span class="clip">{summary(last, t)}</span>
              </span>
              {waiting > 0 && <span class="count">{waiting}</span>}
            </>
          ) : (
            <>
              <span class="start-text">
                <b>{t("home.start")}</b>
                <span class="clip">
                  {config.features.bot ? t("home.who_bot", { bot: config.bot_name }) : t("home.who_people")}
                </span>
              </span>
              <span class="go">
                <Icon name="send" size={18} />
              </span>
            </>
          )}
        </button>

        {config.suggestions.length > 0 && (
          <section class="card list" aria-labelledby="asked">
            <h2 id="asked">{t("home.ask")}</h2>
            <ul>
              {config.suggestions.map((question) => (
                <li key={question}>
                  <button type="button" onClick={() => onChat(question)}>
                    <span>{question}</span>
                    <Icon name="chevron" size={16} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}

        <section class="card who" aria-labelledby="who">
          <h2 id="who">{t("home.who")}</h2>
          {config.features.bot && (
            <div class="who-row">
              <BotFace size={36} />
              <span>
                <b>
                  {config.bot_name} <i class="tag">{t("chat.bot_tag")}</i>
                </b>
                <small>{t("chat.bot_sub")}</small>
              </span>
            </div>
          )}
          <div class="who-row">
            <span class="avatar people" aria-hidden="true">
              <Icon name="headset" size={20} />
            </span>
            <span>
              <b>
                <i class={config.online ? "dot on" : "dot"} />
                {t(config.online ? "home.online" : "home.offline")}
              </b>
              <small>
                {config.online
                  ? config.expected_wait_s !== null && config.expected_wait_s >= 60
                    ? t("home.wait", { time: duration(locale, config.expected_wait_s) })
                    : t("home.no_wait")
                  : config.next_open
                    ? t("home.back_at", { time: upcoming(locale, new Date(config.next_open), new Date()) })
                    : t("offline.back_unknown")}
              </small>
              {config.hours && <small>{config.hours}</small>}
            </span>
          </div>
        </section>
        {(config.features.callback || config.features.my_requests) && (
          <section class="card list">
            <ul>
              {config.features.callback && (
                <li>
                  <button type="button" onClick={() => setCalling(true)}>
                    <span class="call-me">
                      <Icon name="phone" size={18} /> {t("call.title")}
                    </span>
                    <Icon name="chevron" size={16} />
                  </button>
                </li>
              )}
              {config.features.my_requests && (
                <li>
                  <a href={`/help/${locale}/my`} target="_blank" rel="noopener">
                    <span class="call-me">
                      <Icon name="file" size={18} /> {t("home.requests")}
                    </span>
                    <Icon name="external" size={16} />
                  </a>
                </li>
              )}
            </ul>
          </section>
        )}
        <p class="powered">{t("home.powered")}</p>
      </div>
      {calling && <CallbackForm onClose={() => setCalling(false)} />}
    </div>
  );
}
