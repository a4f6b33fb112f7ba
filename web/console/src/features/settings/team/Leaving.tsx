import { App, Modal, Radio } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { PersonPicker } from "../../tickets/fields/pickers";
import { Field, State, useOne, useSubmit } from "../kit";
import type { User } from "../types";

interface OpenWork {
  tickets: number;
  more: boolean;
  tasks: number;
}

interface HandedOver {
  bulk_id: string | null;
  tickets: number;
  tasks: number;
}

type Way = "departments" | "person" | "keep";

/** Somebody leaves, or only hands on what they have: what happens to their open tickets and tasks is asked before. */
export function Leaving(props: {
  user: User;
  /** Handing on alone leaves the account as it is. */
  deactivate: boolean;
  onClose: () => void;
  onReactivate: (user: User) => void;
}) {
  const t = useT("settings");
  const { message } = App.useApp();
  const { user, deactivate, onClose } = props;
  const mayTickets = useCan("tickets.handle");
  const work = useOne<OpenWork>(`/users/${user.id}/open-work`);
  const [way, setWay] = useState<Way>("departments");
  const [to, setTo] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  const left = work.data;
  const any = Boolean(left && (left.tickets || left.tasks));
  const mayMove = mayTickets || !left?.tickets;
  const moves = any && mayMove && way !== "keep";
  const amount = left
    ? t(
        left.tickets && left.tasks
          ? "users.openBoth"
          : left.tickets
            ? "users.openTickets"
            : "users.openTasks",
        { tickets: `${left.tickets}${left.more ? "+" : ""}`, tasks: left.tasks },
      )
    : "";

  const submit = useSubmit(
    async () => {
      // Handed on first: should that be refused, nothing has happened.
      const moved = moves
        ? await api.post<HandedOver>(`/users/${user.id}/open-work/hand-over`, {
            to: way === "person" ? to : null,
          })
        : null;
      if (deactivate) await api.patch<User>(`/users/${user.id}`, { active: false });
      return moved;
    },
    {
      stale: ["/users", "/directory", "/agents", "/tickets", "/ticket-lists", "/tasks"],
      onDone: (moved) => {
        onClose();
        if (moved)
          message.success(t(deactivate ? "users.goneAndHanded" : "users.handed", { name: user.name }));
        else if (deactivate)
          message.success(
            <span>
              {t("users.deactivated", { name: user.name })}{" "}
              <button type="button" className="qk-linkish" onClick={() => props.onReactivate(user)}>
                {t("kit.undo")}
              </button>
            </span>,
            6,
          );
      },
    },
  );
  const go = () => {
    const lacks = moves && way === "person" && !to;
    setMissing(lacks);
    if (!lacks) void submit.run();
  };

  return (
    <Modal
      open
      title={t(deactivate ? "users.deactivateTitle" : "users.handTitle", { name: user.name })}
      okText={t(deactivate ? "users.deactivate" : "users.handIt")}
      okButtonProps={{
        danger: deactivate,
        loading: submit.busy,
        disabled: !left || (!deactivate && (!any || !mayMove)),
      }}
      cancelText={t("kit.cancel")}
      onOk={go}
      onCancel={onClose}
    >
      {deactivate && <p>{t("users.deactivateText")}</p>}
      <State loading={work.isLoading} error={work.error} onRetry={() => void work.refetch()}>
        {!any && <p>{t("users.openNone")}</p>}
        {any && !mayMove && <p>{t("users.openNotYours", { amount })}</p>}
        {any && mayMove && (
          <>
            <Field label={t("users.openHave", { amount })}>
              <Radio.Group
                vertical
                aria-label={t("users.openHave", { amount })}
                value={way}
                onChange={(event) => setWay(event.target.value as Way)}
                options={[
                  { value: "departments", label: t("users.toDepartments") },
                  { value: "person", label: t("users.toPerson") },
                  ...(deactivate ? [{ value: "keep", label: t("users.toKeep") }] : []),
                ]}
              />
            </Field>
            {way === "person" && (
              <Field
                label={t("users.toWhom")}
                required
                problem={missing && !to ? t("users.toWhomMissing") : undefined}
              >
                <PersonPicker label={t("users.toWhom")} value={to} onChange={setTo} autoFocus />
              </Field>
            )}
          </>
        )}
      </State>
    </Modal>
  );
}
