import { Form, Input, Modal, Segmented, Select } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { money } from "@/lib/format";
import { Fetched } from "@/ui/states";
import { useWords } from "../bits";
import { PeoplePicker } from "../fields/pickers";
import { ticketChangedHere } from "./cache";
import type { Approval, Needed } from "./types";

interface AskProps {
  ticketId: Id;
  /** The way on it is asked for, where that is known. */
  transition?: string;
  onClose: () => void;
}

/** Asks by the rules of the type, or people by name. */
export function AskApproval(props: AskProps & { version: number }) {
  const needed = useGet<Needed>(`/tickets/${props.ticketId}/approvals/needed`, { version: props.version });
  return (
    <Fetched query={needed} compact>
      {(found) => <Ask {...props} needed={found} />}
    </Fetched>
  );
}

function Ask(props: AskProps & { needed: Needed }) {
  const t = useT("tickets/teamwork");
  const locale = useLocale();
  const words = useWords();
  const me = useMe();
  const { needed } = props;
  const byRule = needed.steps.length > 0 && !needed.open && !needed.granted;
  const [way, setWay] = useState<"rule" | "named">(byRule ? "rule" : "named");
  const [reason, setReason] = useState("");
  const [move, setMove] = useState<string | null>(props.transition ?? needed.transitions[0]?.key ?? null);
  const [users, setUsers] = useState<Id[]>([]);
  const [how, setHow] = useState<"one" | "all" | "sequence">("all");
  const ask = useAct(
    () =>
      way === "rule"
        ? api.post<Approval>(`/tickets/${props.ticketId}/approvals`, {
            reason: reason.trim(),
            transition: move,
          })
        : api.post<Approval>(`/tickets/${props.ticketId}/approvals/named`, {
            reason: reason.trim(),
            users,
            needs: how === "one" ? "one" : "all",
            order: how === "sequence" ? "sequence" : "parallel",
          }),
    {
      quiet: true,
      onSuccess: () => {
        ticketChangedHere(props.ticketId);
        props.onClose();
      },
    },
  );
  const ready = reason.trim().length > 0 && (way === "rule" || users.length > 0);
  return (
    <Modal
      open
      title={t("ask_approval")}
      okText={t("ask_for_it")}
      cancelText={t("cancel")}
      okButtonProps={{ disabled: !ready, loading: ask.isPending }}
      onOk={() => ask.mutate(undefined)}
      onCancel={props.onClose}
    >
      <Form layout="vertical" component="div">
        {byRule ? (
          <Segmented
            block
            style={{ marginBottom: 12 }}
            value={way}
            onChange={setWay}
            options={[
              { value: "rule", label: t("by_rule") },
              { value: "named", label: t("by_name") },
            ]}
          />
        ) : null}
        {way === "rule" ? (
          <>
            <p className="qw-hint">
              {needed.amount
                ? t("rule_amount", { amount: money(needed.amount.minor, needed.amount.currency, locale) })
                : t("rule_plain")}
            </p>
            <ol className="qw-steps">
              {needed.steps.map((step, index) => (
                <li key={`${index}${words(step.label)}`} className="qw-step qw-step--waiting">
                  <span className="qw-step__icon q-num">{index + 1}</span>
                  <div>
                    {words(step.label)}
                    <div className="qw-hint">
                      {t(step.needs === "all" ? "all_of" : "one_of", {
                        names: step.people.map((one) => one.name).join(t("comma")),
                      })}
                    </div>
                  </div>
                </li>
              ))}
            </ol>
            {needed.transitions.length > 0 ? (
              <Form.Item label={t("then_move")} htmlFor="approval-move">
                <Select
                  id="approval-move"
                  allowClear
                  value={move}
                  placeholder={t("no_move")}
                  onChange={(value: string | undefined) => setMove(value ?? null)}
                  options={needed.transitions.map((one) => ({
                    value: one.key,
                    label: words(one.label, one.key),
                  }))}
                />
              </Form.Item>
            ) : null}
          </>
        ) : (
          <>
            <Form.Item label={t("people")} required htmlFor="approval-people">
              <PeoplePicker
                id="approval-people"
                value={users}
                onChange={setUsers}
                without={[me.user.id]}
                autoFocus
              />
            </Form.Item>
            <Form.Item label={t("how")} htmlFor="approval-how">
              <Select
                id="approval-how"
                value={how}
                onChange={setHow}
                options={(["all", "one", "sequence"] as const).map((one) => ({
                  value: one,
                  label: t(`how_${one}`),
                }))}
              />
            </Form.Item>
          </>
        )}
        <Form.Item label={t("reason")} required htmlFor="approval-reason">
          <Input.TextArea
            id="approval-reason"
            rows={3}
            maxLength={1000}
            value={reason}
            autoFocus={way === "rule"}
            onChange={(event) => setReason(event.target.value)}
          />
        </Form.Item>
        {ask.error ? (
          <div role="alert" className="qw-late">
            {sentenceOf(ask.error)}
          </div>
        ) : null}
      </Form>
    </Modal>
  );
}
