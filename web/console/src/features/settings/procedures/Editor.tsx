import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Alert, Button, Dropdown, Input, Segmented, Tag } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import {
  ArrowDown,
  ArrowLeft,
  ArrowUp,
  Bot,
  Download,
  History,
  Plus,
  Upload as PublishIcon,
} from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { canonical } from "@/lib/json";
import { PageFrame } from "@/ui/Page";
import { useWords } from "../../tickets/bits";
import { State, useOne, useRows, useSettled, useSubmit, useUnsavedGuard } from "../kit";
import { About } from "./About";
import { Canvas } from "./Canvas";
import {
  addStep,
  type Fault,
  gist,
  moveStep,
  type ProcedureDocument,
  type ProcedureItem,
  type ProcedureView,
  removeStep,
  STEP_TYPES,
  waysOf,
} from "./model";
import { Preview } from "./Preview";
import { Statistics } from "./Statistics";
import { StepForm } from "./StepForm";
import { Versions } from "./Versions";
import "../../flows/flows.css";
import "./procedures.css";

type View = "canvas" | "list" | "yaml" | "statistics";

export default function ProcedureEditorPage() {
  const { procedureId } = useParams({ strict: false }) as { procedureId: string };
  const { data, isPending, error, refetch } = useOne<ProcedureView>(`/procedures/${procedureId}`, {
    staleTime: 0,
  });
  return (
    <State loading={isPending} error={error} onRetry={() => void refetch()}>
      {data ? <Editor key={procedureId} procedure={data} /> : null}
    </State>
  );
}

interface Checked {
  document: ProcedureDocument | null;
  yaml: string | null;
  faults: Fault[];
}

function Editor({ procedure }: { procedure: ProcedureView }) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const words = useWords();
  const locale = useLocale();
  const go = useGo();
  const client = useQueryClient();
  const flows = useCan("flows.manage");
  const [saved, setSaved] = useState(procedure);
  const [doc, setDoc] = useState(procedure.document);
  const [yaml, setYaml] = useState(procedure.yaml);
  const [faults, setFaults] = useState(procedure.faults);
  const [view, setView] = useState<View>("canvas");
  const [selected, setSelected] = useState<string | null>(null);
  const [seen, setSeen] = useState<{ path: string[]; step: string | null } | null>(null);
  const [versions, setVersions] = useState(false);
  const area = useRef<TextAreaRef>(null);
  const { rows: all } = useRows<ProcedureItem>("/procedures");
  const text = JSON.stringify(doc);
  const dirty = useMemo(() => canonical(doc) !== canonical(saved.document), [doc, saved.document]);
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
      .post<Checked>("/procedures/check", inYaml ? { yaml: settled } : { document: JSON.parse(settled) })
      .then((answer) => {
        if (asked.current !== settled) return;
        setFaults(answer.faults);
        if (inYaml && answer.document && Array.isArray(answer.document.steps)) setDoc(answer.document);
        if (!inYaml && answer.yaml !== null) setYaml(answer.yaml);
      })
      .catch(() => undefined);
  }, [settled, view]);

  const taken = (next: ProcedureView) => {
    setSaved(next);
    setDoc(next.document);
    setYaml(next.yaml);
    setFaults(next.faults);
    client.setQueryData([`/procedures/${next.id}`, "one"], next);
  };
  // Somebody else's change is taken over as long as nothing here would be lost.
  useEffect(() => {
    if (dirty || unread || procedure.revision <= saved.revision) return;
    setSaved(procedure);
    setDoc(procedure.document);
    setYaml(procedure.yaml);
    setFaults(procedure.faults);
  }, [procedure, saved.revision, dirty, unread]);
  const draft = () =>
    api.put<ProcedureView>(
      `/procedures/${procedure.id}/draft`,
      view === "yaml" ? { revision: saved.revision, yaml } : { revision: saved.revision, document: doc },
    );
  const save = useSubmit(draft, { stale: ["/procedures"], done: t("saved"), onDone: taken });
  const publish = useSubmit(
    async () => {
      const current = dirty ? await draft() : saved;
      setSaved(current);
      return api.post<ProcedureView>(`/procedures/${procedure.id}/publish`, { revision: current.revision });
    },
    { stale: ["/procedures"], done: (next) => t("published", { n: next.published }), onDone: taken },
  );
  const stop = useSubmit(() => api.post<ProcedureView>(`/procedures/${procedure.id}/unpublish`), {
    stale: ["/procedures"],
    done: t("stopped"),
    onDone: taken,
  });
  const flow = useSubmit(
    () => api.post<{ id: string }>("/bot/flows/from-procedure", { procedure: procedure.key }),
    {
      stale: ["/bot/flows"],
      done: t("flow_made"),
      onDone: (made) => go(`/flows/${made.id}`),
    },
  );
  const serious = faults.filter((f) => !f.warning);
  const step = doc.steps?.find((one) => one.id === selected);
  const whole = Array.isArray(doc.steps) && doc.name && typeof doc.name === "object";
  const download = () => {
    const url = URL.createObjectURL(new Blob([yaml], { type: "application/yaml" }));
    const link = window.document.createElement("a");
    link.href = url;
    link.download = `${procedure.key}.yaml`;
    link.click();
    URL.revokeObjectURL(url);
  };
  const add = (type: (typeof STEP_TYPES)[number]) => {
    const made = addStep(doc, type, selected ?? undefined);
    setDoc(made.doc);
    setSelected(made.id);
  };
  const point = (fault: Fault) => {
    if (view !== "yaml" || !fault.line) {
      setSelected(fault.step || null);
      return;
    }
    // To the place in the file.
    const box = area.current?.resizableTextArea?.textArea;
    const lines = yaml.split("\n");
    const at =
      lines.slice(0, fault.line - 1).reduce((sum, line) => sum + line.length + 1, 0) +
      (fault.column ?? 1) -
      1;
    box?.focus();
    box?.setSelectionRange(at, at + Math.max(1, lines[fault.line - 1]!.length - (fault.column ?? 1) + 1));
    if (box) box.scrollTop = Math.max(0, (fault.line - 6) * 19.2);
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
            onClick={() => go("/settings/procedures")}
          />
          {whole ? words(doc.name, procedure.key) : procedure.key}{" "}
          {saved.published ? <Tag color="success">v{saved.published}</Tag> : <Tag>{t("not_published")}</Tag>}
          {saved.changed || dirty ? <Tag color="warning">{t("changed")}</Tag> : null}
        </>
      }
      extra={
        <>
          <Segmented<View>
            value={view}
            onChange={setView}
            options={(["canvas", "list", "yaml", "statistics"] as const).map((value) => ({
              value,
              label: t(`view.${value}`),
            }))}
          />
          {flows ? (
            <Button
              aria-label={t("make_flow")}
              title={t("make_flow")}
              icon={<Bot size={14} aria-hidden />}
              loading={flow.busy}
              onClick={() => void flow.run()}
            />
          ) : null}
          <Button
            aria-label={t("versions")}
            title={t("versions")}
            icon={<History size={14} aria-hidden />}
            onClick={() => setVersions(true)}
          />
          <Button
            aria-label={t("export")}
            title={t("export")}
            icon={<Download size={14} aria-hidden />}
            onClick={download}
          />
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
      {view === "statistics" ? (
        <Statistics id={procedure.id} />
      ) : (
        <div className={`qf-editor qp-editor ${view === "yaml" ? "qp-editor--yaml" : ""}`}>
          <div className="qf-main">
            {view === "yaml" ? (
              <Input.TextArea
                ref={area}
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
                      items: STEP_TYPES.map((key) => ({ key, label: kinds(`type.${key}`) })),
                      onClick: ({ key }) => add(key as (typeof STEP_TYPES)[number]),
                    }}
                  >
                    <Button size="small" icon={<Plus size={14} aria-hidden />}>
                      {t("add_step")}
                    </Button>
                  </Dropdown>
                  {STEP_TYPES.slice(0, 6).map((type) => (
                    <Button key={type} size="small" type="text" onClick={() => add(type)}>
                      {kinds(`type.${type}`)}
                    </Button>
                  ))}
                  <Button size="small" type="text" onClick={() => setSelected(null)}>
                    {t("about_procedure")}
                  </Button>
                </div>
                {view === "canvas" && whole ? (
                  <Canvas
                    doc={doc}
                    faults={faults}
                    selected={selected}
                    seen={seen}
                    dark={window.document.documentElement.dataset.theme === "dark"}
                    onSelect={setSelected}
                    onChange={setDoc}
                  />
                ) : (
                  <ol className="qf-list" aria-label={t("view.list")}>
                    {doc.steps?.map((one, i) => (
                      <li key={one.id} className={one.id === selected ? "qf-list__on" : undefined}>
                        <button
                          type="button"
                          className="qf-list__step"
                          aria-current={one.id === selected ? "true" : undefined}
                          onClick={() => setSelected(one.id)}
                        >
                          <span className="qf-list__head">
                            <strong>{kinds(`type.${one.type}`, { defaultValue: one.type })}</strong>{" "}
                            <code>{one.id}</code>
                          </span>
                          <span className="qf-list__text">{gist(one, locale)}</span>
                          <span className="qf-list__ways">
                            {waysOf(doc, one)
                              .map((way) => `→ ${way.target}`)
                              .join("  ")}
                          </span>
                        </button>
                        {([-1, 1] as const).map((by) => (
                          <Button
                            key={by}
                            type="text"
                            size="small"
                            aria-label={t(by < 0 ? "up" : "down", { step: one.id })}
                            disabled={by < 0 ? i === 0 : i === doc.steps.length - 1}
                            icon={
                              by < 0 ? <ArrowUp size={14} aria-hidden /> : <ArrowDown size={14} aria-hidden />
                            }
                            onClick={() => setDoc(moveStep(doc, one.id, by))}
                          />
                        ))}
                      </li>
                    ))}
                  </ol>
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
                    {faults.slice(0, 12).map((fault) => (
                      <li key={`${fault.step}${fault.field}${fault.code}`}>
                        <button type="button" className="qf-link" onClick={() => point(fault)}>
                          {view === "yaml" && fault.line
                            ? t("line", { line: fault.line, column: fault.column })
                            : null}{" "}
                          {[fault.step, fault.field].filter(Boolean).join(" · ") || procedure.key}
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
          {view === "yaml" || !whole ? null : step ? (
            <StepForm
              doc={doc}
              step={step}
              procedures={(all ?? [])
                .filter((one) => one.key !== procedure.key)
                .map((one) => ({ value: one.key, label: words(one.name, one.key) }))}
              faults={faults}
              onChange={setDoc}
              onSelect={setSelected}
              onRemove={() => {
                setDoc(removeStep(doc, step.id));
                setSelected(null);
              }}
            />
          ) : (
            <About doc={doc} faults={faults} onChange={setDoc} />
          )}
          <Preview doc={doc} faulty={serious.length > 0} onSeen={setSeen} />
        </div>
      )}
      {versions ? (
        <Versions
          id={procedure.id}
          onClose={() => setVersions(false)}
          onTaken={(next) => {
            taken(next);
            setVersions(false);
          }}
        />
      ) : null}
    </PageFrame>
  );
}
