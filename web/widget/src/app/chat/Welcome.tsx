import { useApp } from "../context.ts";
import { BotFace, Icon } from "../icons.tsx";

/** The beginning of the history: who is here. With nothing written yet, also what one may ask. */
export function Welcome({ empty }: { empty: boolean }) {
  const { config, engine, t } = useApp();
  return (
    <div class={empty ? "welcome empty" : "welcome"}>
      {config.features.bot ? (
        <BotFace size={56} />
      ) : (
        <span class="avatar people large">
          <Icon name="headset" size={28} />
        </span>
      )}
      <b>{config.features.bot ? config.bot_name : config.company}</b>
      {config.features.bot && <i class="tag">{t("chat.bot_tag")}</i>}
      {empty && <p>{config.greeting || t("chat.empty")}</p>}
      {empty && (
        <div class="choices">
          {config.suggestions.map((question) => (
            <button key={question} type="button" onClick={() => engine.sendText(question)}>
              {question}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
