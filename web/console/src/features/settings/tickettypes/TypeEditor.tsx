import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Alert, Badge, Button, Input, Tabs, Tag } from "antd";
import { Download } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import {
  Field,
  leaveSaved,
  Page,
  problemOf,
  SaveBar,
  Section,
  State,
  useOne,
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import type { Department, Role, Skill } from "../types";
import { ApprovalTab } from "./ApprovalTab";
import { BasicsTab } from "./BasicsTab";
import { EditorProvider } from "./context";
import { FieldsTab } from "./FieldsTab";
import { TypeIcon } from "./icons";
import { type Fault, faultsOf, keyFor, missing, TABS, type Tab, tabOf, wordsIn } from "./model";
import { RoutingTab } from "./RoutingTab";
import { blank } from "./start";
import { download } from "./TicketTypes";
import type { Definition, TicketType, TypeSummary } from "./types";
import type { Chosen } from "./WorkflowCanvas";
import { WorkflowTab } from "./WorkflowTab";
import "./tickettypes.css";

const PATH = "/ticket-types";
type Focus = { tab: Tab; field: number | null; workflow: Chosen };

export default function TypeEditorPage() {
  const { typeKey } = useParams({ strict: false }) as { typeKey: string };
  const isNew = typeKey === "new";
  const found = useOne<TicketType>(isNew ? null : `${PATH}/${typeKey}`, { staleTime: 0 });
  const fresh = useMemo(blank, []);
  return (
    <State
      loading={!isNew && found.isPending}
      error={found.data ? undefined : found.error}
      onRetry={() => void found.refetch()}
    >
      {(isNew || found.data) && (
        <Editor key={typeKey} type={found.data ?? null} fresh={fresh} reload={found.refetch} />
      )}
    </State>
  );
}

function Editor(props: {
  type: TicketType | null;
  fresh: Definition;
  reload: () => Promise<{ data?: TicketType | undefined }>;
}) {
  const t = useT("settings/tickettypes");
  const locale = useLocale();
  const go = useGo();
  const client = useQueryClient();
  const [saved, setSaved] = useState(props.type);
  const [definition, setDefinition] = useState(props.type?.definition ?? props.fresh);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [conflict, setConflict] = useState(false);
  const [tab, setTab] = useState<Tab>("basics");
  const [focus, setFocus] = useState<Focus | null>(null);
  const [ownKey, setOwnKey] = useState("");
  const types = useRows<TypeSummary>(PATH, { archived: true });
  const roles = useRows<Role>("/roles");
  const departments = useRows<Department>("/departments");
  const skills = useRows<Skill>("/skills");
  const source = saved?.definition ?? props.fresh;
  const dirty = definition !== source && JSON.stringify(definition) !== JSON.stringify(source);
  useUnsavedGuard(dirty);

  const change = useCallback((next: Definition | ((old: Definition) => Definition)) => {
    setDefinition(next);
    // What was wrong may be right now; the server says so at the next save.
    setFaults((old) => (old.length ? [] : old));
  }, []);
  const taken = (next: TicketType) => {
    setSaved(next);
    setDefinition(next.definition);
    setFaults([]);
    setConflict(false);
    client.setQueryData([`${PATH}/${next.key}`, "one"], next);
  };
  const key =
    ownKey ||
    keyFor(
      definition.name.en ?? "",
      (types.rows ?? []).map((one) => one.key),
      "type",
    );
  const save = useSubmit(
    async () => {
      try {
        return await (saved
          ? api.put<TicketType>(`${PATH}/${saved.key}`, { definition, revision: saved.revision })
          : api.post<TicketType>(PATH, { key, definition }));
      } catch (reason) {
        const problem = problemOf(reason);
        const overtaken = problem?.code === "ticket.type.changed_meanwhile";
        if (overtaken) setConflict(true);
        if (problem?.fields.length) {
          show(faultsOf(problem.fields));
          return null;
        }
        if (overtaken) return null;
        throw reason;
      }
    },
    {
      stale: [PATH],
      onDone: (next) => {
        if (!next) return;
        taken(next);
        if (!saved) leaveSaved(() => go(`/settings/ticket-types/${next.key}`));
      },
    },
  );
  const show = (found: Fault[]) => {
    setFaults(found);
    if (found[0]) open(found[0]);
  };
  const open = (fault: Fault) => {
    const to = tabOf(fault.path);
    const [, part, at] = fault.path.split(".");
    setTab(to);
    setFocus({
      tab: to,
      field: to === "fields" && part !== undefined ? Number(part) : null,
      workflow:
        part === "transitions" && at !== undefined
          ? { kind: "transition", index: Number(at) }
          : part === "states" && at !== undefined
            ? { kind: "state", key: definition.workflow.states[Number(at)]?.key ?? "" }
            : null,
    });
  };
  const submit = () => {
    const gaps = missing(definition, t("required"));
    if (gaps.length) show(gaps);
    else void save.run();
  };
  const exported = useSubmit(async () => {
    if (saved) download(`${saved.key}.yaml`, await api.get<string>(`${PATH}/${saved.key}/file`));
  });
  const mine = dirty ? JSON.stringify(definition, null, 2) : "";

  return (
    <Page
      wide
      onBack={() => go("/settings/ticket-types")}
      title={
        <span className="tt-option">
          <TypeIcon name={definition.icon} size={18} />
          {wordsIn(definition.name, locale) || t("list.new")}
          {saved && !saved.active && <Tag>{t("list.inactive")}</Tag>}
        </span>
      }
      actions={
        saved && (
          <Button
            icon={<Download size={14} aria-hidden />}
            disabled={dirty}
            onClick={() => void exported.run()}
          >
            {t("list.export")}
          </Button>
        )
      }
    >
      <EditorProvider
        value={{
          definition,
          change,
          faults,
          inUse: saved?.in_use ?? {},
          typeKey: saved?.key ?? null,
          roles: roles.rows,
          departments: departments.rows,
          skills: skills.rows,
        }}
      >
        {conflict && (
          <Alert
            className="qk-gap"
            type="warning"
            showIcon
            title={t("conflict.title")}
            description={t("conflict.text")}
            action={
              <span className="qs-row">
                <Button
                  size="small"
                  onClick={() => download(`${saved?.key ?? "type"}-mine.json`, mine)}
                  disabled={!mine}
                >
                  {t("conflict.keep")}
                </Button>
                <Button
                  size="small"
                  type="primary"
                  onClick={() => void props.reload().then(({ data }) => data && taken(data))}
                >
                  {t("conflict.theirs")}
                </Button>
              </span>
            }
          />
        )}
        {faults.length > 0 && (
          <Alert
            className="qk-gap"
            type="error"
            showIcon
            title={t("faults", { count: faults.length })}
            description={
              <ul className="tt-faults">
                {faults.slice(0, 8).map((fault) => (
                  <li key={fault.path + fault.message}>
                    <button type="button" className="tt-link" onClick={() => open(fault)}>
                      {placeOf(fault.path, definition, locale, t)}
                    </button>
                    {t("colon")}
                    {fault.message}
                  </li>
                ))}
              </ul>
            }
          />
        )}
        {!saved && (
          <Section>
            <div className="tt-narrow">
              <Field label={t("basics.key")} htmlFor="type-key" help={t("basics.keyHelp")}>
                <Input
                  id="type-key"
                  className="tt-mono"
                  maxLength={40}
                  value={key}
                  onChange={(event) => setOwnKey(event.target.value.toLowerCase().replace(/[^a-z0-9_]/g, ""))}
                />
              </Field>
            </div>
          </Section>
        )}
        <Tabs
          activeKey={tab}
          onChange={(next) => setTab(next as Tab)}
          destroyOnHidden
          items={TABS.map((one) => {
            const count = faults.filter((fault) => tabOf(fault.path) === one).length;
            const of = { fields: definition.fields.length, workflow: definition.workflow.states.length };
            return {
              key: one,
              label: (
                <Badge count={count} size="small" offset={[8, 0]}>
                  {t(`tab.${one}`)}
                  {one in of && <span className="qk-muted qk-num"> {of[one as keyof typeof of]}</span>}
                </Badge>
              ),
              children:
                one === "basics" ? (
                  <BasicsTab />
                ) : one === "fields" ? (
                  <FieldsTab focus={focus?.field ?? null} />
                ) : one === "workflow" ? (
                  <WorkflowTab focus={focus?.workflow ?? null} />
                ) : one === "routing" ? (
                  <RoutingTab />
                ) : (
                  <ApprovalTab />
                ),
            };
          })}
        />
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={() => {
            setDefinition(source);
            setFaults([]);
          }}
          {...(saved ? {} : { saveText: t("create") })}
        />
      </EditorProvider>
    </Page>
  );
}

/** `workflow.transitions.2.to` as words: which tab, which part by its name. */
function placeOf(
  path: string,
  definition: Definition,
  locale: "zh-CN" | "en",
  t: (key: string) => string,
): string {
  const parts = path.split(".");
  const tab = t(`tab.${tabOf(path)}`);
  const named =
    parts[0] === "fields"
      ? definition.fields[Number(parts[1])]?.label
      : parts[1] === "states"
        ? definition.workflow.states[Number(parts[2])]?.label
        : parts[1] === "transitions"
          ? definition.workflow.transitions[Number(parts[2])]?.label
          : parts[1] === "steps"
            ? definition.approval?.steps[Number(parts[2])]?.label
            : undefined;
  const name = wordsIn(named, locale);
  return name ? `${tab} · ${name}` : tab;
}
