import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Input, type InputRef, Popover, Tag, Tooltip } from "antd";
import { ArrowLeft, Check, TriangleAlert, Zap } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { api, newKey } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useShortcuts } from "@/app/shortcuts";
import { toast } from "@/ui/feedback";
import { ticketChanged, ticketListsChanged } from "../api";
import { type Macro, matching, type Step } from "./model";
import "./macros.css";

interface Props {
  /** The ticket macros are run on … */
  ticket?: { id: Id };
  /** … or the conversation. */
  conversation?: { id: Id };
  /** Only the sign, where a toolbar has no room for words. */
  compact?: boolean;
}

/** Several things in one click: found by typing, looked at before they happen, done with Enter. */
export default function MacroMenu({ ticket, conversation, compact }: Props) {
  const t = useT("tickets/macros");
  const [open, setOpen] = useState(false);
  useShortcuts([
    { keys: ".", group: ticket ? "ticket" : "conversation", label: t("key"), run: () => setOpen(true) },
  ]);
  const subject = ticket ? "ticket" : "conversation";
  const id = ticket?.id ?? conversation?.id;
  if (!id) return null;
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger="click"
      placement="bottomRight"
      destroyOnHidden
      content={<Menu subject={subject} id={id} onClose={() => setOpen(false)} />}
    >
      <Tooltip title={open ? "" : `${t("title")}  .`}>
        <Button
          {...(compact ? { type: "text", "aria-label": t("title") } : {})}
          icon={<Zap size={compact ? 17 : 15} strokeWidth={compact ? 1.8 : 2} aria-hidden />}
          aria-haspopup="dialog"
          aria-expanded={open}
        >
          {compact ? null : t("open")}
        </Button>
      </Tooltip>
    </Popover>
  );
}

function Menu(props: { subject: "ticket" | "conversation"; id: Id; onClose: () => void }) {
  const t = useT("tickets/macros");
  const navigate = useNavigate();
  const listId = useId();
  const input = useRef<InputRef>(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [chosen, setChosen] = useState<Macro | null>(null);
  const macros = useQuery({
    queryKey: ["/macros", props.subject],
    queryFn: ({ signal }) => api.get<Macro[]>("/macros", { subject: props.subject }, signal),
    staleTime: 30_000,
  });
  const found = matching(macros.data ?? [], query);
  const here = Math.min(at, Math.max(0, found.length - 1));
  useEffect(() => {
    if (!chosen) input.current?.focus();
  }, [chosen]);
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((here + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter" && found[here]) {
      event.preventDefault();
      setChosen(found[here]);
    } else if (event.key === "Escape") props.onClose();
  };
  if (chosen)
    return (
      <Preview
        macro={chosen}
        subject={props.subject}
        id={props.id}
        onBack={() => setChosen(null)}
        onDone={props.onClose}
      />
    );
  return (
    <div className="qm-menu" role="dialog" aria-label={t("title")}>
      <Input
        ref={input}
        value={query}
        placeholder={t("search")}
        aria-label={t("search")}
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={found[here] ? `${listId}-${found[here].id}` : undefined}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      {macros.error ? (
        <p className="qm-note" role="alert">
          {sentenceOf(macros.error)}
        </p>
      ) : found.length === 0 && !macros.isPending ? (
        <p className="qm-note">{macros.data?.length ? t("noMatch") : t("noneHint")}</p>
      ) : (
        <div id={listId} role="listbox" aria-label={t("listed")} className="qm-list">
          {found.map((macro, index) => (
            <div
              key={macro.id}
              id={`${listId}-${macro.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === here}
              className={index === here ? "qm-item qm-here" : "qm-item"}
              onMouseMove={() => setAt(index)}
              onClick={() => setChosen(macro)}
              onKeyDown={press}
            >
              <span className="qm-name">
                {macro.name}
                {macro.faults.length > 0 && (
                  <TriangleAlert size={13} aria-label={t("cannot")} className="qm-fault" />
                )}
              </span>
              {macro.description && <span className="qm-about">{macro.description}</span>}
              <Tag variant="filled">{t(`scope.${macro.scope}`)}</Tag>
            </div>
          ))}
        </div>
      )}
      <Button type="link" size="small" onClick={() => void navigate({ to: "/settings/macros" })}>
        {t("manage")}
      </Button>
    </div>
  );
}

function Preview(props: {
  macro: Macro;
  subject: "ticket" | "conversation";
  id: Id;
  onBack: () => void;
  onDone: () => void;
}) {
  const t = useT("tickets/macros");
  const { macro } = props;
  const [busy, setBusy] = useState(false);
  const press = useRef(newKey());
  const run = useRef<HTMLButtonElement>(null);
  const target = { subject: props.subject, subject_id: props.id };
  const preview = useQuery({
    queryKey: ["/macros", macro.id, "preview", props.id],
    queryFn: () => api.post<{ steps: Step[] }>(`/macros/${macro.id}/preview`, target),
    staleTime: 0,
    gcTime: 0,
  });
  const steps = preview.data?.steps ?? [];
  const stuck = steps.some((step) => step.fault);
  useEffect(() => {
    if (preview.data && !stuck) run.current?.focus();
  }, [preview.data, stuck]);
  const go = async () => {
    setBusy(true);
    try {
      await api.post(`/macros/${macro.id}/run`, { ...target, client_id: press.current });
      if (props.subject === "ticket") ticketChanged(queryClient, props.id);
      ticketListsChanged(queryClient);
      toast.success(t("done", { name: macro.name }));
      props.onDone();
    } catch (error) {
      toast.error(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <div
      className="qm-menu"
      role="dialog"
      aria-label={macro.name}
      onKeyDown={(event) => {
        if (event.key === "Escape") props.onBack();
      }}
    >
      <div className="qm-head">
        <Button
          type="text"
          size="small"
          icon={<ArrowLeft size={15} aria-hidden />}
          aria-label={t("back")}
          onClick={props.onBack}
        />
        <strong>{macro.name}</strong>
      </div>
      {preview.isPending ? (
        <p className="qm-note">{t("loading")}</p>
      ) : preview.error ? (
        <p className="qm-note" role="alert">
          {sentenceOf(preview.error)}
        </p>
      ) : (
        <ol className="qm-steps" aria-label={t("preview")}>
          {steps.map((step, index) => (
            <li key={index} className={step.fault ? "qm-stuck" : ""}>
              {step.fault ? <TriangleAlert size={14} aria-hidden /> : <Check size={14} aria-hidden />}
              <span>
                {step.text}
                {step.fault && <em>{step.fault}</em>}
              </span>
            </li>
          ))}
        </ol>
      )}
      <Button
        ref={run}
        type="primary"
        block
        loading={busy}
        disabled={!preview.data || stuck}
        onClick={() => void go()}
      >
        {stuck ? t("cannot") : t("run")}
      </Button>
    </div>
  );
}
