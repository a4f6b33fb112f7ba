import { Button, Tag } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, Section, usePages, useRows } from "../settings/kit";
import { faultOf } from "./model";
import { OpenApi } from "./OpenApi";
import { type ToolDraft, ToolEditor } from "./ToolEditor";
import { ToolTry } from "./ToolTry";
import type { Tool } from "./types";
import "./flows.css";

interface CallRow {
  id: string;
  tool: string;
  error: string | null;
  detail: string;
  inputs: Record<string, string>;
  output_bytes: number;
  ms: number;
  at: string;
}
/** What flows may call: shipped tools, the company's own connections, and the log of every call. */
export default function ToolsPage() {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const go = useGo();
  const may = useCan("settings.manage");
  const [editing, setEditing] = useState<{ tool: Tool | null; from?: Partial<ToolDraft> } | null>(null);
  const [trying, setTrying] = useState<Tool | null>(null);
  const [openapi, setOpenapi] = useState(false);
  const { rows, isPending, error, refetch } = useRows<Tool>("/bot/tools");
  const calls = usePages<CallRow>("/bot/tools/calls", {});
  const columns: Column<Tool>[] = [
    {
      key: "name",
      title: t("field.name"),
      fixedIn: true,
      render: (_, tool) => (
        <>
          <strong>{tool.spec.title[locale]}</strong> <code>{tool.spec.name}</code>
          <div className="qf-hint">{tool.spec.description[locale]}</div>
        </>
      ),
    },
    {
      key: "kind",
      title: t("field.type"),
      render: (_, tool) => (
        <>
          <Tag>{t(`kind.${tool.kind}`)}</Tag>
          <Tag color={tool.spec.effect === "write" ? "warning" : "default"}>
            {t(`effect.${tool.spec.effect}`)}
          </Tag>
          {tool.active ? null : <Tag>{t("inactive")}</Tag>}
        </>
      ),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      render: (_, tool) =>
        may ? (
          <Button
            size="small"
            onClick={(event) => {
              event.stopPropagation();
              setTrying(tool);
            }}
          >
            {t("try")}
          </Button>
        ) : null,
    },
  ];
  const log: Column<CallRow>[] = [
    { key: "at", title: t("when"), render: (_, call) => <RelativeTime at={call.at} /> },
    { key: "tool", title: t("field.tool"), render: (_, call) => <code>{call.tool}</code> },
    {
      key: "inputs",
      title: t("inputs"),
      render: (_, call) =>
        Object.entries(call.inputs)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
    },
    {
      key: "result",
      title: t("result"),
      render: (_, call) =>
        call.error ? (
          <>
            <Tag color="error">{faultOf(t, call.error)}</Tag> {call.detail}
          </>
        ) : (
          t("bytes", { n: call.output_bytes })
        ),
    },
    { key: "ms", title: "ms", align: "right", render: (_, call) => call.ms },
  ];
  return (
    <Page
      wide
      title={t("tools")}
      description={t("tools_about")}
      onBack={() => go("/flows")}
      actions={
        may ? (
          <>
            <Button onClick={() => setOpenapi(true)}>{t("openapi")}</Button>
            <Button
              type="primary"
              icon={<Plus size={14} aria-hidden />}
              onClick={() => setEditing({ tool: null })}
            >
              {t("new_tool")}
            </Button>
          </>
        ) : null
      }
    >
      <DataTable
        id="tools"
        label={t("tools")}
        rows={rows?.map((tool) => ({ ...tool, key: tool.spec.name }))}
        columns={columns as Column<Tool & { key: string }>[]}
        rowKey="key"
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        {...(may ? { onOpen: (tool: Tool) => (tool.id ? setEditing({ tool }) : setTrying(tool)) } : {})}
      />
      <Section title={t("calls")}>
        <DataTable
          id="tool-calls"
          label={t("calls")}
          rows={calls.rows}
          columns={log}
          rowKey="id"
          loading={calls.loading}
          error={calls.error}
          onRetry={() => void calls.refetch()}
          more={calls.more}
          emptyTitle={t("no_calls")}
        />
      </Section>
      {editing ? (
        <ToolEditor tool={editing.tool} from={editing.from} onClose={() => setEditing(null)} />
      ) : null}
      {trying ? <ToolTry tool={trying} onClose={() => setTrying(null)} /> : null}
      {openapi ? (
        <OpenApi
          onClose={() => setOpenapi(false)}
          onPick={(from) => {
            setOpenapi(false);
            setEditing({ tool: null, from });
          }}
        />
      ) : null}
    </Page>
  );
}
