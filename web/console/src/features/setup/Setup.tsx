import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Progress, Segmented, Select } from "antd";
import { ArrowRight, Check, ExternalLink, MessageSquareText, Sparkles } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, upload } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Id, Job, Page as ListPage } from "@/api/types";
import { chooseLocale, LOCALES, type Locale, useLocale, useT } from "@/app/i18n";
import { Logo } from "@/app/Logo";
import { useGo } from "@/app/router";
import { meQuery } from "@/app/session";
import { LoadingState } from "@/ui/states";
import { ImportWizard } from "../knowledge/importing/Import";
import "../knowledge/knowledge.css";
import { guessZone, zoneOptions } from "../settings/hours/zones";
import { embedSnippet } from "../settings/inboxes/snippets";
import { Code, Field, itemsOf } from "../settings/kit";
import "../settings/settings.css";
import type { Inbox } from "../settings/types";
import {
  type Answers,
  check,
  type Fault,
  readSite,
  restore,
  STAGES,
  type Stage,
  save,
  stageOf,
  strength,
} from "./model";
import { starterFile, starterRows } from "./starter";
import "./setup.css";

const KEY = "qiao.setup";

export default function Setup() {
  const t = useT("setup");
  const go = useGo();
  const locale = useLocale();
  const client = useQueryClient();
  const state = useQuery({
    queryKey: ["/setup"],
    queryFn: () => api.get<{ done: boolean }>("/setup"),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [{ stage, answers }, setSaved] = useState(() =>
    restore(sessionStorage.getItem(KEY), {
      company: { name: "", locale, timezone: guessZone() },
      admin: { name: "", email: "", password: "" },
      inbox: { name: "", site_url: "" },
    }),
  );
  const [faults, setFaults] = useState<Fault[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    sessionStorage.setItem(KEY, save({ stage, answers }));
  }, [stage, answers]);
  useEffect(() => {
    document.title = `${t("title")} · Qiao`;
  }, [t]);

  const signedUp = stage === "knowledge" || stage === "done";
  // Somebody else has set it up, or it was long ago: this page has nothing more to say.
  const created = useRef(false);
  const over = state.data?.done === true && !signedUp && !created.current;
  const early = state.data?.done === false && signedUp && !created.current;
  useEffect(() => {
    if (over) {
      sessionStorage.removeItem(KEY);
      go("/", { replace: true });
    }
    if (early) setSaved((now) => ({ ...now, stage: "company" }));
  }, [over, early, go]);

  const setStage = (next: Stage) => {
    setFaults([]);
    setFailure(null);
    setSaved((now) => ({ ...now, stage: next }));
  };
  const change = <K extends keyof Answers>(part: K, values: Partial<Answers[K]>) => {
    setSaved((now) => ({ ...now, answers: { ...now.answers, [part]: { ...now.answers[part], ...values } } }));
    setFaults((now) =>
      now.filter((fault) => !Object.keys(values).some((key) => fault.field.endsWith(`${part}.${key}`))),
    );
  };
  const fault = (field: string) => {
    const found = faults.find((one) => one.field.replace(/^body\./, "") === field);
    return found && (found.message ?? t(found.key ?? "fault.required"));
  };

  const create = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const { company, admin, inbox } = answers;
      await api.post("/setup", {
        company: { ...company, name: company.name.trim() },
        admin: { ...admin, name: admin.name.trim(), email: admin.email.trim() },
        inbox: { name: inbox.name.trim(), site_url: readSite(inbox.site_url) || null },
      });
      created.current = true;
      client.setQueryData(["/setup"], { done: true });
      await client.fetchQuery({ ...meQuery, staleTime: 0 });
      setStage("knowledge");
    } catch (reason) {
      const fields = reason instanceof Problem ? reason.fields : [];
      if (fields[0]) {
        setStage(stageOf(fields[0].field));
        setFaults(fields.map(({ field, message }) => ({ field, message })));
      } else setFailure(sentenceOf(reason));
    } finally {
      setBusy(false);
    }
  };
  const next = () => {
    const found = check(stage, answers);
    setFaults(found);
    if (found[0]) {
      document.getElementById(found[0].field)?.focus();
      return;
    }
    if (stage === "company") {
      if (!answers.inbox.name) change("inbox", { name: t("inbox.defaultName") });
      setStage("admin");
    } else if (stage === "admin") setStage("inbox");
    else void create();
  };

  if (state.isPending || over) return <LoadingState />;
  const at = STAGES.indexOf(stage);
  return (
    <main className="qu-page">
      <aside className="qu-side">
        <div className="qu-brand">
          <Logo size={34} />
          <span>桥 Qiao</span>
        </div>
        <h1>{t("title")}</h1>
        <ol className="qu-steps" aria-label={t("progress")}>
          {STAGES.map((one, index) => (
            <li
              key={one}
              className={index < at ? "qu-past" : index === at ? "qu-here" : ""}
              aria-current={index === at ? "step" : undefined}
            >
              <i aria-hidden>{index < at ? <Check size={14} strokeWidth={3} /> : index + 1}</i>
              {!signedUp && index < at ? (
                <button type="button" className="q-btn-bare" onClick={() => setStage(one)}>
                  {t(`step.${one}`)}
                </button>
              ) : (
                <span>{t(`step.${one}`)}</span>
              )}
            </li>
          ))}
        </ol>
        <p className="qu-foot">{t("foot")}</p>
      </aside>
      <section className="qu-main">
        <div className="qu-locale">
          <Segmented<Locale>
            size="small"
            aria-label={t("company.locale")}
            value={locale}
            onChange={(id) => {
              void chooseLocale(id);
              if (!signedUp) change("company", { locale: id });
            }}
            options={LOCALES.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </div>
        <div className={stage === "knowledge" ? "qu-card qu-card-wide" : "qu-card"}>
          <h2 tabIndex={-1}>{t(`${stage}.title`)}</h2>
          <p className="qu-lead">{t(`${stage}.text`)}</p>
          {failure && <Alert type="error" showIcon className="qk-gap" title={failure} />}
          {!signedUp && (
            <form
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                next();
              }}
            >
              {stage === "company" && <CompanyStep answers={answers} change={change} fault={fault} />}
              {stage === "admin" && <AdminStep answers={answers} change={change} fault={fault} />}
              {stage === "inbox" && <InboxStep answers={answers} change={change} fault={fault} />}
              <div className="qu-acts">
                {at > 0 && (
                  <Button size="large" onClick={() => setStage(STAGES[at - 1]!)}>
                    {t("back")}
                  </Button>
                )}
                <Button size="large" type="primary" htmlType="submit" loading={busy}>
                  {t(stage === "inbox" ? "create" : "next")}
                </Button>
              </div>
            </form>
          )}
          {stage === "knowledge" && <KnowledgeStep onDone={() => setStage("done")} />}
          {stage === "done" && <DoneStep onLeave={() => sessionStorage.removeItem(KEY)} />}
        </div>
      </section>
    </main>
  );
}

interface StepProps {
  answers: Answers;
  change: <K extends keyof Answers>(part: K, values: Partial<Answers[K]>) => void;
  fault: (field: string) => string | undefined;
}

function CompanyStep({ answers, change, fault }: StepProps) {
  const t = useT("setup");
  const locale = useLocale();
  return (
    <>
      <Field
        label={t("company.name")}
        htmlFor="company.name"
        required
        help={t("company.nameHelp")}
        problem={fault("company.name")}
      >
        <Input
          id="company.name"
          size="large"
          autoFocus
          maxLength={120}
          autoComplete="organization"
          placeholder={t("company.nameExample")}
          value={answers.company.name}
          onChange={(event) => change("company", { name: event.target.value })}
        />
      </Field>
      <Field
        label={t("company.locale")}
        htmlFor="company.locale"
        help={t("company.localeHelp")}
        problem={fault("company.locale")}
      >
        <Select
          id="company.locale"
          size="large"
          value={answers.company.locale}
          onChange={(id) => {
            change("company", { locale: id });
            void chooseLocale(id);
          }}
          options={LOCALES.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Field>
      <Field label={t("company.timezone")} htmlFor="company.timezone" problem={fault("company.timezone")}>
        <Select
          id="company.timezone"
          size="large"
          showSearch={{ optionFilterProp: "label" }}
          value={answers.company.timezone}
          onChange={(timezone) => change("company", { timezone })}
          options={zoneOptions(locale, answers.company.timezone)}
        />
      </Field>
    </>
  );
}

const TONES = ["var(--q-border-strong)", "var(--q-breach)", "var(--q-wait)", "var(--q-ok)", "var(--q-ok)"];

function AdminStep({ answers, change, fault }: StepProps) {
  const t = useT("setup");
  const level = strength(answers.admin.password);
  return (
    <>
      <Field label={t("admin.name")} htmlFor="admin.name" required problem={fault("admin.name")}>
        <Input
          id="admin.name"
          size="large"
          autoFocus
          maxLength={80}
          autoComplete="name"
          value={answers.admin.name}
          onChange={(event) => change("admin", { name: event.target.value })}
        />
      </Field>
      <Field
        label={t("admin.email")}
        htmlFor="admin.email"
        required
        help={t("admin.emailHelp")}
        problem={fault("admin.email")}
      >
        <Input
          id="admin.email"
          size="large"
          type="email"
          autoComplete="username"
          value={answers.admin.email}
          onChange={(event) => change("admin", { email: event.target.value })}
        />
      </Field>
      <Field
        label={t("admin.password")}
        htmlFor="admin.password"
        required
        help={t("admin.passwordHelp")}
        problem={fault("admin.password")}
      >
        <Input.Password
          id="admin.password"
          size="large"
          autoComplete="new-password"
          maxLength={200}
          value={answers.admin.password}
          onChange={(event) => change("admin", { password: event.target.value })}
        />
      </Field>
      {answers.admin.password && (
        <div className="qu-strength" aria-live="polite">
          <Progress
            percent={level * 25}
            steps={4}
            size="small"
            showInfo={false}
            strokeColor={TONES[level] ?? TONES[1]!}
            aria-label={t("admin.strength")}
          />
          <span>{t(`admin.level${level}`)}</span>
        </div>
      )}
    </>
  );
}

function InboxStep({ answers, change, fault }: StepProps) {
  const t = useT("setup");
  return (
    <>
      <Field
        label={t("inbox.name")}
        htmlFor="inbox.name"
        required
        help={t("inbox.nameHelp")}
        problem={fault("inbox.name")}
      >
        <Input
          id="inbox.name"
          size="large"
          autoFocus
          maxLength={80}
          value={answers.inbox.name}
          onChange={(event) => change("inbox", { name: event.target.value })}
        />
      </Field>
      <Field
        label={t("inbox.site")}
        htmlFor="inbox.site_url"
        help={t("inbox.siteHelp")}
        problem={fault("inbox.site_url")}
      >
        <Input
          id="inbox.site_url"
          size="large"
          inputMode="url"
          autoComplete="url"
          placeholder="https://www.example.com"
          value={answers.inbox.site_url}
          onChange={(event) => change("inbox", { site_url: event.target.value })}
        />
      </Field>
    </>
  );
}

function KnowledgeStep(props: { onDone: () => void }) {
  const t = useT("setup");
  const locale = useLocale();
  const client = useQueryClient();
  const [way, setWay] = useState<"choose" | "import">("choose");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const starter = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const preview = await upload<{ id: Id }>("/knowledge/imports", starterFile(locale));
      const { job_id } = await api.post<{ job_id: Id }>(`/knowledge/imports/${preview.id}/commit`, {
        duplicates: "skip",
        publish: false,
      });
      for (let tries = 0; tries < 120; tries += 1) {
        const job = await api.get<Job>(`/jobs/${job_id}`);
        if (job.state === "done") break;
        if (job.state === "failed") throw new Error(job.message ?? "failed");
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      void client.invalidateQueries({
        predicate: (query) => String(query.queryKey[0]).startsWith("/knowledge"),
      });
      props.onDone();
    } catch (reason) {
      setFailure(sentenceOf(reason));
    } finally {
      setBusy(false);
    }
  };
  if (way === "import")
    return (
      <>
        <ImportWizard onDone={props.onDone} doneText={t("next")} />
        <div className="qu-acts">
          <Button onClick={() => setWay("choose")}>{t("back")}</Button>
        </div>
      </>
    );
  return (
    <>
      {failure && <Alert type="error" showIcon className="qk-gap" title={failure} />}
      <div className="qu-ways">
        <button type="button" className="qu-way" disabled={busy} onClick={() => setWay("import")}>
          <strong>{t("knowledge.import")}</strong>
          <span>{t("knowledge.importText")}</span>
          <em>
            {t("knowledge.importGo")} <ArrowRight size={15} aria-hidden />
          </em>
        </button>
        <button type="button" className="qu-way" disabled={busy} onClick={() => void starter()}>
          <strong>{t("knowledge.starter", { count: starterRows(locale).length })}</strong>
          <span>{t("knowledge.starterText")}</span>
          <em>
            {busy ? t("knowledge.starterBusy") : t("knowledge.starterGo")}{" "}
            <ArrowRight size={15} aria-hidden />
          </em>
        </button>
      </div>
      <div className="qu-acts">
        <Button type="link" disabled={busy} onClick={props.onDone}>
          {t("knowledge.skip")}
        </Button>
      </div>
    </>
  );
}

function DoneStep(props: { onLeave: () => void }) {
  const t = useT("setup");
  const go = useGo();
  const inboxes = useQuery({
    queryKey: ["/inboxes", "setup"],
    queryFn: async () => itemsOf(await api.get<Inbox[] | ListPage<Inbox>>("/inboxes")),
    // The first website is made by a reaction to the set-up: it may take a moment.
    refetchInterval: (query) =>
      query.state.data?.some((inbox) => inbox.channel === "webchat") ? false : 1000,
  });
  const key = useMemo(() => inboxes.data?.find((inbox) => inbox.channel === "webchat")?.key, [inboxes.data]);
  const leave = (path: string) => {
    props.onLeave();
    go(path, { replace: true });
  };
  return (
    <>
      {key && (
        <>
          <h3 className="qu-h3">{t("done.install")}</h3>
          <Code label={t("done.install")} text={embedSnippet(location.origin, key)} />
        </>
      )}
      <div className="qu-ways">
        <button type="button" className="qu-way qu-way-main" onClick={() => leave("/inbox")}>
          <MessageSquareText size={24} aria-hidden />
          <strong>{t("done.inbox")}</strong>
          <span>{t("done.inboxText")}</span>
        </button>
        <a
          className="qu-way"
          href={key ? `/widget/frame?key=${encodeURIComponent(key)}` : undefined}
          aria-disabled={!key}
          target="_blank"
          rel="noreferrer"
        >
          <Sparkles size={24} aria-hidden />
          <strong>
            {t("done.widget")} <ExternalLink size={14} aria-hidden />
          </strong>
          <span>{t("done.widgetText")}</span>
        </a>
      </div>
      <div className="qu-acts">
        <Button type="link" onClick={() => leave("/settings/users")}>
          {t("done.team")}
        </Button>
      </div>
    </>
  );
}
