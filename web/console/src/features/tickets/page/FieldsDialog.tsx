import { Modal } from "antd";
import { useMemo, useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { confirmLoss, toast } from "@/ui/feedback";
import { LoadingState } from "@/ui/states";
import { useType } from "../api";
import { FieldsForm } from "../fields/FieldsForm";
import {
  complaintsOf,
  differences,
  type Flaw,
  factsOf,
  flawsOf,
  shapeOf,
  type Values,
} from "../fields/model";
import type { DialogProps } from "./Dialogs";
import { useTicketVerbs } from "./verbs";

/** All fields of the ticket at once, with what each condition makes of the others. */
export function FieldsDialog(
  props: DialogProps & { complaints?: Record<string, string>; values?: Record<string, unknown> },
) {
  const { ticket, close } = props;
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const type = useType(ticket.type.key).data;
  const definition = type?.definition;
  const [values, setValues] = useState<Values>(props.values ?? ticket.fields);
  const [flaws, setFlaws] = useState<Record<string, Flaw>>({});
  const [complaints, setComplaints] = useState<Record<string, string>>(props.complaints ?? {});
  const [busy, setBusy] = useState(false);
  const [before] = useState(ticket);
  const facts = useMemo(() => factsOf(ticket), [ticket]);
  const access = ticket.field_access ?? {};
  if (!definition)
    return (
      <Modal open title={t("side.fields")} onCancel={close} footer={null}>
        <LoadingState />
      </Modal>
    );
  const shape = shapeOf(definition, values, facts);
  // What a role may not read is not on the ticket; what is only shown by these values is judged by the server.
  const hidden = new Set(
    definition.fields
      .filter((spec) => !(spec.key in access) && !(spec.key in (type?.access ?? access)))
      .map((spec) => spec.key),
  );
  const visible = shape.visible.filter((spec) => !hidden.has(spec.key));
  const readOnly = new Set(
    visible
      .filter((spec) => (access[spec.key] ?? type?.access?.[spec.key]) === "read")
      .map((spec) => spec.key),
  );
  const changed = differences(before.fields, shape.values);

  const submit = async () => {
    const found = flawsOf({ ...shape, visible }, new Set([...readOnly, ...ticket.masked]));
    setFlaws(found);
    if (Object.keys(found).length > 0) return;
    if (Object.keys(changed).length === 0) return close();
    setBusy(true);
    try {
      await verbs.update({ fields: changed }, before.version);
      close();
    } catch (error) {
      const said = error instanceof Problem ? complaintsOf(error) : {};
      if (Object.keys(said).length > 0) setComplaints(said);
      else toast.error(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const leave = async () => {
    if (
      Object.keys(changed).length === 0 ||
      (await confirmLoss({
        title: t("conflict.discard"),
        content: t("create.lost_hint"),
        okText: t("create.discard"),
      }))
    )
      close();
  };
  return (
    <Modal
      open
      title={t("side.fields")}
      onCancel={() => void leave()}
      onOk={() => void submit()}
      okText={t("save")}
      confirmLoading={busy}
      width={560}
      styles={{ body: { maxHeight: "65vh", overflow: "auto", paddingInlineEnd: 8 } }}
    >
      <div
        role="group"
        aria-label={t("side.fields")}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
        }}
      >
        <FieldsForm
          shape={{ ...shape, visible }}
          values={values}
          flaws={flaws}
          complaints={complaints}
          readOnly={(spec) => readOnly.has(spec.key)}
          customerId={ticket.customer?.id}
          onChange={(key, value) => {
            setValues({ ...values, [key]: value });
            setFlaws(({ [key]: _, ...rest }) => rest);
            setComplaints(({ [key]: _, ...rest }) => rest);
          }}
        />
      </div>
    </Modal>
  );
}
