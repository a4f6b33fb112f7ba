import { Button, Input, Modal, Tag, Upload } from "antd";
import { FileUp, Plus, Wrench } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  Field,
  Page,
  problemOf,
  useConfirm,
  useRows,
  useSubmit,
} from "../settings/kit";
import type { FlowItem, FlowView } from "./types";
import "./flows.css";

export default function FlowsPage() {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const go = useGo();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const { rows, isPending, error, refetch } = useRows<FlowItem>("/bot/flows");
  const create = useSubmit((body: object) => api.post<FlowView>("/bot/flows", body), {
    stale: ["/bot/flows"],
    onDone: (flow) => go(`/flows/${flow.id}`),
  });
  const [refused, setRefused] = useState<{ name: string; lines: string[] } | null>(null);
  const bring = useSubmit(
    async (file: File) => {
      try {
        return await api.post<FlowView>("/bot/flows", { yaml: await file.text() });
      } catch (reason) {
        const fields = problemOf(reason)?.fields ?? [];
        if (fields.length === 0) throw reason;
        // Of a file that cannot be read the message says where; else the field does.
        const lines = fields.map((one) =>
          one.field === "yaml" ? one.message : `${one.field}: ${one.message}`,
        );
        setRefused({ name: file.name, lines });
        return null;
      }
    },
    { stale: ["/bot/flows"], onDone: (flow) => flow && go(`/flows/${flow.id}`) },
  );
  const remove = useSubmit((id: string) => api.delete(`/bot/flows/${id}`), {
    stale: ["/bot/flows"],
    done: t("deleted"),
  });
  const columns: Column<FlowItem>[] = [
    {
      key: "name",
      title: t("field.name"),
      fixedIn: true,
      render: (_, flow) => (
        <>
          <strong>{flow.name[locale] ?? flow.key}</strong>
          <div className="qf-hint">{flow.description?.[locale] ?? flow.key}</div>
        </>
      ),
    },
    {
      key: "state",
      title: t("state"),
      render: (_, flow) => (
        <>
          {flow.published ? <Tag color="success">v{flow.published}</Tag> : <Tag>{t("not_published")}</Tag>}
          {flow.published && flow.changed ? <Tag color="warning">{t("changed")}</Tag> : null}
          {flow.faults ? <Tag color="error">{t("faults", { n: flow.faults })}</Tag> : null}
        </>
      ),
    },
    {
      key: "runs",
      title: t("runs"),
      render: (_, flow) =>
        Object.entries(flow.runs)
          .map(([outcome, n]) => `${t(`outcome.${outcome}`)} ${n}`)
          .join(" · ") || "—",
    },
    { key: "updated", title: t("updated"), render: (_, flow) => <RelativeTime at={flow.updated_at} /> },
    {
      key: "act",
      title: "",
      fixedIn: true,
      render: (_, flow) =>
        flow.published ? null : (
          <Button
            size="small"
            type="text"
            danger
            onClick={(event) => {
              event.stopPropagation();
              confirm({
                title: t("delete_title", { name: flow.name[locale] ?? flow.key }),
                text: t("delete_text"),
                ok: t("delete"),
                run: () => remove.run(flow.id),
              });
            }}
          >
            {t("delete")}
          </Button>
        ),
    },
  ];
  return (
    <Page
      wide
      title={t("nav")}
      description={t("about")}
      actions={
        <>
          <Button icon={<Wrench size={14} aria-hidden />} onClick={() => go("/flows/tools")}>
            {t("tools")}
          </Button>
          <Upload
            accept=".yaml,.yml,.json"
            showUploadList={false}
            beforeUpload={(file) => {
              void bring.run(file);
              return false;
            }}
          >
            <Button icon={<FileUp size={14} aria-hidden />}>{t("import")}</Button>
          </Upload>
          <Button type="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setMaking(true)}>
            {t("new")}
          </Button>
        </>
      }
    >
      <DataTable
        id="flows"
        label={t("nav")}
        rows={rows}
        columns={columns}
        rowKey="id"
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        onOpen={(flow) => go(`/flows/${flow.id}`)}
        emptyTitle={t("empty")}
        emptyText={t("about")}
      />
      <Modal
        open={refused !== null}
        title={t("import_refused", { name: refused?.name ?? "" })}
        footer={null}
        onCancel={() => setRefused(null)}
      >
        <ul>
          {refused?.lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Modal>
      <Modal
        open={making}
        mask={{ closable: false }}
        title={t("new")}
        okText={t("create")}
        cancelText={t("cancel")}
        okButtonProps={{ disabled: !/^[a-z][a-z0-9_]{0,39}$/.test(key), loading: create.busy }}
        onCancel={() => setMaking(false)}
        onOk={() => void create.run({ key, name: name.trim() || key })}
      >
        <Field label={t("field.name")} htmlFor="qf-new-name">
          <Input
            id="qf-new-name"
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <Field label={t("field.key")} htmlFor="qf-new-key" help={t("field.id_help")}>
          <Input
            id="qf-new-key"
            className="qf-mono"
            value={key}
            maxLength={40}
            onChange={(event) => setKey(event.target.value)}
          />
        </Field>
      </Modal>
    </Page>
  );
}
