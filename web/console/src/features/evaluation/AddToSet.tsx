import { Alert, Button, Modal, Select, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { ErrorState } from "@/ui/states";
import { Field, useOne, useRows, useSubmit } from "../settings/kit";
import { useAdding } from "./adding";
import { bodyOf, type CaseDraft, CaseFields, draftOf, ready } from "./CaseForm";
import type { Proposal } from "./types";
import "./evaluation.css";

const LAST = "qiao.evaluation.set";

/** The dialog behind “add to test set” in the inbox: what was asked and what was right, to be confirmed. */
export default function AddToSet() {
  const from = useAdding((s) => s.from);
  const close = useAdding((s) => s.close);
  if (!from) return null;
  return (
    <Dialog
      key={`${from.conversationId}:${from.messageId}`}
      conversationId={from.conversationId}
      messageId={from.messageId}
      onClose={close}
    />
  );
}

function Dialog(props: { conversationId: string; messageId: string | null; onClose: () => void }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const mayMake = useCan("evaluation.manage");
  const sets = useRows<{ id: string; name: string }>("/evaluation/sets/names");
  const message = props.messageId ? `&message_id=${props.messageId}` : "";
  const proposal = useOne<Proposal>(
    `/evaluation/proposal?conversation_id=${props.conversationId}${message}`,
    { staleTime: 0 },
  );
  const [setId, setSetId] = useState<string | null>(null);
  const [draft, setDraft] = useState<CaseDraft | null>(null);
  const data = proposal.data;
  useEffect(() => {
    if (!data || draft) return;
    const first = data.options.find((one) => one.because === data.because);
    setDraft({
      ...draftOf(null, data.locale, ""),
      question: data.question,
      context: data.context ?? "",
      channel: data.channel,
      reader: data.reader,
      expected: first ? [{ id: first.id, title: first.title }] : [],
    });
  }, [data, draft]);
  const known = sets.rows ?? [];
  const chosen =
    setId ?? known.find((one) => one.id === localStorage.getItem(LAST))?.id ?? known[0]?.id ?? null;
  const make = useSubmit(() => api.post<{ id: string }>("/evaluation/sets", { name: t("set.firstName") }), {
    stale: ["/evaluation/sets", "/evaluation/sets/names"],
    onDone: (made) => setSetId(made.id),
  });
  const add = useSubmit(
    (one: CaseDraft) =>
      api.post<{ known: boolean }>(`/evaluation/sets/${chosen}/cases/from-conversation`, {
        ...bodyOf(one),
        conversation_id: props.conversationId,
        message_id: data?.source.message_id,
      }),
    {
      stale: ["/evaluation/sets"],
      done: (result) => t(result.known ? "add.known" : "add.done"),
      onDone: () => {
        if (chosen) localStorage.setItem(LAST, chosen);
        props.onClose();
      },
    },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      width={560}
      title={t("add.title")}
      okText={t("add.confirm")}
      confirmLoading={add.busy}
      okButtonProps={{ disabled: !draft || !chosen || !ready(draft) }}
      onOk={() => draft && void add.run(draft)}
      onCancel={props.onClose}
    >
      {proposal.error ? (
        <ErrorState error={proposal.error} retry={() => void proposal.refetch()} />
      ) : !draft || !data ? (
        <Skeleton active />
      ) : (
        <>
          {data.because && (
            <Alert type="info" showIcon className="qk-gap" title={t(`because.${data.because}`)} />
          )}
          <Field label={t("add.set")} required>
            {known.length > 0 || sets.isPending ? (
              <Select
                value={chosen}
                aria-label={t("add.set")}
                loading={sets.isPending}
                onChange={setSetId}
                options={known.map((one) => ({ value: one.id, label: one.name }))}
              />
            ) : mayMake ? (
              <Button loading={make.busy} onClick={() => void make.run()}>
                {t("add.make")}
              </Button>
            ) : (
              <span className="qk-muted">{t("add.noSet")}</span>
            )}
          </Field>
          <CaseFields
            short
            value={draft}
            onChange={(patch) => setDraft({ ...draft, ...patch })}
            offered={data.options.map((one) => ({
              id: one.id,
              title: one.title,
              hint: `${t(`kind.${one.kind}`, { locale })} · ${t(`option.${one.because}`)}`,
            }))}
          />
        </>
      )}
    </Modal>
  );
}
