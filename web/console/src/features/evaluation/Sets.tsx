import { Button, Input, Modal, Tag } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Field, Page, usePages, useSubmit } from "../settings/kit";
import { share } from "./model";
import type { TestSet } from "./types";

export default function Sets() {
  const t = useT("evaluation");
  const locale = useLocale();
  const go = useGo();
  const [making, setMaking] = useState(false);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const sets = usePages<TestSet>("/evaluation/sets", {});
  const create = useSubmit(() => api.post<TestSet>("/evaluation/sets", { name, description }), {
    stale: ["/evaluation/sets"],
    onDone: (made) => go(`/evaluation/sets/${made.id}`),
  });
  const number = (value: number | null | undefined) => <span className="qk-num">{share(value, locale)}</span>;
  const columns: Column<TestSet>[] = [
    {
      key: "name",
      title: t("set.name"),
      fixedIn: true,
      render: (_, set) => (
        <>
          <strong>{set.name}</strong> {set.gate && <Tag color="processing">{t("set.gate")}</Tag>}
          <div className="qk-muted ev-wide">{set.description}</div>
        </>
      ),
    },
    {
      key: "cases",
      title: t("set.cases"),
      align: "right",
      render: (_, set) => (
        <span className="qk-num" title={t("set.outOfScope", { count: set.out_of_scope })}>
          {integer(set.cases, locale)}
        </span>
      ),
    },
    {
      key: "accuracy",
      title: t("figure.accuracy"),
      align: "right",
      render: (_, set) => number(set.last?.figures?.accuracy),
    },
    {
      key: "coverage",
      title: t("figure.coverage"),
      align: "right",
      render: (_, set) => number(set.last?.figures?.coverage),
    },
    {
      key: "right",
      title: t("figure.right_of_answered"),
      align: "right",
      render: (_, set) => number(set.last?.figures?.right_of_answered),
    },
    {
      key: "last",
      title: t("set.lastRun"),
      render: (_, set) => (set.last ? <RelativeTime at={set.last.created_at} /> : "–"),
    },
  ];
  const add = (
    <Button type="primary" icon={<Plus size={15} />} onClick={() => setMaking(true)}>
      {t("set.new")}
    </Button>
  );
  return (
    <Page wide title={t("nav.sets")} description={t("set.description")}>
      <DataTable
        id="evaluation-sets"
        label={t("nav.sets")}
        rows={sets.rows}
        rowKey="id"
        columns={columns}
        loading={sets.loading}
        error={sets.error}
        onRetry={() => void sets.refetch()}
        more={sets.more}
        onOpen={(set) => go(`/evaluation/sets/${set.id}`)}
        actions={add}
        emptyTitle={t("set.empty")}
        emptyText={t("set.emptyText")}
        emptyAction={add}
      />
      <Modal
        open={making}
        mask={{ closable: false }}
        title={t("set.new")}
        okText={t("set.create")}
        confirmLoading={create.busy}
        okButtonProps={{ disabled: !name.trim() }}
        onOk={() => void create.run()}
        onCancel={() => setMaking(false)}
      >
        <Field label={t("set.name")} required htmlFor="set-name">
          <Input id="set-name" maxLength={80} value={name} onChange={(e) => setName(e.target.value)} />
        </Field>
        <Field label={t("set.about")} htmlFor="set-about">
          <Input.TextArea
            id="set-about"
            maxLength={500}
            rows={3}
            value={description}
            onChange={(e) => setDescription(e.target.value)}
          />
        </Field>
      </Modal>
    </Page>
  );
}
