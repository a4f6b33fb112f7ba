import { MessageCircle, Minus, SendHorizontal } from "lucide-react";
import { useT } from "@/app/i18n";
import { accentText, inLanguage, type Language, type WebchatSettings } from "./model";
import "./preview.css";

/** What a visitor will see, drawn from the fields as they are typed; the saved widget itself is one click away. */
export function WidgetPreview(props: {
  settings: WebchatSettings;
  company: string;
  botEnabled: boolean;
  language: Language;
}) {
  const t = useT("settings");
  const { settings, language } = props;
  const title = inLanguage(settings.title, language) || props.company;
  const style = {
    "--w-accent": settings.accent,
    "--w-on-accent": accentText(settings.accent),
  } as React.CSSProperties;
  return (
    <div
      className={`qw-stage qw-${settings.position} ${settings.theme === "dark" ? "qw-dark" : ""}`}
      style={style}
      aria-hidden
    >
      <div className="qw-page">
        <i />
        <i />
        <i />
      </div>
      <div className="qw-box">
        <header>
          <span className="qw-face">{title.slice(0, 1)}</span>
          <div>
            <strong>{title}</strong>
            <small>
              {(props.botEnabled && inLanguage(settings.bot_name, language)) || t("inboxes.preview.online")}
            </small>
          </div>
          <Minus size={16} />
        </header>
        <div className="qw-talk">
          <p className="qw-in">{inLanguage(settings.greeting, language) || t("inboxes.preview.greeting")}</p>
          <div className="qw-suggestions">
            {settings.suggestions[language].filter(Boolean).map((text, index) => (
              <span key={index}>{text}</span>
            ))}
          </div>
          <p className="qw-out">{t("inboxes.preview.question")}</p>
        </div>
        <footer>
          <span>{t("inboxes.preview.placeholder")}</span>
          <b>{props.botEnabled ? t("inboxes.preview.person") : ""}</b>
          <SendHorizontal size={16} />
        </footer>
      </div>
      <span className="qw-bubble">
        <MessageCircle size={22} />
      </span>
    </div>
  );
}
