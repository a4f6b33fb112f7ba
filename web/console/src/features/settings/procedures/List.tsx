import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Tag, Upload } from "antd";
import { FileUp, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { useWords } from "../../tickets/bits";
import { type Column, DataTable, Field, Page, useConfirm, useRows, useSubmit } from "../kit";
import { keyIn, type ProcedureItem, type ProcedureView } from "./model";

/** Standard procedures: which there are, which are in use, how they went lately. */
export default function ProceduresPage() {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const words = useWords();
  const go = useGo();
  const confirm = useConfirm();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const { rows, isPending, error, refetch } = useRows<ProcedureItem>("/procedures");
  const create = useSubmit((body: object) => api.post<ProcedureView>("/procedures", body), {
    stale: ["/procedures"],
    onDone: (made) => go(`/settings/procedures/${made.id}`),
  });
  const takeIn = async (yaml: string) => {
    try {
      const made = await api.post<ProcedureView>("/procedures", { yaml });
      void client.invalidateQueries({ queryKey: ["/procedures"] });
      go(`/settings/procedures/${made.id}`);
    } catch (reason) {
      const taken = reason instanceof Problem && reason.code === "sop.key_taken";
      const same = taken ? rows?.find((one) => one.key === keyIn(yaml)) : undefined;
      if (!same) {
        // What is wrong is in the file: nothing on this screen could be marked.
        toast.error((reason instanceof Problem && reason.fields[0]?.message) || sentenceOf(reason));
        return;
      }
      confirm({
        title: t("replace_title", { name: words(same.name, same.key) }),
        text: t("replace_text"),
        ok: t("replace"),
        run: () => replace.run(same.id, yaml),
      });
    }
  };
  const replace = useSubmit(
    async (id: string, yaml: string) => {
      const { revision } = await api.get<ProcedureView>(`/procedures/${id}`);
      return api.put<ProcedureView>(`/procedures/${id}/draft`, { revision, yaml });
    },
    { stale: ["/procedures"], done: t("saved"), onDone: (kept) => go(`/settings/procedures/${kept.id}`) },
  );
  const remove = useSubmit((id: string) => api.delete(`/procedures/${id}`), {
    stale: ["/procedures"],
    done: t("deleted"),
  });
  const columns: Column<ProcedureItem>[] = [
    {
      key: "name",
      title: t("field.name"),
      fixedIn: true,
      render: (_, one) => (
        <>
          <strong>{words(one.name, one.key)}</strong>
          <div className="qf-hint">{words(one.description, one.key)}</div>
        </>
      ),
    },
    {
      key: "state",
      title: t("state"),
      render: (_, one) => (
        <>
          {one.published ? <Tag color="success">v{one.published}</Tag> : <Tag>{t("not_published")}</Tag>}
          {one.published && one.changed ? <Tag color="warning">{t("changed")}</Tag> : null}
          {one.faults ? <Tag color="error">{t("faults", { n: one.faults })}</Tag> : null}
        </>
      ),
    },
    { key: "steps", title: t("steps"), render: (_, one) => one.steps },
    {
      key: "runs",
      title: t("runs"),
      render: (_, one) =>
        Object.entries(one.runs)
          .map(([state, n]) => `${kinds(`state.${state}`)} ${n}`)
          .join(" · ") || "—",
    },
    { key: "updated", title: t("updated"), render: (_, one) => <RelativeTime at={one.updated_at} /> },
    {
      key: "act",
      title: "",
      fixedIn: true,
      render: (_, one) =>
        one.published ? null : (
          <Button
            size="small"
            type="text"
            danger
            onClick={(event) => {
              event.stopPropagation();
              confirm({
                title: t("delete_title", { name: words(one.name, one.key) }),
                text: t("delete_text"),
                ok: t("delete"),
                run: () => remove.run(one.id),
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
      title={t("title")}
      description={t("about")}
      actions={
        <>
          <Upload
            accept=".yaml,.yml,.json"
            showUploadList={false}
            beforeUpload={(file) => {
              void file.text().then(takeIn);
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
        id="procedures"
        label={t("title")}
        rows={rows}
        columns={columns}
        rowKey="id"
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        onOpen={(one) => go(`/settings/procedures/${one.id}`)}
        emptyTitle={t("empty")}
        emptyText={t("about")}
      />
      <Modal
        open={making}
        title={t("new")}
        okText={t("create")}
        cancelText={kinds("cancel")}
        okButtonProps={{ disabled: !/^[a-z][a-z0-9_]{0,39}$/.test(key), loading: create.busy }}
        onCancel={() => setMaking(false)}
        onOk={() => void create.run({ key, name: name.trim() || key })}
      >
        <Field label={t("field.name")} htmlFor="qp-new-name">
          <Input
            id="qp-new-name"
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <Field label={t("field.key")} htmlFor="qp-new-key" help={t("field.id_help")}>
          <Input
            id="qp-new-key"
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
