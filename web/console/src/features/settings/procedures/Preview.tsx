import { Button, Progress, Tag } from "antd";
import { RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useWords } from "../../tickets/bits";
import { StepCard } from "../../tickets/sop/StepCard";
import type { Act, StepView } from "../../tickets/sop/types";
import "../../tickets/sop/sop.css";
import { useSubmit } from "../kit";
import type { ProcedureDocument } from "./model";

interface Played {
  current: StepView | null;
  path: string[];
  outcome: Record<string, string> | null;
  good: boolean | null;
  deviations: string[];
  errors: { field: string; message: string }[];
  done: number;
  left: number;
  acts: object[];
}

/** The draft, walked through: the same machine agents meet, with nothing written and nothing sent. */
export function Preview(props: {
  doc: ProcedureDocument;
  faulty: boolean;
  onSeen: (seen: { path: string[]; step: string | null } | null) => void;
}) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const words = useWords();
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [played, setPlayed] = useState<Played | null>(null);
  const play = useSubmit(
    (acts: object[]) => api.post<Played>("/procedures/rehearse", { document: props.doc, acts, locale }),
    {
      onDone: (answer) => {
        setPlayed(answer);
        props.onSeen({ path: answer.path, step: answer.current?.id ?? null });
      },
    },
  );
  const text = JSON.stringify(props.doc.steps);
  // Another draft is another walk.
  useEffect(() => {
    setPlayed(null);
    props.onSeen(null);
  }, [text]);
  const act = ({ act: what, answer, to }: Act | { act: "back"; answer?: undefined; to?: undefined }) =>
    void play.run([...(played?.acts ?? []), { act: what, answer: answer ?? {}, ...(to ? { to } : {}) }]);
  const titles = Object.fromEntries(
    props.doc.steps.map((one) => [one.id, one.title ?? { en: one.id, "zh-CN": one.id }]),
  );
  return (
    <section className="qf-chat" aria-label={t("preview")}>
      <header>
        <h2>{t("preview")}</h2>
        <Button
          size="small"
          type="text"
          aria-label={t("again")}
          icon={<RotateCcw size={14} aria-hidden />}
          onClick={() => {
            setPlayed(null);
            props.onSeen(null);
          }}
        />
      </header>
      <div className="qp-preview">
        {played ? (
          <>
            <Progress
              size="small"
              percent={Math.round((100 * played.done) / Math.max(1, played.done + played.left))}
              format={() => `${played.done}/${played.done + played.left}`}
            />
            {played.deviations.map((one, i) => (
              <Tag key={i} color="warning">
                {kinds(`deviation.${one}`)}
              </Tag>
            ))}
            {played.current ? (
              <StepCard
                key={`${played.current.id}:${played.done}:${played.errors.length}`}
                step={played.current}
                steps={titles}
                busy={play.busy}
                may
                rehearsal
                wrong={Object.fromEntries(played.errors.map((one) => [one.field, one.message]))}
                onAct={act}
                onBack={played.done ? () => act({ act: "back" }) : null}
              />
            ) : (
              <p>
                <Tag color={played.good ? "success" : "error"}>{words(played.outcome)}</Tag>
                <button type="button" className="qf-link" onClick={() => act({ act: "back" })}>
                  {kinds("back")}
                </button>
              </p>
            )}
          </>
        ) : (
          <>
            <p className="qf-hint">{t(props.faulty ? "preview_faulty" : "preview_hint")}</p>
            <Button block disabled={props.faulty} loading={play.busy} onClick={() => void play.run([])}>
              {t("walk")}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
