import { Button, Progress } from "antd";
import { Check, ExternalLink } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useGet } from "@/api/hooks";
import type { Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { itemsOf } from "../settings/kit";
import type { Inbox } from "../settings/types";
import { type Facts, type StepName, stepsOf } from "./begin";
import "./begin.css";

const KEY = "qiao.begin";
/** Somebody tries the chat in another tab and comes back. */
const LOOKED_AT_EVERY_MS = 10_000;

/** Whoever sets the company up sees what comes next, until it is done or put away; anybody else sees `otherwise`. */
export function GettingStarted(props: { otherwise: ReactNode }) {
  const inboxes = useCan("inboxes.manage");
  const people = useCan("users.manage");
  const knowledge = useCan("knowledge.publish");
  const [away, setAway] = useState(() => localStorage.getItem(KEY) === "away");
  const putAway = useCallback(() => {
    localStorage.setItem(KEY, "away");
    setAway(true);
  }, []);
  if (!inboxes || !people || !knowledge || away) return props.otherwise;
  return <Steps otherwise={props.otherwise} onAway={putAway} />;
}

function useFacts(): Facts | null {
  const often = { refetchInterval: LOOKED_AT_EVERY_MS };
  const inboxes = useGet<Inbox[] | Page<Inbox>>("/inboxes");
  const users = useGet<Page<unknown>>("/users", { active: true, limit: 2 });
  const faqs = useGet<Page<unknown>>("/knowledge/faqs", { status: "published", limit: 1 });
  const articles = useGet<Page<unknown>>("/knowledge/articles", { status: "published", limit: 1 });
  const drafts = useGet<Page<unknown>>("/knowledge/faqs", { status: "draft", limit: 1 });
  const asked = useGet<Page<unknown>>("/conversations", { view: "all", limit: 1 }, often);
  const served = useGet<Page<unknown>>("/conversations", { view: "resolved", limit: 1 }, often);
  if (!inboxes.data || !users.data || !faqs.data || !articles.data || !drafts.data) return null;
  if (!asked.data || !served.data) return null;
  const ways = itemsOf(inboxes.data);
  return {
    website: ways.find((inbox) => inbox.channel === "webchat") ?? null,
    ways: ways.length,
    people: users.data.items.length,
    published: faqs.data.items.length + articles.data.items.length > 0,
    drafts: drafts.data.items.length > 0,
    asked: asked.data.items.length > 0,
    served: served.data.items.length > 0,
  };
}

function Steps(props: { otherwise: ReactNode; onAway: () => void }) {
  const t = useT("setup");
  const go = useGo();
  const facts = useFacts();
  const steps = facts ? stepsOf(facts) : [];
  const done = steps.filter((step) => step.done).length;
  const over = facts !== null && done === steps.length;
  const { onAway } = props;
  // A company that has begun is not asked again.
  useEffect(() => {
    if (over) onAway();
  }, [over, onAway]);
  if (!facts || over) return props.otherwise;
  const next = steps.find((step) => !step.done)?.name;
  const act = (name: StepName, path: string) => (
    <Button type={name === next ? "primary" : "default"} onClick={() => go(path)}>
      {t(`begin.${name}.${name === "knowledge" && facts.drafts ? "drafts" : "go"}`)}
    </Button>
  );
  return (
    <section className="qb" aria-labelledby="qb-title">
      <header className="qb__head">
        <div>
          <h2 id="qb-title">{t("begin.title")}</h2>
          <p>{t("begin.text")}</p>
        </div>
        <Progress
          type="circle"
          size={52}
          percent={(done / steps.length) * 100}
          format={() => `${done}/${steps.length}`}
          aria-label={t("begin.progress", { done, all: steps.length })}
        />
      </header>
      <ol className="qb__steps">
        {steps.map((step, at) => (
          <li key={step.name} className={step.done ? "qb__done" : step.name === next ? "qb__next" : ""}>
            <span className="qb__mark" aria-hidden>
              {step.done ? <Check size={14} strokeWidth={2.5} /> : at + 1}
            </span>
            <div className="qb__words">
              <strong>{t(`begin.${step.name}.title`)}</strong>
              {step.done ? (
                <span className="q-sr">{t("begin.done")}</span>
              ) : (
                <p>{t(`begin.${step.name}.text`)}</p>
              )}
            </div>
            {step.done ? null : (
              <div className="qb__acts">
                {(step.name === "ask" || (step.name === "serve" && facts.asked)) && facts.website ? (
                  <a
                    className="qb__try"
                    href={`/widget/frame?key=${encodeURIComponent(facts.website.key)}`}
                    target="_blank"
                    rel="noreferrer"
                  >
                    {t("begin.ask.try")} <ExternalLink size={13} aria-hidden />
                  </a>
                ) : null}
                {step.path ? act(step.name, step.path) : null}
              </div>
            )}
          </li>
        ))}
      </ol>
      <Button type="text" className="qb__away" onClick={onAway}>
        {t("begin.away")}
      </Button>
    </section>
  );
}
