import { Modal, Select } from "antd";
import { Check } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { PriorityMark } from "../list/Row";
import type { DialogProps } from "./Dialogs";
import { useVerbs } from "./verbs";

export function PriorityDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const verbs = useVerbs(conversation.id);
  return (
    <Modal open title={t("priority.title")} onCancel={close} footer={null} width={320}>
      <div className="q-pick" role="radiogroup" aria-label={t("priority.title")}>
        {[3, 2, 1, 0].map((priority) => (
          <button
            key={priority}
            type="button"
            role="radio"
            aria-checked={conversation.priority === priority}
            // biome-ignore lint/a11y/noAutofocus: the dialog was opened by a key; the next keys belong to it.
            autoFocus={conversation.priority === priority}
            className="q-pick__item"
            onClick={() => void verbs.priority(priority).then((ok) => ok && close())}
          >
            {/* The mark says the same as the words beside it. */}
            <span style={{ width: 20 }} aria-hidden>
              <PriorityMark priority={priority} />
            </span>
            <span className="q-pick__main">{t(`priority.${priority}`)}</span>
            {conversation.priority === priority ? <Check size={16} aria-hidden /> : null}
          </button>
        ))}
      </div>
    </Modal>
  );
}

export function TagsDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const verbs = useVerbs(conversation.id);
  const [tags, setTags] = useState(conversation.tags);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    const add = tags.filter((tag) => !conversation.tags.includes(tag));
    const remove = conversation.tags.filter((tag) => !tags.includes(tag));
    if (!add.length && !remove.length) return close();
    setBusy(true);
    const ok = await verbs.tags(add, remove);
    setBusy(false);
    if (ok) close();
  };
  return (
    <Modal
      open
      title={t("tags")}
      onCancel={close}
      onOk={() => void save()}
      confirmLoading={busy}
      okText={t("save")}
      width={420}
    >
      <Select
        mode="tags"
        autoFocus
        open={false}
        suffix={null}
        value={tags}
        onChange={setTags}
        tokenSeparators={[",", "，", "、"]}
        maxCount={30}
        placeholder={t("tags_placeholder")}
        aria-label={t("tags")}
        style={{ width: "100%" }}
      />
    </Modal>
  );
}
