import { Button, Input, Popconfirm } from "antd";
import { Check, CircleDashed, X } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { absoluteTime, minuteTime, money } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { useWords } from "../bits";
import { ApprovalStateTag } from "./bits";
import { ticketChangedHere } from "./cache";
import type { Approval, ApprovalStep } from "./types";

/** One request with its steps, and the decision where it is the reader's. */
export function ApprovalCard({ approval, link }: { approval: Approval; link?: React.ReactNode }) {
  const t = useT("tickets/teamwork");
  const locale = useLocale();
  const words = useWords();
  const [comment, setComment] = useState("");
  const [asked, setAsked] = useState(false);
  const done = (after: Approval) => {
    if (after.state === "void" || after.state === "expired") toast.info(t(`decided.${after.state}`));
    else if (after.state === "open") toast.success(t("decided.open"));
    ticketChangedHere(approval.ticket.id);
  };
  const decide = useAct(
    (verdict: "approve" | "reject") =>
      api.post<Approval>(`/approvals/${approval.id}/decide`, { verdict, comment: comment.trim() }),
    { onSuccess: done },
  );
  const cancel = useAct(() => api.post<Approval>(`/approvals/${approval.id}/cancel`, {}), {
    onSuccess: () => ticketChangedHere(approval.ticket.id),
  });
  const me = useMe();
  const substitute = approval.deciding_for.filter((one) => one.name && one.id !== me.user.id);
  const reject = () => {
    if (comment.trim()) decide.mutate("reject");
    else setAsked(true);
  };
  const withdraw = approval.may.cancel ? (
    <Popconfirm
      title={t("ask.withdraw")}
      okText={t("ok")}
      cancelText={t("cancel")}
      onConfirm={() => cancel.mutate(undefined)}
    >
      <Button size="small" type="text" loading={cancel.isPending}>
        {t("withdraw")}
      </Button>
    </Popconfirm>
  ) : null;
  return (
    <li className="qw-item">
      <div className="qw-item__head">
        <span className="qw-item__title">
          {link}
          {approval.amount ? (
            <strong className="q-num">
              {money(approval.amount.minor, approval.amount.currency, locale)}
            </strong>
          ) : null}
        </span>
        <ApprovalStateTag state={approval.state} />
      </div>
      <p className="qw-text">{approval.reason}</p>
      <div className="qw-meta">
        <span>{t("asked_by", { name: approval.requested_by?.name ?? t("somebody") })}</span>
        <RelativeTime at={approval.created_at} />
        {approval.transition ? (
          <span>{t("for_move", { name: words(approval.transition.label, approval.transition.key) })}</span>
        ) : null}
        {approval.state === "open" ? (
          <span title={absoluteTime(approval.expires_at, locale)}>
            {t("until", { at: minuteTime(approval.expires_at, locale) })}
          </span>
        ) : null}
      </div>
      <ol className="qw-steps">
        {approval.steps.map((step) => (
          <Step key={step.id} step={step} />
        ))}
      </ol>
      {approval.may.decide ? (
        <div className="qw-decide">
          {substitute.length > 0 ? (
            <p className="qw-hint">
              {t("deciding_for", { names: substitute.map((one) => one.name).join(t("comma")) })}
            </p>
          ) : null}
          <Input.TextArea
            rows={2}
            autoSize={{ minRows: 1, maxRows: 5 }}
            maxLength={2000}
            value={comment}
            status={asked && !comment.trim() ? "error" : undefined}
            aria-label={t("comment")}
            placeholder={t("comment")}
            onChange={(event) => setComment(event.target.value)}
          />
          {asked && !comment.trim() ? (
            <div role="alert" className="qw-late">
              {t("say_why")}
            </div>
          ) : null}
          <span className="qw-actions">
            <Button
              type="primary"
              size="small"
              icon={<Check size={13} aria-hidden />}
              loading={decide.isPending && decide.variables === "approve"}
              disabled={decide.isPending}
              onClick={() => decide.mutate("approve")}
            >
              {t("approve")}
            </Button>
            <Button
              danger
              size="small"
              icon={<X size={13} aria-hidden />}
              loading={decide.isPending && decide.variables === "reject"}
              disabled={decide.isPending}
              onClick={reject}
            >
              {t("reject")}
            </Button>
            {withdraw}
          </span>
        </div>
      ) : null}
      {!approval.may.decide && withdraw ? <span className="qw-actions">{withdraw}</span> : null}
    </li>
  );
}

function Step({ step }: { step: ApprovalStep }) {
  const t = useT("tickets/teamwork");
  const words = useWords();
  const names = step.deciders.map((one) => one.name ?? t("gone"));
  const shown = names.slice(0, 4).join(t("comma"));
  const open = step.state === "active" || step.state === "waiting";
  return (
    <li className={`qw-step qw-step--${step.state}`}>
      <span className="qw-step__icon" aria-hidden>
        {step.state === "approved" ? (
          <Check size={12} />
        ) : step.state === "rejected" ? (
          <X size={12} />
        ) : (
          <CircleDashed size={12} />
        )}
      </span>
      <div>
        <span>{words(step.label)}</span> <span className="q-muted">{t(`step.${step.state}`)}</span>
        {open && names.length > 0 ? (
          <div className="qw-hint">
            {t(step.needs === "all" ? "all_of" : "one_of", {
              names: names.length > 4 ? t("and_more", { names: shown, n: names.length - 4 }) : shown,
            })}
          </div>
        ) : null}
        {step.decisions.map((one) => (
          <div key={`${one.by.id}${one.on_behalf_of?.id ?? ""}`} className="qw-hint">
            {t(one.on_behalf_of ? `said.${one.verdict}_for` : `said.${one.verdict}`, {
              name: one.by.name ?? t("gone"),
              for: one.on_behalf_of?.name ?? t("gone"),
            })}
            {one.comment ? t("colon_text", { text: one.comment }) : null} <RelativeTime at={one.at} />
          </div>
        ))}
      </div>
    </li>
  );
}
