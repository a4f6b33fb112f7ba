import { Button, Dropdown, Tabs, Tag } from "antd";
import { ArrowDown, ArrowUp, GripVertical, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { Dot, Page, State, useConfirm, useRows, useSubmit } from "../kit";
import { sentence } from "../kit/conditions";
import type { Calendar } from "../types";
import { Breaches } from "./Breaches";
import { useFacts } from "./facts";
import { promises, showMinutes } from "./model";
import { Reasons } from "./Reasons";
import { KINDS, type Policy, PRIORITIES } from "./types";
import "./sla.css";

const PATH = "/sla/policies";

export default function Policies() {
  const t = useT("settings/sla");
  const go = useGo();
  return (
    <Page
      wide
      title={t("title")}
      description={t("description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/settings/sla/new")}>
          {t("new")}
        </Button>
      }
    >
      <Tabs
        destroyOnHidden
        items={[
          { key: "policies", label: t("tab.policies"), children: <PolicyList /> },
          { key: "breaches", label: t("tab.breaches"), children: <Breaches /> },
          { key: "reasons", label: t("tab.reasons"), children: <Reasons /> },
        ]}
      />
    </Page>
  );
}

function PolicyList() {
  const t = useT("settings/sla");
  const go = useGo();
  const policies = useRows<Policy>(PATH);
  const [held, setHeld] = useState<string | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [told, setTold] = useState("");
  const order = useSubmit((ids: string[]) => api.put<Policy[]>(`${PATH}/order`, { ids }), { stale: [PATH] });
  const rows = policies.rows ?? [];
  const from = rows.findIndex((policy) => policy.id === held);
  const shown = from >= 0 && over !== null ? put(rows, from, over) : rows;
  const move = (index: number, to: number) => {
    if (to < 0 || to >= rows.length || to === index) return;
    setTold(t("movedTo", { name: rows[index]?.name ?? "", n: to + 1 }));
    void order.run(put(rows, index, to).map((policy) => policy.id));
  };
  return (
    <State
      loading={policies.isPending}
      error={policies.error}
      onRetry={() => void policies.refetch()}
      empty={rows.length === 0}
      emptyTitle={t("empty")}
      emptyText={t("emptyText")}
      emptyAction={<Button onClick={() => go("/settings/sla/new")}>{t("new")}</Button>}
    >
      <p className="qsl-hint">{t("orderHint")}</p>
      <ol className="qsl-list" aria-label={t("tab.policies")}>
        {shown.map((policy, at) => (
          <li
            key={policy.id}
            className={policy.id === held ? "qsl-row qsl-held" : "qsl-row"}
            onDragOver={(event) => {
              if (held === null) return;
              event.preventDefault();
              if (over !== at) setOver(at);
            }}
            onDrop={(event) => event.preventDefault()}
          >
            {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows beside it do the same by keyboard */}
            <span
              className="qsl-grip"
              draggable
              title={t("drag")}
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", policy.id);
                setHeld(policy.id);
              }}
              onDragEnd={(event) => {
                if (event.dataTransfer.dropEffect !== "none" && over !== null) move(from, over);
                setHeld(null);
                setOver(null);
              }}
            >
              <GripVertical size={15} aria-hidden />
            </span>
            <PolicyRow policy={policy} place={at} count={rows.length} onMove={(to) => move(at, to)} />
          </li>
        ))}
      </ol>
      <span className="q-sr" role="status">
        {told}
      </span>
    </State>
  );
}

function put<T>(items: T[], from: number, to: number): T[] {
  const rest = items.filter((_, i) => i !== from);
  const one = items[from];
  return one === undefined ? items : [...rest.slice(0, to), one, ...rest.slice(to)];
}

function PolicyRow(props: { policy: Policy; place: number; count: number; onMove: (to: number) => void }) {
  const { policy, place, count, onMove } = props;
  const t = useT("settings/sla");
  const kit = useT("settings/kit");
  const st = useT("settings");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const facts = useFacts(policy.subject);
  const calendars = useRows<Calendar>("/calendars").rows;
  const remove = useSubmit(() => api.delete(`${PATH}/${policy.id}`), { stale: [PATH], done: t("deleted") });
  const calendar = calendars?.find((one) => one.id === policy.calendar_id);
  const open = () => go(`/settings/sla/${policy.id}`);
  return (
    <>
      <div className="qsl-main">
        <div className="qsl-head">
          <button type="button" className="qk-linkish" onClick={open}>
            <strong>{policy.name}</strong>
          </button>
          <Tag>{t(`subject.${policy.subject}`)}</Tag>
          <Dot tone={policy.active ? "ok" : "idle"}>{t(policy.active ? "active" : "inactive")}</Dot>
          {policy.open_clocks > 0 && (
            <span className="qk-muted q-num">{t("openClocks", { count: policy.open_clocks })}</span>
          )}
        </div>
        <div className="qsl-when">
          <span className="qk-muted">{t("appliesTo")}</span> {sentence(policy.conditions, facts, kit)}
        </div>
        <div className="qsl-tags">
          {KINDS.filter((kind) => promises(policy.targets[kind])).map((kind) => (
            <Tag key={kind} className="q-num">
              {t(`kind.${kind}`)}{" "}
              {PRIORITIES.map(
                (priority) => showMinutes(policy.targets[kind]?.minutes[priority], locale) || "–",
              ).join(" / ")}
            </Tag>
          ))}
          {calendar && <Tag>{calendar.name}</Tag>}
          {policy.ladder.length > 0 && <Tag>{t("steps", { count: policy.ladder.length })}</Tag>}
        </div>
      </div>
      <div className="qsl-act">
        <Button
          type="text"
          size="small"
          disabled={place === 0}
          icon={<ArrowUp size={15} aria-hidden />}
          aria-label={t("up", { name: policy.name })}
          onClick={() => onMove(place - 1)}
        />
        <Button
          type="text"
          size="small"
          disabled={place === count - 1}
          icon={<ArrowDown size={15} aria-hidden />}
          aria-label={t("down", { name: policy.name })}
          onClick={() => onMove(place + 1)}
        />
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "edit", label: st("kit.edit"), onClick: open },
              {
                key: "copy",
                label: t("duplicate"),
                onClick: () => go(`/settings/sla/new?from=${policy.id}`),
              },
              {
                key: "delete",
                danger: true,
                label: st("kit.delete"),
                onClick: () =>
                  confirm({
                    title: t("deleteTitle", { name: policy.name }),
                    text: t("deleteText", { count: policy.open_clocks }),
                    ok: st("kit.delete"),
                    run: () => remove.run(),
                  }),
              },
            ],
          }}
        >
          <Button
            type="text"
            size="small"
            icon={<MoreHorizontal size={16} />}
            aria-label={st("kit.actionsFor", { name: policy.name })}
          />
        </Dropdown>
      </div>
    </>
  );
}
