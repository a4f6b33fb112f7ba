import { Checkbox, Input, Modal } from "antd";
import { X } from "lucide-react";
import { useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { useTicket, useTimeline } from "../api";
import { StateTag } from "../bits";
import { TicketPicker } from "../fields/pickers";
import type { FoundTicket } from "../types";
import type { DialogProps } from "./Dialogs";
import { useTicketVerbs } from "./verbs";

/** What of a ticket would move, as far as one has to know to decide. */
function Preview({ ticket, onRemove }: { ticket: FoundTicket; onRemove: () => void }) {
  const t = useT("tickets");
  const said = useTimeline(ticket.id, "comments");
  const whole = useTicket(ticket.id).data;
  const latest = said.items.slice(-2);
  return (
    <li className="q-tk__source">
      <div className="q-tk__row">
        <span className="q-muted q-num">{ticket.ref}</span>
        <strong className="q-ellipsis">{ticket.title}</strong>
        <StateTag status={ticket.status} state={ticket.state} />
        <button
          type="button"
          className="q-icon-btn"
          aria-label={`${t("remove")} ${ticket.ref}`}
          onClick={onRemove}
        >
          <X size={14} aria-hidden />
        </button>
      </div>
      <div className="q-muted">
        {whole ? `${t("merge.entries", { count: whole.last_seq })}${t("list_separator")}` : ""}
        {t("merge.others")}
      </div>
      {latest.map((entry) => (
        <div key={entry.id} className="q-tk__quote q-ellipsis">
          {entry.author.name ? `${entry.author.name}: ` : ""}
          {entry.body}
        </div>
      ))}
    </li>
  );
}

export function MergeDialog({ ticket, close }: DialogProps) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [chosen, setChosen] = useState<FoundTicket[]>([]);
  const [comment, setComment] = useState("");
  const [confirmed, setConfirmed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const strangers = chosen.filter(
    (one) => one.customer && ticket.customer && one.customer.id !== ticket.customer.id,
  );
  const ready = chosen.length > 0 && (strangers.length === 0 || confirmed);
  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    try {
      await verbs.raw("post", "/merge", {
        sources: chosen.map((one) => one.id),
        confirmed: strangers.length > 0 && confirmed,
        comment: comment.trim(),
      });
      toast.success(t("merge.done"));
      close();
    } catch (error) {
      setWrong(error instanceof Problem && error.fields[0] ? error.fields[0].message : sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t("merge.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("merge.submit")}
      okButtonProps={{ disabled: !ready }}
      confirmLoading={busy}
      width={560}
    >
      <div className="q-tk__dialog">
        <p className="q-muted">{t("merge.hint", { ref: ticket.ref })}</p>
        <TicketPicker
          autoFocus
          label={t("merge.source")}
          without={[ticket.id, ...chosen.map((one) => one.id)]}
          onPick={(one) => {
            setWrong(null);
            setChosen([...chosen, one]);
          }}
        />
        {chosen.length > 0 ? (
          <ul className="q-tk__sources">
            {chosen.map((one) => (
              <Preview
                key={one.id}
                ticket={one}
                onRemove={() => setChosen(chosen.filter((other) => other.id !== one.id))}
              />
            ))}
          </ul>
        ) : null}
        {strangers.map((one) => (
          <p key={one.id} className="q-tk__warn" role="alert">
            {t("merge.other_customer", {
              ref: one.ref,
              name: one.customer?.name || `#${one.customer?.number}`,
            })}
          </p>
        ))}
        {strangers.length > 0 ? (
          <Checkbox checked={confirmed} onChange={(event) => setConfirmed(event.target.checked)}>
            {t("merge.confirm_customer")}
          </Checkbox>
        ) : null}
        {chosen.length > 0 ? (
          <>
            <p className="q-muted">
              {t("merge.after", {
                refs: chosen.map((one) => one.ref).join(t("list_separator")),
                ref: ticket.ref,
              })}
            </p>
            <Input.TextArea
              value={comment}
              autoSize={{ minRows: 2, maxRows: 5 }}
              maxLength={4000}
              placeholder={t("merge.comment")}
              aria-label={t("merge.comment")}
              onChange={(event) => setComment(event.target.value)}
            />
          </>
        ) : null}
        {wrong ? (
          <div className="q-form__wrong" role="alert">
            {wrong}
          </div>
        ) : null}
      </div>
    </Modal>
  );
}
