import { Link } from "@tanstack/react-router";
import { Alert, Button, Input, Progress } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { integer } from "@/lib/format";
import { useOne, useSubmit } from "../settings/kit";
import type { Check } from "./types";
import "./evaluation.css";

interface GateState {
  mode: "off" | "warn" | "block";
  needed: boolean;
  sets: number;
  check: Check | null;
}

/** Stands before the button that publishes many texts at once. Shows nothing where no check is needed. */
export function PublishCheck(props: {
  importId: string;
  duplicates: string;
  texts: number;
  /** Whether the import may be published now, as far as the check goes. */
  onMay: (may: boolean) => void;
}) {
  const t = useT("evaluation");
  const locale = useLocale();
  const { importId, duplicates, texts } = props;
  const path = `/evaluation/gate/imports/${importId}?duplicates=${duplicates}&texts=${texts}`;
  const [waiting, setWaiting] = useState(false);
  const state = useOne<GateState>(path, { refetchInterval: waiting ? 900 : false, staleTime: 0 });
  const [reason, setReason] = useState("");
  const check = state.data?.check ?? null;
  const running = check?.state === "running";
  if (running !== waiting) setWaiting(running);
  const needed = state.data?.needed ?? false;
  const may = state.isError || (state.isSuccess && (!needed || Boolean(check?.passes)));
  const [told, setTold] = useState<boolean | null>(null);
  if (told !== may) {
    setTold(may);
    queueMicrotask(() => props.onMay(may));
  }
  const options = { onDone: () => void state.refetch() };
  const start = useSubmit(
    () => api.post<Check>("/evaluation/checks", { import_id: importId, duplicates }),
    options,
  );
  const override = useSubmit(
    () => api.post<Check>(`/evaluation/checks/${check?.id}/override`, { reason }),
    options,
  );
  if (!needed) return null;
  if (!check || check.state === "broken")
    return (
      <Alert
        className="ev-check"
        type={check ? "error" : "info"}
        showIcon
        title={t(check ? "check.broken" : "check.needed", { count: state.data?.sets ?? 0 })}
        action={
          <Button loading={start.busy} onClick={() => void start.run()}>
            {t("check.start")}
          </Button>
        }
      />
    );
  if (running)
    return (
      <div className="ev-going" aria-live="polite">
        <Progress percent={check.total ? Math.round((check.done / check.total) * 100) : 0} status="active" />
        <p className="qk-num">
          {t("check.running", { done: integer(check.done, locale), total: integer(check.total, locale) })}
        </p>
      </div>
    );
  const passed = check.state === "passed";
  return (
    <Alert
      className="ev-check"
      type={passed ? "success" : check.passes ? "warning" : "error"}
      showIcon
      title={t(
        passed
          ? "check.passed"
          : check.override_reason
            ? "check.overridden"
            : check.passes
              ? "check.warned"
              : "check.failed",
      )}
      description={
        <>
          <ul className="ev-checked">
            {check.pairs.map((pair) => (
              <li key={pair.set_id}>
                {t("check.pair", {
                  name: pair.set_name,
                  worse: pair.regressions,
                  better: pair.improvements,
                })}{" "}
                <Link to={`/evaluation/compare/${pair.before}/${pair.after}` as string} target="_blank">
                  {t("check.list")}
                </Link>
              </li>
            ))}
          </ul>
          {check.override_reason && <p>{t("check.reasonWas", { reason: check.override_reason })}</p>}
          {check.may_override && (
            <div className="qs-row qs-nowrap">
              <Input
                value={reason}
                maxLength={500}
                placeholder={t("check.reason")}
                aria-label={t("check.reason")}
                onChange={(event) => setReason(event.target.value)}
              />
              <Button
                danger
                disabled={reason.trim().length < 5}
                loading={override.busy}
                onClick={() => void override.run()}
              >
                {t("check.override")}
              </Button>
            </div>
          )}
        </>
      }
    />
  );
}
