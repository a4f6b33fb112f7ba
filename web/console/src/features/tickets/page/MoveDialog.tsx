import { Checkbox, Input, Modal } from "antd";
import { useMemo, useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { useType } from "../api";
import { StateTag, useWords } from "../bits";
import { FieldsForm } from "../fields/FieldsForm";
import { complaintsOf, defaultsOf, type Flaw, flawsOf, type Shape, type Values } from "../fields/model";
import type { DialogProps } from "./Dialogs";
import type { Dialog } from "./state";
import { useTicketVerbs } from "./verbs";

/** What a way on asks for: the fields it needs and a comment, in one small form. */
export function MoveDialog({
  ticket,
  close,
  dialog,
}: DialogProps & { dialog: Extract<Dialog, { kind: "move" }> }) {
  const { move } = dialog;
  const t = useT("tickets");
  const words = useWords();
  const verbs = useTicketVerbs(ticket.id);
  const definition = useType(ticket.type.key).data?.definition;
  const specs = useMemo(
    () => (definition?.fields ?? []).filter((spec) => move.missing.includes(spec.key)),
    [definition, move.missing],
  );
  const [given, setGiven] = useState<Values>({});
  const values: Values = { ...defaultsOf({ fields: specs }), ...given };
  const [comment, setComment] = useState(dialog.comment ?? "");
  const [isPublic, setPublic] = useState(dialog.public ?? false);
  const [flaws, setFlaws] = useState<Record<string, Flaw>>({});
  const [complaints, setComplaints] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const shape: Shape = { visible: specs, required: new Set(move.missing), values };
  const needsComment = move.require_comment && !comment.trim();

  const submit = async () => {
    const found = flawsOf(shape);
    setFlaws(found);
    setComplaints(needsComment ? { comment: t("move.comment_needed") } : {});
    if (Object.keys(found).length > 0 || needsComment) return;
    setBusy(true);
    try {
      await verbs.move({
        transition: move.key,
        ...(specs.length > 0 ? { fields: values } : {}),
        ...(comment.trim() ? { comment: comment.trim(), public: isPublic } : {}),
      });
      toast.success(t("move.done", { ref: ticket.ref, state: words(move.to.label, move.to.key) }));
      dialog.done?.();
      close();
    } catch (error) {
      const said = error instanceof Problem ? complaintsOf(error) : {};
      if (Object.keys(said).length > 0) setComplaints(said);
      else toast.error(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal
      open
      title={words(move.label, move.key)}
      onCancel={close}
      onOk={() => void submit()}
      okText={words(move.label, move.key)}
      confirmLoading={busy}
      width={480}
    >
      <div
        role="group"
        aria-label={words(move.label, move.key)}
        className="q-tk__dialog"
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
        }}
      >
        <div className="q-tk__row">
          <StateTag status={ticket.status} state={ticket.state} />
          <span aria-hidden>→</span>
          <StateTag status={move.to.status} state={move.to} />
        </div>
        {move.effects.length > 0 ? (
          <ul className="q-tk__effects">
            {move.effects.map((effect) => (
              <li key={effect}>{t(`move.effects.${effect}`)}</li>
            ))}
          </ul>
        ) : null}
        <FieldsForm
          shape={shape}
          values={values}
          flaws={flaws}
          complaints={complaints}
          customerId={ticket.customer?.id}
          autoFocus={specs[0]?.key}
          onChange={(key, value) => {
            setGiven({ ...given, [key]: value });
            setFlaws(({ [key]: _, ...rest }) => rest);
            setComplaints(({ [key]: _, ...rest }) => rest);
          }}
        />
        <div>
          <Input.TextArea
            autoFocus={specs.length === 0}
            value={comment}
            autoSize={{ minRows: 2, maxRows: 8 }}
            maxLength={20_000}
            status={complaints.comment ? "error" : undefined}
            placeholder={move.require_comment ? t("move.comment") : `${t("move.comment")} · ${t("optional")}`}
            aria-label={t("move.comment")}
            onChange={(event) => {
              setComment(event.target.value);
              setComplaints(({ comment: _, ...rest }) => rest);
            }}
          />
          {complaints.comment ? (
            <div className="q-form__wrong" role="alert">
              {complaints.comment}
            </div>
          ) : null}
        </div>
        {ticket.may?.comment && ticket.customer ? (
          <Checkbox checked={isPublic} onChange={(event) => setPublic(event.target.checked)}>
            {t("move.public")}
          </Checkbox>
        ) : null}
      </div>
    </Modal>
  );
}
