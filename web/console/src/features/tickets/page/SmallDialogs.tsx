import { Input, Modal, Radio } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { useCan, useMe } from "@/app/session";
import { DepartmentPicker, PersonPicker } from "../fields/pickers";
import type { DialogProps } from "./Dialogs";
import { useTicketVerbs } from "./verbs";

const onModEnter = (run: () => void) => (event: React.KeyboardEvent) => {
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) run();
};

export function AssignDialog({ ticket, close }: DialogProps) {
  const t = useT("tickets");
  const me = useMe().user;
  const all = useCan("tickets.view_all");
  const verbs = useTicketVerbs(ticket.id);
  const [user, setUser] = useState(ticket.assignee?.id ?? null);
  const [department, setDepartment] = useState(ticket.department?.id ?? null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    const ok = await verbs.assign(
      {
        ...(user === (ticket.assignee?.id ?? null) ? {} : { user_id: user }),
        ...(department === (ticket.department?.id ?? null) ? {} : { department_id: department }),
        ...(reason.trim() ? { reason: reason.trim() } : {}),
      },
      t("assign.done"),
    );
    setBusy(false);
    if (ok) close();
  };
  return (
    <Modal
      open
      title={t("assign.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("assign.submit")}
      confirmLoading={busy}
      width={440}
    >
      <div
        className="q-tk__dialog"
        role="group"
        aria-label={t("assign.title")}
        onKeyDown={onModEnter(() => void submit())}
      >
        <div>
          <span className="q-form__label">{t("assign.person")}</span>
          <PersonPicker
            autoFocus
            open
            me={me.id}
            label={t("assign.person")}
            placeholder={t("nobody")}
            value={user}
            onChange={setUser}
          />
        </div>
        <div>
          <span className="q-form__label">{t("assign.department")}</span>
          <DepartmentPicker
            label={t("assign.department")}
            placeholder={t("no_department")}
            value={department}
            onChange={setDepartment}
          />
        </div>
        <Input
          value={reason}
          maxLength={500}
          placeholder={t("assign.reason")}
          aria-label={t("assign.reason")}
          onChange={(event) => setReason(event.target.value)}
        />
        {!all && department !== (ticket.department?.id ?? null) ? (
          <p className="q-muted">{t("assign.loses")}</p>
        ) : null}
      </div>
    </Modal>
  );
}

export function EscalateDialog({ ticket, close }: DialogProps) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const tiers = [1, 2, 3].filter((tier) => tier !== ticket.tier);
  const [tier, setTier] = useState(
    Math.min(3, ticket.tier + 1) === ticket.tier ? tiers[0]! : ticket.tier + 1,
  );
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setTried(true);
    if (!reason.trim()) return;
    setBusy(true);
    const ok = await verbs.run(
      "post",
      "/escalate",
      { tier, reason: reason.trim() },
      t("escalate.done", { tier: t(`tier.${tier}`) }),
    );
    setBusy(false);
    if (ok) close();
  };
  return (
    <Modal
      open
      title={t("escalate.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("escalate.submit")}
      confirmLoading={busy}
      width={440}
    >
      <div
        className="q-tk__dialog"
        role="group"
        aria-label={t("escalate.title")}
        onKeyDown={onModEnter(() => void submit())}
      >
        <Radio.Group
          aria-label={t("escalate.tier")}
          optionType="button"
          value={tier}
          onChange={(event) => setTier(event.target.value as number)}
          options={tiers.map((value) => ({ value, label: t(`tier.${value}`) }))}
        />
        <div>
          <Input.TextArea
            autoFocus
            value={reason}
            maxLength={500}
            autoSize={{ minRows: 3, maxRows: 6 }}
            status={tried && !reason.trim() ? "error" : undefined}
            placeholder={t("escalate.reason")}
            aria-label={t("escalate.reason")}
            onChange={(event) => setReason(event.target.value)}
          />
          {tried && !reason.trim() ? (
            <div className="q-form__wrong" role="alert">
              {t("escalate.reason_needed")}
            </div>
          ) : null}
        </div>
      </div>
    </Modal>
  );
}

export function HoldDialog({ ticket, close }: DialogProps) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [department, setDepartment] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    const ok = await verbs.run(
      "post",
      "/hold",
      {
        waiting_on: department ? { kind: "department", id: department } : { kind: "other" },
        reason: reason.trim(),
      },
      t("hold.done"),
    );
    setBusy(false);
    if (ok) close();
  };
  return (
    <Modal
      open
      title={t("hold.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("hold.submit")}
      confirmLoading={busy}
      width={440}
    >
      <div
        className="q-tk__dialog"
        role="group"
        aria-label={t("hold.title")}
        onKeyDown={onModEnter(() => void submit())}
      >
        <DepartmentPicker
          autoFocus
          label={t("pick.department")}
          value={department}
          onChange={setDepartment}
        />
        <Input
          value={reason}
          maxLength={500}
          placeholder={t("hold.reason")}
          aria-label={t("hold.reason")}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
    </Modal>
  );
}
