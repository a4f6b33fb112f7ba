import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Alert, Button, Dropdown, Input, Segmented, Tag } from "antd";
import { ArrowLeft, Download, History, Plus, Upload as PublishIcon } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { canonical } from "@/lib/json";
import { PageFrame } from "@/ui/Page";
import { State, useOne, useSettled, useSubmit, useUnsavedGuard } from "../settings/kit";
import { Canvas, type Seen } from "./Canvas";
import { addStep, type Fault, type FlowDocument, placeOf, removeStep, STEP_TYPES, type Step } from "./model";
import { SlotsPanel } from "./SlotsPanel";
import { StepList } from "./StepList";
import { StepPanel } from "./StepPanel";
import { TestChat } from "./TestChat";
import type { FlowView, Tool } from "./types";
import { Versions } from "./Versions";
import "./flows.css";

type View = "canvas" | "list" | "yaml";

export default function FlowEditorPage() {
  const { flowId } = useParams({ strict: false }) as { flowId: string };
  const { data, isPending, error, refetch } = useOne<FlowView>(`/bot/flows/${flowId}`, { staleTime: 0 });
  return (
    <State loading={isPending} error={error} onRetry={() => void refetch()}>
      {data ? <Editor key={flowId} flow={data} /> : null}
    </State>
  );
}

interface Checked {
  document: FlowDocument | null;
  yaml: string | null;
  faults: Fault[];
}

function Editor({ flow }: { flow: FlowView }) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const go = useGo();
  const client = useQueryClient();
  const [saved, setSaved] = useState(flow);
  const [document, setDocument] = useState(flow.document);
  const [yaml, setYaml] = useState(flow.yaml);
  const [faults, setFaults] = useState(flow.faults);
  const [view, setView] = useState<View>("canvas");
  const [selected, setSelected] = useState<string | null>(null);
  const [seen, setSeen] = useState<Seen | null>(null);
  const [versions, setVersions] = useState(false);
  const tools = useOne<Tool[]>("/bot/tools").data ?? [];
  const text = JSON.stringify(document);
  const dirty = useMemo(() => canonical(document) !== canonical(saved.document), [document, saved.document]);
  const unread = view === "yaml" && faults.some((f) => f.code === "not_yaml" || f.code === "not_a_mapping");
  useUnsavedGuard(dirty || unread);

  // The server is the only judge of a document; it also keeps both forms of it alike.
  const settled = useSettled(view === "yaml" ? yaml : text, 500);
  const asked = useRef("");
  useEffect(() => {
    if (settled === asked.current) return;
    asked.current = settled;
    const inYaml = view === "yaml";
    void api
      .post<Checked>("/bot/flows/check", inYaml ? { yaml: settled } : { document: JSON.parse(settled) })
      .then((answer) => {
        if (asked.current !== settled) return;
        setFaults(answer.faults);
        if (inYaml && answer.document) setDocument(answer.document);
        if (!inYaml && answer.yaml !== null) setYaml(answer.yaml);
      })
      .catch(() => undefined);
  }, [settled, view]);

  const taken = (next: FlowView) => {
    setSaved(next);
    setDocument(next.document);
    setYaml(next.yaml);
    setFaults(next.faults);
    client.setQueryData([`/bot/flows/${next.id}`, "one"], next);
  };
  const save = useSubmit(
    () =>
      api.put<FlowView>(
        `/bot/flows/${flow.id}/draft`,
        view === "yaml" ? { revision: saved.revision, yaml } : { revision: saved.revision, document },
      ),
    { stale: ["/bot/flows"], done: t("saved"), onDone: taken },
  );
  const publish = useSubmit(
    async () => {
      let current = saved;
      if (dirty)
        current = await api.put<FlowView>(`/bot/flows/${flow.id}/draft`, {
          revision: saved.revision,
          document,
        });
      setSaved(current);
      return api.post<FlowView>(`/bot/flows/${flow.id}/publish`, { revision: current.revision });
    },
    { stale: ["/bot/flows"], done: (next) => t("published", { n: next.published }), onDone: taken },
  );
  const stop = useSubmit(() => api.post<FlowView>(`/bot/flows/${flow.id}/unpublish`), {
    stale: ["/bot/flows"],
    done: t("stopped"),
    onDone: taken,
  });
  const inputName = (one: Step, name: string) =>
    tools.find((tool) => tool.spec.name === one.tool)?.spec.inputs[name]?.description?.[locale] ?? name;
  const serious = faults.filter((f) => !f.warning);
  const step = document.steps?.find((one) => one.id === selected);
  const shape = Array.isArray(document.steps) && document.name && typeof document.name === "object";
  const download = () => {
    const url = URL.createObjectURL(new Blob([yaml], { type: "application/yaml" }));
    const link = window.document.createElement("a");
    link.href = url;
    link.download = `${flow.key}.yaml`;
    link.click();
    URL.revokeObjectURL(url);
  };
  const add = (type: (typeof STEP_TYPES)[number]) => {
    const made = addStep(document, type, selected ?? undefined);
    setDocument(made.flow);
    setSelected(made.id);
  };
  return (
    <PageFrame
      width="full"
      title={
        <>
          <Button
            type="text"
            size="small"
            aria-label={t("back")}
            icon={<ArrowLeft size={16} aria-hidden />}
            onClick={() => go("/flows")}
          />
          {shape ? document.name[locale] : flow.key}{" "}
          {saved.published ? <Tag color="success">v{saved.published}</Tag> : <Tag>{t("not_published")}</Tag>}
          {saved.changed || dirty ? <Tag color="warning">{t("changed")}</Tag> : null}
        </>
      }
      extra={
        <>
          <Segmented<View>
            value={view}
            onChange={setView}
            options={(["canvas", "list", "yaml"] as const).map((value) => ({
              value,
              label: t(`view.${value}`),
            }))}
          />
          <Button
            aria-label={t("versions")}
            icon={<History size={14} aria-hidden />}
            onClick={() => setVersions(true)}
          />
          <Button aria-label={t("export")} icon={<Download size={14} aria-hidden />} onClick={download} />
          {saved.published ? (
            <Button loading={stop.busy} onClick={() => void stop.run()}>
              {t("stop")}
            </Button>
          ) : null}
          <Button disabled={!dirty && !unread} loading={save.busy} onClick={() => void save.run()}>
            {t("save")}
          </Button>
          <Button
            type="primary"
            icon={<PublishIcon size={14} aria-hidden />}
            disabled={serious.length > 0 || (!dirty && !saved.changed && saved.published !== null)}
            loading={publish.busy}
            onClick={() => void publish.run()}
          >
            {t("publish")}
          </Button>
        </>
      }
    >
      <div className="qf-editor">
        <div className="qf-main">
          {view === "yaml" ? (
            <Input.TextArea
              className="qf-mono qf-yaml"
              aria-label={t("view.yaml")}
              spellCheck={false}
              value={yaml}
              onChange={(event) => setYaml(event.target.value)}
            />
          ) : (
            <>
              <div className="qf-palette" role="toolbar" aria-label={t("palette")}>
                <Dropdown
                  trigger={["click"]}
                  menu={{
                    items: STEP_TYPES.map((key) => ({ key, label: t(`type.${key}`) })),
                    onClick: ({ key }) => add(key as (typeof STEP_TYPES)[number]),
                  }}
                >
                  <Button size="small" icon={<Plus size={14} aria-hidden />}>
                    {t("add_step")}
                  </Button>
                </Dropdown>
                {STEP_TYPES.slice(0, 6).map((type) => (
                  <Button key={type} size="small" type="text" onClick={() => add(type)}>
                    {t(`type.${type}`)}
                  </Button>
                ))}
                <Button size="small" type="text" onClick={() => setSelected(null)}>
                  {t("about_flow")}
                </Button>
              </div>
              {view === "canvas" ? (
                <Canvas
                  flow={document}
                  faults={faults}
                  selected={selected}
                  seen={seen}
                  dark={window.document.documentElement.dataset.theme === "dark"}
                  onSelect={setSelected}
                  onChange={setDocument}
                />
              ) : (
                <StepList
                  flow={document}
                  faults={faults}
                  selected={selected}
                  onSelect={setSelected}
                  onChange={setDocument}
                />
              )}
            </>
          )}
          {faults.length ? (
            <Alert
              className="qf-faults"
              type={serious.length ? "error" : "warning"}
              title={t("faults", { n: faults.length })}
              description={
                <ul>
                  {faults.slice(0, 8).map((fault) => (
                    <li key={`${fault.step}${fault.field}${fault.code}`}>
                      <button
                        type="button"
                        className="qf-link"
                        onClick={() => setSelected(fault.step || null)}
                      >
                        {placeOf(t, document, fault, inputName) || flow.key}
                      </button>
                      {t("colon")}
                      {fault.text}
                    </li>
                  ))}
                </ul>
              }
            />
          ) : null}
        </div>
        {view === "yaml" || !shape ? null : step ? (
          <StepPanel
            flow={document}
            step={step}
            tools={tools}
            faults={faults}
            onChange={setDocument}
            onSelect={setSelected}
            onRemove={() => {
              setDocument(removeStep(document, step.id));
              setSelected(null);
            }}
          />
        ) : (
          <SlotsPanel flow={document} faults={faults} onChange={setDocument} />
        )}
        <TestChat flow={document} faulty={serious.length > 0} onSeen={setSeen} />
      </div>
      {versions ? (
        <Versions
          flowId={flow.id}
          yaml={yaml}
          onClose={() => setVersions(false)}
          onRestored={(next) => {
            taken(next);
            setVersions(false);
          }}
        />
      ) : null}
    </PageFrame>
  );
}
