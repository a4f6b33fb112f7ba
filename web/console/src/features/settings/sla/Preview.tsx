import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration } from "@/lib/format";
import { Section, useSubmit } from "../kit";
import type { PolicyBody, PreviewAnswer } from "./types";

/** What the policy as it stands here would do, before it is saved. */
export function Preview(props: { policy: PolicyBody; policyId: string | null; ready: boolean }) {
  const t = useT("settings/sla");
  const locale = useLocale();
  const [ticket, setTicket] = useState("");
  const [answer, setAnswer] = useState<{ of: string; found: PreviewAnswer } | null>(null);
  const asked = JSON.stringify(props.policy);
  const look = useSubmit(
    () =>
      api.post<PreviewAnswer>("/sla/policies/preview", {
        policy: { ...props.policy, name: props.policy.name || "–" },
        policy_id: props.policyId,
        ticket: ticket.trim() || null,
      }),
    { onDone: (found) => setAnswer({ of: asked, found }) },
  );
  const found = answer?.found;
  return (
    <aside>
      <Section title={t("preview")} description={t("previewText")}>
        <form
          className="qsl-ask"
          onSubmit={(event) => {
            event.preventDefault();
            void look.run();
          }}
        >
          <Input
            value={ticket}
            maxLength={60}
            aria-label={t("previewTicket")}
            placeholder={t("previewTicket")}
            onChange={(event) => setTicket(event.target.value)}
          />
          <Button htmlType="submit" loading={look.busy} disabled={!props.ready}>
            {t("previewRun")}
          </Button>
        </form>
        {!props.ready && <p className="qsl-hint">{t("previewNotReady")}</p>}
        {found && answer.of !== asked && <Alert type="info" showIcon title={t("previewStale")} />}
        {found?.ticket && (
          <div className="qsl-ticket">
            <strong>
              {found.ticket.ref} {found.ticket.title}
            </strong>
            {!found.ticket.applies ? (
              <p>{t("previewNot")}</p>
            ) : found.ticket.taken_by ? (
              <p>{t("previewTaken", { name: found.ticket.taken_by })}</p>
            ) : (
              <ul>
                {found.ticket.promises.map((promise) => (
                  <li key={promise.kind} className="q-num">
                    {t(`kind.${promise.kind}`)} {duration(promise.target_s, locale)}
                    {promise.due_at && (
                      <span className="qk-muted">
                        {" "}
                        {t("previewDue", { at: absoluteTime(promise.due_at, locale) })}
                      </span>
                    )}
                  </li>
                ))}
                {found.ticket.promises.length === 0 && <li>{t("previewNothing")}</li>}
              </ul>
            )}
          </div>
        )}
        {found && (
          <div className="qsl-found" role="status">
            <p>
              {t("previewMatched", { matched: found.matched, count: found.looked_at })}
              {found.promises > 0 &&
                ` ${t("previewMissed", { missed: found.missed.length, count: found.promises })}`}
            </p>
            <ul>
              {found.missed.slice(0, 12).map((miss) => (
                <li key={miss.id + miss.kind}>
                  <a href={`/console/tickets/${miss.ref}`} target="_blank" rel="noreferrer">
                    {miss.ref}
                  </a>{" "}
                  <span className="qsl-clip">{miss.title}</span>
                  <span className="q-num qsl-over">
                    {t(`kind.${miss.kind}`)} +{duration(miss.took_s - miss.target_s, locale)}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )}
      </Section>
    </aside>
  );
}
