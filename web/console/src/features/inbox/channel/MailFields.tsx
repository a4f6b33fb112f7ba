import { Button, Input } from "antd";
import { useState } from "react";

import { useT } from "@/app/i18n";
import { EMPTY_MAIL, type MailDraft, mailPayload } from "./mail";

/** Subject and further readers of an answer by mail; folded away until they are wanted. */
export function MailFields(props: {
  value: MailDraft;
  /** Who got the letter besides us. */
  others: string[];
  onChange: (value: MailDraft) => void;
}) {
  const t = useT("inbox/channel");
  const [open, setOpen] = useState(false);
  const { value, onChange } = props;
  const shown = open || Boolean(value.subject || value.cc || value.bcc);
  if (!shown)
    return (
      <div className="q-mailhead">
        <Button type="link" size="small" onClick={() => setOpen(true)}>
          {t("mail_head")}
        </Button>
        {props.others.length ? (
          <Button
            type="link"
            size="small"
            title={props.others.join(", ")}
            onClick={() => onChange({ ...value, cc: props.others.join(", ") })}
          >
            {t("mail_all", { count: props.others.length })}
          </Button>
        ) : null}
      </div>
    );
  return (
    <div className="q-mailhead">
      {(["subject", "cc", "bcc"] as const).map((field) => (
        <div key={field} className="q-mailhead__line">
          <label htmlFor={`mail-${field}`}>{t(`mail_${field}`)}</label>
          <Input
            id={`mail-${field}`}
            size="small"
            variant="borderless"
            value={value[field]}
            maxLength={field === "subject" ? 300 : 1000}
            placeholder={field === "subject" ? t("mail_subject_same") : ""}
            status={
              field !== "subject" && mailPayload({ ...EMPTY_MAIL, [field]: value[field] }) === null
                ? "error"
                : ""
            }
            onChange={(event) => onChange({ ...value, [field]: event.target.value })}
          />
        </div>
      ))}
    </div>
  );
}
