import { useState } from "preact/hooks";
import { toRate } from "../../core/state.ts";
import type { Conversation } from "../../core/types.ts";
import { sentence, useApp, useEngine } from "../context.ts";
import { Avatar, BotFace, Icon } from "../icons.tsx";
import { ConnectionBanner, QueueBanner } from "./Banner.tsx";
import { CallbackForm } from "./CallbackForm.tsx";
import { Composer } from "./Composer.tsx";
import { check, probe } from "./files.ts";
import { LeaveForm } from "./LeaveForm.tsx";
import { Log } from "./Log.tsx";
import { Menu } from "./Menu.tsx";
import { Rating } from "./Rating.tsx";

export function Chat({ onBack }: { onBack: () => void }) {
  const { engine, config, t, locale, close, toast, vault } = useApp();
  const state = useEngine(engine);
  const [leaving, setLeaving] = useState(false);
  const [calling, setCalling] = useState(false);
  const [asking, setAsking] = useState(false);
  const [dropping, setDropping] = useState(false);
  const [leftFor, setLeftFor] = useState(vault.get("left"));
  const c = state.conversation;

  const toPerson = async () => {
    if (asking) return;
    setAsking(true);
    try {
      await engine.handoff();
    } catch (error) {
      toast(sentence(error, t));
    }
    setAsking(false);
  };
  const over = c !== null && (c.status === "resolved" || c.status === "closed");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop files; the keyboard has the attach button
    <div
      class="chat"
      onDragOver={(event) => {
        if (!config.features.files || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDropping(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        for (const file of config.features.files ? (event.dataTransfer?.files ?? []) : []) {
          const problem = check(file, config.limits, t, locale);
          if (problem) toast(problem);
          else void probe(file).then((local) => engine.sendFile(file, local));
        }
      }}
    >
      <header class="chat-head">
        <button type="button" class="icon-button" aria-label={t("a11y.back")} onClick={onBack}>
          <Icon name="back" />
        </button>
        <Who conversation={c} />
        {withPerson(c) ? null : (
          <button
            type="button"
            class="to-person"
            disabled={asking}
            aria-label={t("chat.to_person")}
            title={t("chat.to_person")}
            onClick={() => void toPerson()}
          >
            {asking ? <span class="spinner" /> : <Icon name="headset" size={16} />}
            {t("chat.to_person_short")}
          </button>
        )}
        <Menu
          onLeave={() => setLeaving(true)}
          transcript={() => engine.transcript()}
          mail={(to) => engine.transcriptMail(to)}
          onCall={config.features.callback ? () => setCalling(true) : undefined}
        />
        <button type="button" class="icon-button" aria-label={t("a11y.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <ConnectionBanner />
      <QueueBanner
        onLeave={() => setLeaving(true)}
        onCall={() => setCalling(true)}
        left={c !== null && leftFor === c.id && !over && c.status !== "assigned"}
      />
      <Log onPerson={() => void toPerson()} onLeave={() => setLeaving(true)}>
        {c && toRate(state) && config.features.rating && <Rating key={c.id} />}
      </Log>
      <Composer />
      {dropping && (
        <div class="drop" aria-hidden="true">
          <Icon name="download" size={28} /> {t("chat.drop")}
        </div>
      )}
      {calling && <CallbackForm onClose={() => setCalling(false)} />}
      {leaving && (
        <LeaveForm
          onClose={() => setLeaving(false)}
          onDone={() => {
            const id = engine.state.conversation?.id ?? null;
            vault.set("left", id);
            setLeftFor(id);
            setLeaving(false);
          }}
        />
      )}
    </div>
  );
}

function withPerson(c: Conversation | null): boolean {
  return c !== null && (c.status === "assigned" || c.status === "queued" || c.status === "snoozed");
}

/** Who is on the other side right now, with the bot plainly a bot. */
function Who({ conversation: c }: { conversation: Conversation | null }) {
  const { config, t } = useApp();
  if (c?.agent && (c.status === "assigned" || c.status === "snoozed")) {
    return (
      <div class="who-head">
        <span class="presence">
          <Avatar name={c.agent.name} url={c.agent.avatar_url} size={36} />
        </span>
        <span>
          <b>{c.agent.name}</b>
          <small>{t(c.status === "assigned" ? "chat.agent_sub" : "chat.snoozed_sub")}</small>
        </span>
      </div>
    );
  }
  if (c?.status === "queued" || !config.features.bot) {
    return (
      <div class="who-head">
        <span class="avatar people" aria-hidden="true">
          <Icon name="headset" size={20} />
        </span>
        <span>
          <b>{config.company || t("chat.title")}</b>
          {c?.status === "queued" && <small>{t(c.offline ? "home.offline" : "chat.queue_sub")}</small>}
        </span>
      </div>
    );
  }
  return (
    <div class="who-head">
      <BotFace size={36} />
      <span>
        <b>
          {config.bot_name} <i class="tag">{t("chat.bot_tag")}</i>
        </b>
        <small>
          {t(c && (c.status === "closed" || c.status === "resolved") ? "chat.closed_sub" : "chat.bot_sub")}
        </small>
      </span>
    </div>
  );
}
