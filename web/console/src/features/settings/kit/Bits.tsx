import { Alert, Button, Drawer, Form, Switch, Tooltip, Typography } from "antd";
import { ArrowLeft, Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import { PageFrame } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { useGuardedClose } from "./guard";
import { useT } from "./i18n";
import "./kit.css";

export function Page(props: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  onBack?: () => void;
  wide?: boolean;
  children: ReactNode;
}) {
  const t = useT();
  return (
    <PageFrame
      title={
        <span className="qk-title">
          {props.onBack && (
            <Button
              type="text"
              size="small"
              icon={<ArrowLeft size={16} aria-hidden />}
              aria-label={t("kit.back")}
              onClick={props.onBack}
            />
          )}
          <span>{props.title}</span>
        </span>
      }
      subtitle={props.description}
      extra={props.actions}
    >
      <div className={props.wide ? "qk-body qk-body-wide" : "qk-body"}>{props.children}</div>
    </PageFrame>
  );
}

export function Section(props: {
  title?: ReactNode;
  description?: ReactNode;
  extra?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="qk-section">
      {(props.title || props.extra) && (
        <header>
          <div>
            <h2>{props.title}</h2>
            {props.description && <p>{props.description}</p>}
          </div>
          {props.extra}
        </header>
      )}
      {props.children}
    </section>
  );
}

/** One labelled control; the message of a refused field stands below it and is tied to it for screen readers. */
export function Field(props: {
  label: ReactNode;
  help?: ReactNode;
  problem?: string | undefined;
  required?: boolean;
  htmlFor?: string;
  children: ReactNode;
}) {
  return (
    <Form.Item
      className="qk-field"
      layout="vertical"
      label={props.label}
      required={props.required ?? false}
      validateStatus={props.problem ? "error" : ""}
      help={props.problem}
      extra={props.help}
      {...(props.htmlFor ? { htmlFor: props.htmlFor } : {})}
    >
      {props.children}
    </Form.Item>
  );
}

export function Grid(props: { children: ReactNode; columns?: 2 | 3 }) {
  return <div className={`qk-grid qk-grid-${props.columns ?? 2}`}>{props.children}</div>;
}

/** The three things a list can be instead of a list. */
export function State(props: {
  loading?: boolean;
  error?: unknown;
  empty?: boolean;
  onRetry?: () => void;
  emptyTitle?: string | undefined;
  emptyText?: ReactNode;
  emptyAction?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  if (props.error)
    return <ErrorState error={props.error} {...(props.onRetry ? { retry: props.onRetry } : {})} />;
  if (props.loading) return <SkeletonRows avatar={false} />;
  if (props.empty)
    return (
      <EmptyState
        title={props.emptyTitle ?? t("kit.nothing")}
        hint={props.emptyText}
        action={props.emptyAction}
      />
    );
  return props.children;
}

/** The bar that appears when something is unsaved. Ctrl/⌘ S saves. */
export function SaveBar(props: {
  dirty: boolean;
  saving: boolean;
  onSave: () => void;
  onReset?: (() => void) | undefined;
  saveText?: string;
  note?: ReactNode;
}) {
  const t = useT();
  const { dirty, saving, onSave } = props;
  const save = useRef(onSave);
  save.current = onSave;
  useEffect(() => {
    if (!dirty) return;
    const listen = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        save.current();
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [dirty]);
  if (!dirty) return null;
  return (
    <div className="qk-savebar" role="region" aria-label={t("kit.unsaved")}>
      <span>{props.note ?? t("kit.unsaved")}</span>
      <div>
        {props.onReset && <Button onClick={props.onReset}>{t("kit.discard")}</Button>}
        <Tooltip title={t("kit.saveKey")}>
          <Button type="primary" loading={saving} onClick={onSave}>
            {props.saveText ?? t("kit.save")}
          </Button>
        </Tooltip>
      </div>
    </div>
  );
}

/** An editor that slides in: closing it with unsaved work asks first, Ctrl/⌘ S saves. */
export function EditDrawer(props: {
  open: boolean;
  title: ReactNode;
  dirty: boolean;
  busy: boolean;
  onClose: () => void;
  onSave: () => void;
  saveText?: string;
  width?: number;
  extra?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  const close = useGuardedClose(props.open && props.dirty, props.onClose);
  return (
    <Drawer
      open={props.open}
      title={props.title}
      size={props.width ?? 480}
      onClose={close}
      destroyOnHidden
      extra={props.extra}
      footer={
        <div className="qk-drawer-foot">
          <Button onClick={close}>{t("kit.cancel")}</Button>
          <Button type="primary" loading={props.busy} onClick={props.onSave}>
            {props.saveText ?? t("kit.save")}
          </Button>
        </div>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onSave();
        }}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
            event.preventDefault();
            props.onSave();
          }
        }}
      >
        {props.children}
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Drawer>
  );
}

export function FormProblem(props: { problems: { field: string; message: string }[]; shown?: string[] }) {
  const rest = props.problems.filter(
    (item) => !(props.shown ?? []).some((field) => `.${item.field}`.includes(`.${field}`)),
  );
  if (rest.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      className="qk-gap"
      title={rest.map((item) => <div key={item.field + item.message}>{item.message}</div>)}
    />
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard API; the old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton(props: {
  text: string;
  label?: string;
  size?: "small" | "middle";
  type?: "default" | "text" | "primary";
}) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      size={props.size ?? "small"}
      type={props.type ?? "default"}
      icon={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      onClick={async () => setCopied(await copyText(props.text))}
    >
      <span aria-live="polite">{copied ? t("kit.copied") : (props.label ?? t("kit.copy"))}</span>
    </Button>
  );
}

export function Code(props: { text: string; label: string }) {
  return (
    <div className="qk-code">
      <pre role="region" aria-label={props.label}>
        <code translate="no">{props.text}</code>
      </pre>
      <CopyButton text={props.text} />
    </div>
  );
}

export function Sentence(props: { children: ReactNode }) {
  return <Typography.Paragraph className="qk-sentence">{props.children}</Typography.Paragraph>;
}

/** A dot and a word: state is never colour alone. */
export function Dot(props: { tone: "ok" | "wait" | "breach" | "idle" | "accent"; children?: ReactNode }) {
  return (
    <span className="qk-dot">
      <i className={`qk-dot-${props.tone}`} aria-hidden />
      {props.children}
    </span>
  );
}

/** A switch with its words beside it, tied together. */
export function Toggle(props: {
  checked: boolean;
  onChange: (on: boolean) => void;
  size?: "small";
  className?: string;
  "aria-label"?: string;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <span className={`qs-inline ${props.className ?? ""}`}>
      <Switch
        id={id}
        checked={props.checked}
        onChange={props.onChange}
        {...(props.size ? { size: props.size } : {})}
        {...(props["aria-label"] ? { "aria-label": props["aria-label"] } : {})}
      />
      <label htmlFor={id}>{props.children}</label>
    </span>
  );
}
