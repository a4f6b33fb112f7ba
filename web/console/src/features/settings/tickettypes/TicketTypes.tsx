import { Button, Dropdown, Input, Modal, Switch, Tag, Tooltip, Upload } from "antd";
import { ArrowDown, ArrowUp, GripVertical, MoreHorizontal, Plus, Upload as UploadIcon } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { Field, FormProblem, Page, State, useConfirm, useDraft, useRows, useSubmit } from "../kit";
import { TypeIcon } from "./icons";
import { keyFor, moved, setWords, wordsIn } from "./model";
import { PortalNotice } from "./PortalNotice";
import { copyName } from "./start";
import type { TicketType, TypeSummary, Words } from "./types";
import "./tickettypes.css";

const PATH = "/ticket-types";

export function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export default function TicketTypes() {
  const t = useT("settings/tickettypes");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const types = useRows<TypeSummary>(PATH, { archived: true });
  const [order, setOrder] = useState<TypeSummary[] | null>(null);
  const [held, setHeld] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const [copying, setCopying] = useState<TypeSummary | null>(null);
  const [importing, setImporting] = useState<string | null>(null);
  const rows = order ?? types.rows;

  const reorder = useSubmit(
    (next: TypeSummary[]) => api.post(`${PATH}/order`, { keys: next.map((type) => type.key) }),
    { stale: [PATH] },
  );
  const switchOn = useSubmit(
    (type: TypeSummary, active: boolean) => api.post(`${PATH}/${type.key}/archive`, { active }),
    { stale: [PATH] },
  );
  const exported = useSubmit(async (type: TypeSummary) => {
    download(`${type.key}.yaml`, await api.get<string>(`${PATH}/${type.key}/file`));
  });
  const place = async (next: TypeSummary[], moving: TypeSummary) => {
    setOrder(next);
    setTold(t("list.movedTo", { name: wordsIn(moving.name, locale), n: next.indexOf(moving) + 1 }));
    await reorder.run(next);
    await types.refetch();
    setOrder(null);
  };
  const shift = (type: TypeSummary, by: number) => {
    if (!rows) return;
    const from = rows.indexOf(type);
    if (from + by >= 0 && from + by < rows.length) void place(moved(rows, from, from + by), type);
  };
  const setActive = (type: TypeSummary, active: boolean) => {
    if (active || type.tickets === 0) void switchOn.run(type, active);
    else
      confirm({
        title: t("list.offTitle", { name: wordsIn(type.name, locale) }),
        text: t("list.offText", { count: type.tickets }),
        ok: t("list.off"),
        run: () => switchOn.run(type, active),
      });
  };

  return (
    <Page
      title={t("title")}
      description={t("text")}
      actions={
        <>
          <Upload
            accept=".yaml,.yml"
            showUploadList={false}
            beforeUpload={(file) => {
              void file.text().then(setImporting);
              return false;
            }}
          >
            <Button icon={<UploadIcon size={14} aria-hidden />}>{t("list.import")}</Button>
          </Upload>
          <Button
            type="primary"
            icon={<Plus size={14} aria-hidden />}
            onClick={() => go("/settings/ticket-types/new")}
          >
            {t("list.new")}
          </Button>
        </>
      }
    >
      <PortalNotice />
      <State
        loading={types.isPending}
        error={types.rows ? undefined : types.error}
        onRetry={() => void types.refetch()}
        empty={rows?.length === 0}
        emptyTitle={t("list.empty")}
        emptyText={t("list.emptyText")}
      >
        <ol className="tt-list" aria-label={t("title")}>
          {(rows ?? []).map((type, index) => (
            <li
              key={type.key}
              className={`tt-row ${held === type.key ? "tt-held" : ""} ${type.active ? "" : "tt-off"}`}
              onDragOver={(event) => {
                if (held === null || !rows) return;
                event.preventDefault();
                const from = rows.findIndex((one) => one.key === held);
                if (from >= 0 && from !== index) setOrder(moved(rows, from, index));
              }}
              onDrop={(event) => event.preventDefault()}
            >
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons beside it do the same by keyboard */}
              <span
                className="tt-grip"
                draggable
                title={t("list.drag")}
                onDragStart={(event) => {
                  event.dataTransfer.effectAllowed = "move";
                  event.dataTransfer.setData("text/plain", type.key);
                  setHeld(type.key);
                }}
                onDragEnd={(event) => {
                  setHeld(null);
                  if (event.dataTransfer.dropEffect === "none") setOrder(null);
                  else if (order) void place(order, type);
                }}
              >
                <GripVertical size={16} aria-hidden />
              </span>
              <span className="tt-icon">
                <TypeIcon name={type.icon} size={18} />
              </span>
              <button
                type="button"
                className="tt-name"
                onClick={() => go(`/settings/ticket-types/${type.key}`)}
              >
                <strong>{wordsIn(type.name, locale)}</strong>
                <small>{wordsIn(type.description, locale)}</small>
              </button>
              <code className="tt-prefix" translate="no">
                {type.prefix}-
              </code>
              {type.open_to_customers && <Tag>{t("list.portal")}</Tag>}
              <span className="tt-count qk-num">{t("list.open", { count: type.tickets })}</span>
              <Switch
                checked={type.active}
                aria-label={t("list.activeFor", { name: wordsIn(type.name, locale) })}
                onChange={(on) => setActive(type, on)}
              />
              <span className="tt-moves">
                <Tooltip title={t("up")}>
                  <Button
                    type="text"
                    size="small"
                    disabled={index === 0}
                    icon={<ArrowUp size={14} />}
                    aria-label={t("list.upFor", { name: wordsIn(type.name, locale) })}
                    onClick={() => shift(type, -1)}
                  />
                </Tooltip>
                <Tooltip title={t("down")}>
                  <Button
                    type="text"
                    size="small"
                    disabled={index === (rows?.length ?? 0) - 1}
                    icon={<ArrowDown size={14} />}
                    aria-label={t("list.downFor", { name: wordsIn(type.name, locale) })}
                    onClick={() => shift(type, 1)}
                  />
                </Tooltip>
                <Dropdown
                  trigger={["click"]}
                  menu={{
                    items: [
                      {
                        key: "edit",
                        label: t("edit"),
                        onClick: () => go(`/settings/ticket-types/${type.key}`),
                      },
                      { key: "copy", label: t("list.copy"), onClick: () => setCopying(type) },
                      { key: "export", label: t("list.export"), onClick: () => void exported.run(type) },
                    ],
                  }}
                >
                  <Button
                    type="text"
                    size="small"
                    icon={<MoreHorizontal size={16} />}
                    aria-label={t("list.actionsFor", { name: wordsIn(type.name, locale) })}
                  />
                </Dropdown>
              </span>
            </li>
          ))}
        </ol>
      </State>
      <p className="tt-sr" aria-live="polite">
        {told}
      </p>
      {copying && <CopyDialog type={copying} taken={rows ?? []} onClose={() => setCopying(null)} />}
      {importing !== null && (
        <ImportDialog text={importing} types={types.rows ?? []} onClose={() => setImporting(null)} />
      )}
    </Page>
  );
}

function CopyDialog(props: { type: TypeSummary; taken: TypeSummary[]; onClose: () => void }) {
  const t = useT("settings/tickettypes");
  const go = useGo();
  const { type, taken } = props;
  const [name, setName] = useState<Words>(() => copyName(type.name));
  const save = useSubmit(
    () =>
      api.post<TicketType>(`${PATH}/${type.key}/duplicate`, {
        key: keyFor(
          type.key,
          taken.map((one) => one.key),
          "type",
        ),
        name,
      }),
    {
      stale: [PATH],
      onDone: (made) => {
        props.onClose();
        go(`/settings/ticket-types/${made.key}`);
      },
    },
  );
  return (
    <Modal
      open
      title={t("list.copy")}
      okText={t("create")}
      cancelText={t("cancel")}
      confirmLoading={save.busy}
      okButtonProps={{ disabled: !name["zh-CN"] && !name.en }}
      onCancel={props.onClose}
      onOk={() => void save.run()}
    >
      {(["zh-CN", "en"] as const).map((lang) => (
        <Field key={lang} label={t(`basics.name.${lang}`)} htmlFor={`copy-${lang}`}>
          <Input
            id={`copy-${lang}`}
            maxLength={200}
            value={name[lang] ?? ""}
            onChange={(event) => setName(setWords(name, lang, event.target.value))}
          />
        </Field>
      ))}
    </Modal>
  );
}

function ImportDialog(props: { text: string; types: TypeSummary[]; onClose: () => void }) {
  const t = useT("settings/tickettypes");
  const locale = useLocale();
  const go = useGo();
  const draft = useDraft({ yaml: props.text });
  const key = /^key:\s*["']?([a-z][a-z0-9_]*)/m.exec(draft.value.yaml)?.[1];
  const same = props.types.find((type) => type.key === key);
  const save = useSubmit(
    () =>
      api.post<TicketType>(`${PATH}/import`, {
        yaml: draft.value.yaml,
        ...(same ? { revision: same.revision } : {}),
      }),
    {
      stale: [PATH],
      draft,
      done: (made) => t("list.imported", { name: wordsIn(made.definition.name, locale) }),
      onDone: (made) => {
        props.onClose();
        go(`/settings/ticket-types/${made.key}`);
      },
    },
  );
  return (
    <Modal
      open
      width={720}
      title={t("list.import")}
      okText={same ? t("list.replace", { name: wordsIn(same.name, locale) }) : t("create")}
      okButtonProps={{ danger: same !== undefined }}
      cancelText={t("cancel")}
      confirmLoading={save.busy}
      onCancel={props.onClose}
      onOk={() => void save.run()}
    >
      <FormProblem problems={draft.problems} />
      <p className="qk-muted">{same ? t("list.replaceText", { key: same.key }) : t("list.importText")}</p>
      <Input.TextArea
        className="tt-mono"
        aria-label={t("list.import")}
        spellCheck={false}
        autoSize={{ minRows: 10, maxRows: 24 }}
        value={draft.value.yaml}
        onChange={(event) => draft.set({ yaml: event.target.value })}
      />
    </Modal>
  );
}
