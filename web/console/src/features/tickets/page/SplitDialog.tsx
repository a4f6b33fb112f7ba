import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useMe } from "@/app/session";
import { toast } from "@/ui/feedback";
import { EmptyState, SkeletonRows } from "@/ui/states";
import { ticketPath, useTimeline } from "../api";
import { TypePicker } from "../create/TypePicker";
import type { DialogProps } from "./Dialogs";
import { Entry, useEntryWords } from "./Entry";
import { useTicketVerbs } from "./verbs";

export function SplitDialog({ ticket, close }: DialogProps) {
  const t = useT("tickets");
  const go = useGo();
  const me = useMe().user;
  const verbs = useTicketVerbs(ticket.id);
  const said = useTimeline(ticket.id, "comments");
  const words = useEntryWords(ticket, said.names);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [title, setTitle] = useState("");
  const [type, setType] = useState(ticket.type.key);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    const missing: Record<string, string> = {};
    if (!title.trim()) missing.title = t("split.title_needed");
    if (chosen.size === 0) missing.entries = t("split.entries_needed");
    setWrong(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      const made = await verbs.raw("post", "/split", {
        title: title.trim(),
        entries: [...chosen],
        ...(type === ticket.type.key ? {} : { type_key: type }),
      });
      toast.success(t("split.done", { ref: made.ref }));
      close();
      go(ticketPath(made));
    } catch (error) {
      setWrong({
        other: error instanceof Problem && error.fields[0] ? error.fields[0].message : sentenceOf(error),
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={t("split.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("split.submit")}
      confirmLoading={busy}
      width={640}
    >
      <div className="q-tk__dialog">
        <p className="q-muted">{t("split.hint")}</p>
        <div>
          <Input
            autoFocus
            value={title}
            maxLength={200}
            status={wrong.title ? "error" : undefined}
            placeholder={t("split.new_title")}
            aria-label={t("split.new_title")}
            onChange={(event) => setTitle(event.target.value)}
          />
          {wrong.title ? (
            <div className="q-form__wrong" role="alert">
              {wrong.title}
            </div>
          ) : null}
        </div>
        <TypePicker value={type} onChange={setType} />
        <div className="q-tk__row">
          <span className="q-form__label">{t("split.choose")}</span>
          {chosen.size > 0 ? (
            <span className="q-muted">{t("timeline.selected", { n: chosen.size })}</span>
          ) : null}
        </div>
        {wrong.entries ? (
          <div className="q-form__wrong" role="alert">
            {wrong.entries}
          </div>
        ) : null}
        <div className="q-tk__choose">
          {said.hasNextPage ? (
            <Button size="small" loading={said.isFetchingNextPage} onClick={() => void said.fetchNextPage()}>
              {t("timeline.older")}
            </Button>
          ) : null}
          {said.isPending ? <SkeletonRows rows={2} /> : null}
          {!said.isPending && said.items.length === 0 ? (
            <EmptyState compact title={t("split.nothing")} />
          ) : null}
          {said.items.map((entry) => (
            <Entry
              key={entry.id}
              entry={entry}
              words={words}
              me={me.id}
              ticket={ticket}
              selected={chosen.has(entry.id)}
              onSelect={(on) => {
                const next = new Set(chosen);
                if (on) next.add(entry.id);
                else next.delete(entry.id);
                setChosen(next);
              }}
            />
          ))}
        </div>
        {wrong.other ? (
          <div className="q-form__wrong" role="alert">
            {wrong.other}
          </div>
        ) : null}
      </div>
    </Modal>
  );
}
