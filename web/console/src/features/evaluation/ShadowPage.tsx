import { Link } from "@tanstack/react-router";
import { Alert, Button, DatePicker, Input, InputNumber, Modal, Select, Tag } from "antd";
import dayjs from "dayjs";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Chart } from "@/features/insight/Chart";
import { absoluteTime, integer, percent } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  Field,
  Page,
  Section,
  State,
  useConfirm,
  useOne,
  usePages,
  useRows,
  useSubmit,
} from "../settings/kit";
import { Card, ConfigFields, Given } from "./bits";
import { inWords } from "./model";
import type { Config, Shadow, ShadowAnswer } from "./types";
import "@/features/insight/insight.css";

export default function ShadowPage() {
  const t = useT("evaluation");
  const locale = useLocale();
  const mayDecide = useCan("evaluation.decide");
  const shadows = useRows<Shadow>("/evaluation/shadows");
  const [chosen, setChosen] = useState<string | null>(null);
  const [making, setMaking] = useState(false);
  const rows = shadows.rows ?? [];
  const shown = rows.find((one) => one.id === chosen) ?? rows[0];
  const running = rows.some((one) => one.state === "running");
  const add = mayDecide && (
    <Button type="primary" icon={<Plus size={15} />} disabled={running} onClick={() => setMaking(true)}>
      {t("shadow.new")}
    </Button>
  );
  return (
    <Page
      wide
      title={t("nav.shadow")}
      description={mayDecide ? t("shadow.text") : `${t("shadow.text")} ${t("decideNeeded")}`}
      actions={add}
    >
      <State
        loading={shadows.isPending}
        error={shadows.error}
        onRetry={() => void shadows.refetch()}
        empty={rows.length === 0}
        emptyTitle={t("shadow.empty")}
        emptyText={t("shadow.emptyText")}
        emptyAction={add}
      >
        {rows.length > 1 && (
          <Select
            className="qk-gap"
            style={{ minWidth: 280 }}
            aria-label={t("shadow.choose")}
            value={shown?.id ?? null}
            onChange={setChosen}
            options={rows.map((one) => ({
              value: one.id,
              label: `${one.name} · ${t(`shadow.states.${one.state}`)} · ${absoluteTime(one.created_at, locale)}`,
            }))}
          />
        )}
        {shown && <One key={shown.id} id={shown.id} />}
      </State>
      {making && <NewShadow onClose={() => setMaking(false)} />}
    </Page>
  );
}

function One({ id }: { id: string }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const confirm = useConfirm();
  const mayDecide = useCan("evaluation.decide");
  const maySet = useCan("settings.manage");
  const path = `/evaluation/shadows/${id}`;
  const shadow = useOne<Shadow>(path, { refetchInterval: 15_000 });
  const stale = ["/evaluation/shadows"];
  const stop = useSubmit(() => api.post(`${path}/stop`), { stale });
  const [left, setLeft] = useState<string[] | null>(null);
  const adopt = useSubmit(() => api.post<{ left: string[] }>(`${path}/adopt`), {
    stale: [...stale, "/bot/settings"],
    done: t("shadow.adopted"),
    onDone: (result) => setLeft(result.left),
  });
  const data = shadow.data;
  const figures = data?.figures;
  return (
    <State loading={shadow.isPending} error={shadow.error} onRetry={() => void shadow.refetch()}>
      {data && figures && (
        <>
          <Section
            title={
              <>
                {data.name}{" "}
                <Tag color={data.state === "running" ? "processing" : "default"}>
                  {t(`shadow.states.${data.state}`)}
                </Tag>
              </>
            }
            description={t("shadow.facts", {
              config: inWords(data.config, t, locale),
              share: percent(data.share, locale),
              most: integer(data.most, locale),
              end: absoluteTime(data.ended_at ?? data.ends_at, locale),
            })}
            extra={
              <div className="qs-row">
                {mayDecide && data.state === "running" && (
                  <Button loading={stop.busy} onClick={() => void stop.run()}>
                    {t("shadow.stop")}
                  </Button>
                )}
                {mayDecide && maySet && data.state !== "adopted" && (
                  <Button
                    type="primary"
                    loading={adopt.busy}
                    onClick={() =>
                      void confirm({
                        title: t("shadow.adoptTitle"),
                        text: t("shadow.adoptText", { config: inWords(data.config, t, locale) }),
                        ok: t("shadow.adopt"),
                        run: () => adopt.run(),
                      })
                    }
                  >
                    {t("shadow.adopt")}
                  </Button>
                )}
              </div>
            }
          >
            {left && left.length > 0 && (
              <Alert
                className="qk-gap"
                type="info"
                showIcon
                title={left.map((one) => <div key={one}>{t(`shadow.left.${one}`)}</div>)}
              />
            )}
            <div className="ev-cards">
              <Card
                label={t("shadow.questions")}
                value={integer(figures.questions, locale)}
                note={data.skipped > 0 ? t("shadow.skipped", { count: data.skipped }) : undefined}
              />
              <Card
                label={t("shadow.agree")}
                value={figures.questions ? percent(figures.agree / figures.questions, locale) : "–"}
                note={t("shadow.differ", { count: figures.questions - figures.agree })}
              />
              <Card
                label={t("shadow.liveAnswered")}
                value={figures.questions ? percent(figures.live_answered / figures.questions, locale) : "–"}
              />
              <Card
                label={t("shadow.candidateAnswered")}
                value={
                  figures.questions ? percent(figures.candidate_answered / figures.questions, locale) : "–"
                }
              />
              <Card
                label={t("shadow.ms")}
                value={figures.ms_p50 === null ? "–" : t("figure.msOf", { ms: Math.round(figures.ms_p50) })}
              />
            </div>
            <p>
              {t(`shadow.says.${figures.sign.says}`, {
                candidate: figures.favour_candidate,
                live: figures.favour_live,
                side: t(figures.favour_candidate >= figures.favour_live ? "shadow.candidate" : "shadow.live"),
              })}
            </p>
            {figures.questions > figures.agree && (
              <Chart
                label={t("shadow.favours")}
                corner={t("shadow.favours")}
                unit={t("shadow.questionsUnit")}
                height={180}
                categories={(["live", "candidate", "neither", "open"] as const).map((one) =>
                  t(`favours.${one}`),
                )}
                series={[
                  {
                    name: t("shadow.favours"),
                    kind: "bar",
                    tone: "accent",
                    values: [
                      figures.favour_live,
                      figures.favour_candidate,
                      figures.favour_neither,
                      figures.open,
                    ],
                  },
                ]}
              />
            )}
          </Section>
          <Answers id={id} asked={figures.questions > 0} />
        </>
      )}
    </State>
  );
}

function Answers({ id, asked }: { id: string; asked: boolean }) {
  const t = useT("evaluation");
  const [only, setOnly] = useState<string | undefined>("differ");
  const answers = usePages<ShadowAnswer>(`/evaluation/shadows/${id}/answers`, { only });
  const columns: Column<ShadowAnswer>[] = [
    {
      key: "question",
      title: t("case.question"),
      fixedIn: true,
      render: (_, one) => (
        <div className="ev-wide">
          {one.question === null ? (
            <span className="qk-muted">{t("shadow.hidden")}</span>
          ) : (
            <Link to={`/inbox/${one.conversation_id}` as string}>{one.question}</Link>
          )}
        </div>
      ),
    },
    {
      key: "live",
      title: t("shadow.liveSaid"),
      render: (_, one) => (
        <div className="ev-wide">
          <Given decision={one.live.decision} given={one.live.given} flow={one.live.flow} />
        </div>
      ),
    },
    {
      key: "candidate",
      title: t("shadow.candidateSaid"),
      render: (_, one) => (
        <div className="ev-wide">
          <Given decision={one.candidate.decision} given={one.candidate.given} flow={one.candidate.flow} />
        </div>
      ),
    },
    { key: "outcome", title: t("shadow.outcome"), render: (_, one) => t(`outcome.${one.outcome}`) },
    {
      key: "favours",
      title: t("shadow.favours"),
      render: (_, one) => (one.agrees ? "–" : t(`favours.${one.outcome === "open" ? "open" : one.favours}`)),
    },
    { key: "at", title: t("collect.when"), render: (_, one) => <RelativeTime at={one.at} /> },
  ];
  return (
    <DataTable
      id="evaluation-shadow"
      label={t("shadow.answers")}
      rows={answers.rows}
      rowKey="message_id"
      columns={columns}
      loading={answers.loading}
      error={answers.error}
      onRetry={() => void answers.refetch()}
      more={answers.more}
      narrowed={asked && only !== undefined}
      emptyTitle={t("shadow.noAnswers")}
      filters={
        <Select
          allowClear
          style={{ minWidth: 220 }}
          placeholder={t("shadow.all")}
          aria-label={t("shadow.all")}
          value={only}
          onChange={setOnly}
          options={(["differ", "candidate", "live"] as const).map((one) => ({
            value: one,
            label: t(`shadow.only.${one}`),
          }))}
        />
      }
    />
  );
}

function NewShadow({ onClose }: { onClose: () => void }) {
  const t = useT("evaluation");
  const [name, setName] = useState("");
  const [config, setConfig] = useState<Config>({ knowledge: "drafts", model: false });
  const [share, setShare] = useState(20);
  const [most, setMost] = useState(500);
  const [perMinute, setPerMinute] = useState(30);
  const [ends, setEnds] = useState(dayjs().add(7, "day"));
  const start = useSubmit(
    () =>
      api.post<Shadow>("/evaluation/shadows", {
        name,
        config,
        share: share / 100,
        most,
        per_minute: perMinute,
        ends_at: ends.toISOString(),
      }),
    { stale: ["/evaluation/shadows"], onDone: onClose },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      title={t("shadow.new")}
      okText={t("shadow.start")}
      okButtonProps={{ disabled: !name.trim() }}
      confirmLoading={start.busy}
      onOk={() => void start.run()}
      onCancel={onClose}
    >
      <p className="qk-muted qk-gap">{t("shadow.newText")}</p>
      <Field label={t("shadow.name")} required htmlFor="shadow-name">
        <Input
          id="shadow-name"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <ConfigFields shadow value={config} onChange={setConfig} />
      <div className="ev-pair ev-gap">
        <Field label={t("shadow.share")} htmlFor="shadow-share">
          <InputNumber
            id="shadow-share"
            min={1}
            max={100}
            suffix="%"
            value={share}
            onChange={(n) => setShare(n ?? 1)}
          />
        </Field>
        <Field label={t("shadow.most")} htmlFor="shadow-most">
          <InputNumber
            id="shadow-most"
            min={10}
            max={100000}
            value={most}
            onChange={(n) => setMost(n ?? 10)}
          />
        </Field>
        <Field label={t("shadow.perMinute")} htmlFor="shadow-rate">
          <InputNumber
            id="shadow-rate"
            min={1}
            max={600}
            value={perMinute}
            onChange={(n) => setPerMinute(n ?? 1)}
          />
        </Field>
        <Field label={t("shadow.ends")} htmlFor="shadow-ends">
          <DatePicker
            id="shadow-ends"
            allowClear={false}
            minDate={dayjs().add(1, "hour")}
            showTime
            value={ends}
            onChange={(at) => at && setEnds(at)}
          />
        </Field>
      </div>
    </Modal>
  );
}
