import { Button, Skeleton, Spin } from "antd";
import { CircleAlert, Inbox, type LucideIcon } from "lucide-react";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { translate, useT } from "@/app/i18n";
import "./states.css";

/** Nothing here, and what to do about it. */
export function EmptyState(props: {
  icon?: LucideIcon;
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
  compact?: boolean;
}) {
  const Icon = props.icon ?? Inbox;
  return (
    <div className={`q-state ${props.compact ? "q-state--compact" : ""}`}>
      <span className="q-state__icon">
        <Icon size={props.compact ? 18 : 24} strokeWidth={1.6} aria-hidden />
      </span>
      <div className="q-state__title">{props.title}</div>
      {props.hint ? <div className="q-state__hint">{props.hint}</div> : null}
      {props.action}
    </div>
  );
}

/** A failure as a sentence, with the way out. */
export function ErrorState(props: { error: unknown; retry?: () => void; compact?: boolean }) {
  const t = useT();
  const id = props.error instanceof Problem ? props.error.requestId : null;
  return (
    <div className={`q-state ${props.compact ? "q-state--compact" : ""}`} role="alert">
      <span className="q-state__icon q-state__icon--error">
        <CircleAlert size={props.compact ? 18 : 24} strokeWidth={1.6} aria-hidden />
      </span>
      <div className="q-state__title">{sentenceOf(props.error)}</div>
      {id ? <div className="q-state__hint">{t("errors.request_id", { id })}</div> : null}
      {props.retry ? <Button onClick={props.retry}>{t("retry")}</Button> : null}
    </div>
  );
}

export function LoadingState(props: { label?: string }) {
  const t = useT();
  return (
    <div className="q-state" role="status" aria-label={props.label ?? t("loading")}>
      <Spin />
    </div>
  );
}

export function SkeletonRows(props: { rows?: number; avatar?: boolean }) {
  const t = useT();
  return (
    <div role="status" aria-label={t("loading")} className="q-skeleton">
      {Array.from({ length: props.rows ?? 6 }, (_, i) => (
        <Skeleton
          key={i}
          active
          avatar={props.avatar ?? true}
          paragraph={{ rows: 1 }}
          title={{ width: "45%" }}
        />
      ))}
    </div>
  );
}

/** Loading, failed, empty, or the content: the four states of anything fetched. */
export function Fetched<D>(props: {
  query: { data: D | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  loading?: ReactNode;
  empty?: ReactNode;
  isEmpty?: (data: D) => boolean;
  compact?: boolean;
  children: (data: D) => ReactNode;
}) {
  const { query } = props;
  if (query.data !== undefined) {
    if (props.empty && props.isEmpty?.(query.data)) return props.empty;
    return props.children(query.data);
  }
  if (query.error)
    return <ErrorState error={query.error} retry={() => void query.refetch()} compact={props.compact} />;
  return props.loading ?? <LoadingState />;
}

export class ErrorBoundary extends Component<{ children: ReactNode; resetKey?: string }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override componentDidUpdate(previous: { resetKey?: string }) {
    if (this.state.error && previous.resetKey !== this.props.resetKey) this.setState({ error: null });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="q-state" role="alert">
        <span className="q-state__icon q-state__icon--error">
          <CircleAlert size={24} strokeWidth={1.6} aria-hidden />
        </span>
        <div className="q-state__title">
          {error instanceof Problem ? error.message : translate("app:errors.page")}
        </div>
        <div className="q-state__hint">{translate("app:errors.page_hint")}</div>
        <div style={{ display: "flex", gap: 8 }}>
          <Button onClick={() => this.setState({ error: null })}>{translate("app:retry")}</Button>
          <Button type="primary" onClick={() => location.reload()}>
            {translate("app:reload")}
          </Button>
        </div>
      </div>
    );
  }
}
