import { Button, Modal } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { useCan, useMe } from "@/app/session";
import type { DialogProps } from "./Dialogs";
import { PeopleList } from "./TransferDialog";
import { useVerbs } from "./verbs";

export function AssignDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const me = useMe().user;
  const handles = useCan("conversations.handle");
  const verbs = useVerbs(conversation.id);
  const [busy, setBusy] = useState<string | null>(null);
  const assign = async (id: string, name: string) => {
    setBusy(id);
    const ok = await verbs.assign(id, name);
    setBusy(null);
    if (ok) close();
  };
  const mine = conversation.assignee?.id === me.id;
  return (
    <Modal open title={t("assign.title")} onCancel={close} footer={null} width={420}>
      {handles && !mine ? (
        <Button
          block
          type="primary"
          style={{ marginBottom: 12 }}
          loading={busy === me.id}
          onClick={() => void assign(me.id, me.name)}
        >
          {t("assign.me")}
        </Button>
      ) : null}
      <PeopleList
        value={busy}
        onChange={(id, name) => void assign(id, name)}
        exclude={[me.id, ...(conversation.assignee ? [conversation.assignee.id] : [])]}
      />
    </Modal>
  );
}
