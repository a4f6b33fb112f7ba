import { Button } from "antd";
import { ChevronRight, FileText } from "lucide-react";
import { useState } from "react";

import type { MessageView } from "@/api/types";
import { useT } from "@/app/i18n";
import { fileSize } from "@/lib/format";
import { RichText } from "../conversation/RichText";
import "./channel.css";

interface Attached {
  file_id: string;
  name: string;
  mime: string;
  size: number;
  url?: string;
  thumb_url?: string | null;
  inline?: boolean;
}

interface Head {
  subject?: string;
  from?: unknown;
  to?: unknown;
  cc?: unknown;
  quoted?: string;
  signature?: string;
  automatic?: string | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** People of a mail's head, however they are given: as text, as a list, with a name or without. */
export function people(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(people).filter(Boolean).join(", ");
  if (isRecord(value)) {
    const name = typeof value.name === "string" ? value.name : "";
    const address = typeof value.address === "string" ? value.address : "";
    return name && address ? `${name} <${address}>` : name || address;
  }
  return "";
}

/** Whether a text carries more than its words. */
export function isMail(payload: Record<string, unknown>): boolean {
  return (
    isRecord(payload.mail) ||
    Array.isArray(payload.attachments) ||
    payload.html === true ||
    Array.isArray(payload.missing)
  );
}

/** A mail, or any text with files: what was newly written first; head, quotes, signature and form when asked for. */
export function MailBody(props: { message: Pick<MessageView, "body" | "payload"> & { id?: string } }) {
  const t = useT("inbox/channel");
  const [formatted, setFormatted] = useState(false);
  const payload = props.message.payload ?? {};
  const mail = (isRecord(payload.mail) ? payload.mail : {}) as Head;
  const files = (Array.isArray(payload.attachments) ? payload.attachments : []) as Attached[];
  const why = Array.isArray(payload.missing_why) ? payload.missing_why : [];
  const missing = ((Array.isArray(payload.missing) ? payload.missing : []) as string[]).map((name, at) =>
    why[at] ? t("missing_one", { name, why: t(`missing_why.${why[at]}`) }) : name,
  );
  const sender = isRecord(payload.sender) ? people(payload.sender) : "";
  return (
    <div className="q-mail">
      {mail.subject ? <strong className="q-mail__subject">{mail.subject}</strong> : null}
      {sender ? <div className="q-mail__head">{t("sent_by", { who: sender })}</div> : null}
      {people(mail.cc) ? (
        <div className="q-mail__head">
          {t("mail_cc")}: {people(mail.cc)}
        </div>
      ) : null}
      {mail.automatic ? <div className="q-mail__head">{t("automatic")}</div> : null}
      {formatted && props.message.id ? (
        <iframe
          className="q-mail__frame"
          title={mail.subject || t("formatted")}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          src={`/api/v1/channels/messages/${props.message.id}/body`}
        />
      ) : (
        <RichText text={props.message.body} />
      )}
      {mail.signature ? <Folded label={t("signature")} text={mail.signature} /> : null}
      {mail.quoted ? <Folded label={t("quoted")} text={mail.quoted} /> : null}
      {payload.cut === true ? <div className="q-mail__head">{t("cut")}</div> : null}
      {payload.html === true && props.message.id ? (
        <Button type="link" size="small" className="q-mail__more" onClick={() => setFormatted(!formatted)}>
          {t(formatted ? "plain" : "formatted")}
        </Button>
      ) : null}
      {files.some((file) => !file.inline) ? (
        <ul className="q-mail__files" aria-label={t("files")}>
          {files
            .filter((file) => !file.inline)
            .map((file) => (
              <li key={file.file_id}>
                <a
                  className="q-file"
                  href={file.url ?? `/api/v1/files/${file.file_id}/${encodeURIComponent(file.name)}`}
                  download={file.name}
                  target="_blank"
                  rel="noreferrer"
                >
                  {file.thumb_url ? (
                    <img src={file.thumb_url} alt="" width={40} height={40} />
                  ) : (
                    <FileText size={22} strokeWidth={1.4} aria-hidden />
                  )}
                  <span className="q-file__text">
                    <span className="q-ellipsis">{file.name}</span>
                    <small>{fileSize(file.size)}</small>
                  </span>
                </a>
              </li>
            ))}
        </ul>
      ) : null}
      {missing.length > 0 ? (
        <div className="q-mail__head">{t("missing", { names: missing.join(", ") })}</div>
      ) : null}
    </div>
  );
}

function Folded(props: { label: string; text: string }) {
  return (
    <details className="q-mail__folded">
      <summary>
        <ChevronRight size={12} aria-hidden /> {props.label}
      </summary>
      <pre>{props.text}</pre>
    </details>
  );
}
