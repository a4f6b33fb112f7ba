import { Modal } from "antd";
import { ArrowRight } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { confirmLoss, toast } from "@/ui/feedback";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { ticketPath, useType } from "../api";
import { StateTag, useWords } from "../bits";
import { TypePicker } from "../create/TypePicker";
import { FieldsForm } from "../fields/FieldsForm";
import { FieldValue } from "../fields/FieldValue";
import {
  complaintsOf,
  differences,
  type Flaw,
  factsOf,
  flawsOf,
  seenBy,
  shapeOf,
  type Values,
  writtenBy,
} from "../fields/model";
import type { TicketView, TypeView } from "../types";
import type { DialogProps } from "./Dialogs";
import { carry, landsIn } from "./retyping";
import { useTicketVerbs } from "./verbs";

/** Another type for the ticket: what it keeps, what it asks for then, and what would be left behind. */
export function TypeDialog({ ticket: shown, close }: DialogProps) {
  const t = useT("tickets");
  // Somebody else's change must not shift the form beneath one's hands: it is met when saving.
  const [ticket] = useState(shown);
  const [key, setKey] = useState(ticket.type.key);
  const [edits, setEdits] = useState<Values | null>(null);
  const before = useType(ticket.type.key);
  const after = useType(key === ticket.type.key ? null : key);
  const failed = before.error ?? after.error;
  const leave = async () => {
    if (
      edits === null ||
      (await confirmLoss({
        title: t("conflict.discard"),
        content: t("create.lost_hint"),
        okText: t("create.discard"),
      }))
    )
      close();
  };
  const picker = (
    <TypePicker
      autoFocus
      value={key}
      onChange={(next) => {
        setKey(next);
        setEdits(null);
      }}
    />
  );
  if (before.data && after.data)
    return (
      <Change
        key={key}
        ticket={ticket}
        before={before.data}
        after={after.data}
        edits={edits}
        onEdits={setEdits}
        onLeave={() => void leave()}
        close={close}
      >
        {picker}
      </Change>
    );
  return (
    <Modal
      open
      title={t("retype.title")}
      onCancel={close}
      okText={t("retype.submit")}
      okButtonProps={{ disabled: true }}
      width={560}
    >
      <div className="q-tk__dialog">
        <p className="q-muted">{t("retype.hint")}</p>
        {picker}
        {failed ? <ErrorState compact error={failed} /> : null}
        {!failed && key !== ticket.type.key ? <SkeletonRows rows={3} /> : null}
      </div>
    </Modal>
  );
}

function Change(props: {
  ticket: TicketView;
  before: TypeView;
  after: TypeView;
  edits: Values | null;
  onEdits: (values: Values) => void;
  onLeave: () => void;
  close: () => void;
  children: React.ReactNode;
}) {
  const { ticket, before, after } = props;
  const t = useT("tickets");
  const words = useWords();
  const go = useGo();
  const verbs = useTicketVerbs(ticket.id);
  const { definition } = after;
  const carried = useMemo(
    () => carry(before.definition, definition, ticket.fields, ticket.masked),
    [before, definition, ticket],
  );
  const [flaws, setFlaws] = useState<Record<string, Flaw>>({});
  const [complaints, setComplaints] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const state = landsIn(definition, ticket.status);
  const values = props.edits ?? carried.values;
  const facts = useMemo(
    () =>
      factsOf({
        ...ticket,
        type: { ...ticket.type, key: after.key },
        ...(state ? { state, status: state.status } : {}),
      }),
    [ticket, after.key, state],
  );
  const { access } = after;
  const shape = seenBy(shapeOf(definition, values, facts), access);
  const kept = new Set([
    ...ticket.masked,
    ...shape.visible.filter((spec) => access?.[spec.key] === "read").map((spec) => spec.key),
  ]);
  const form = useRef<HTMLDivElement>(null);
  const showWrong = () =>
    requestAnimationFrame(() =>
      form.current?.querySelector(".q-form__wrong")?.scrollIntoView({ block: "center" }),
    );
  const submit = async () => {
    const found = flawsOf(shape, kept);
    setFlaws(found);
    if (Object.keys(found).length > 0) return void showWrong();
    setBusy(true);
    try {
      const fields = writtenBy(differences(carried.kept, shape.values), access);
      const changed = await verbs.update({ type_key: after.key, fields }, ticket.version);
      props.close();
      if (!changed) return;
      toast.success(t("retype.done", { ref: changed.ref, type: words(changed.type.name, changed.type.key) }));
      // Its number begins with other letters now.
      go(ticketPath(changed), { replace: true });
    } catch (error) {
      const said = error instanceof Problem ? complaintsOf(error) : {};
      const here = Object.keys(said).some((key) => shape.visible.some((spec) => spec.key === key));
      if (here) {
        setComplaints(said);
        showWrong();
      } else toast.error(Object.values(said)[0] ?? sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t("retype.title")}
      onCancel={props.onLeave}
      onOk={() => void submit()}
      okText={t("retype.submit")}
      confirmLoading={busy}
      width={560}
      styles={{ body: { maxHeight: "65vh", overflow: "auto", paddingInlineEnd: 8 } }}
    >
      <div
        ref={form}
        className="q-tk__dialog"
        role="group"
        aria-label={t("retype.title")}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
        }}
      >
        <p className="q-muted">{t("retype.hint")}</p>
        {props.children}
        {state && state.key !== ticket.state.key ? (
          <div className="q-tk__row">
            <span className="q-form__label">{t("retype.state")}</span>
            <StateTag status={ticket.status} state={ticket.state} />
            <ArrowRight size={14} className="q-muted" aria-label={t("retype.becomes")} />
            <StateTag status={state.status} state={state} />
          </div>
        ) : null}
        {carried.lost.length > 0 ? (
          <section className="q-tk__lost" aria-label={t("retype.lost")}>
            <strong>{t("retype.lost")}</strong>
            <p className="q-muted">{t("retype.lost_hint")}</p>
            <dl>
              {carried.lost.map((spec) => (
                <div key={spec.key}>
                  <dt className="q-muted">{words(spec.label, spec.key)}</dt>
                  <dd>
                    <FieldValue spec={spec} value={ticket.fields[spec.key]} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ) : null}
        <FieldsForm
          shape={shape}
          values={values}
          flaws={flaws}
          complaints={complaints}
          readOnly={(spec) =>
            access?.[spec.key] === "read" || (ticket.masked.includes(spec.key) && spec.key in carried.kept)
          }
          customerId={ticket.customer?.id}
          onChange={(key, value) => {
            props.onEdits({ ...values, [key]: value });
            setFlaws(({ [key]: _, ...rest }) => rest);
            setComplaints(({ [key]: _, ...rest }) => rest);
          }}
        />
      </div>
    </Modal>
  );
}
