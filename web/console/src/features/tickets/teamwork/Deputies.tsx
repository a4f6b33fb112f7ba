import { Button, DatePicker, Form, Input, Modal, Popconfirm, Tag } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { UserRoundCheck } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { minuteTime } from "@/lib/format";
import { Panel } from "@/ui/Page";
import { Fetched } from "@/ui/states";
import { PersonPicker } from "../fields/pickers";
import type { DeputyView } from "./types";

/** Who decides while the reader is away, and for whom the reader does. */
export function Deputies() {
  const t = useT("tickets/teamwork");
  const [naming, setNaming] = useState(false);
  const deputies = useGet<{ mine: DeputyView[]; standing_in: DeputyView[] }>("/approvals/deputies");
  return (
    <Panel
      title={t("deputies.title")}
      hint={t("deputies.hint")}
      extra={
        <Button icon={<UserRoundCheck size={14} aria-hidden />} onClick={() => setNaming(true)}>
          {t("deputies.name")}
        </Button>
      }
    >
      <Fetched query={deputies} compact>
        {(found) => (
          <>
            {found.mine.length === 0 ? <p className="qw-hint">{t("deputies.none")}</p> : null}
            <ul className="qw-deputies">
              {found.mine.map((one) => (
                <Item key={one.id} one={one} mine />
              ))}
              {found.standing_in.map((one) => (
                <Item key={one.id} one={one} />
              ))}
            </ul>
          </>
        )}
      </Fetched>
      {naming ? <NameDeputy onClose={() => setNaming(false)} /> : null}
    </Panel>
  );
}

function Item({ one, mine }: { one: DeputyView; mine?: boolean }) {
  const t = useT("tickets/teamwork");
  const locale = useLocale();
  const end = useAct(() => api.delete(`/approvals/deputies/${one.id}`), {
    invalidates: ["/approvals/deputies"],
  });
  return (
    <li>
      <div>
        <span>
          {mine
            ? t("deputies.mine", { name: one.deputy.name ?? t("gone") })
            : t("deputies.for", { name: one.user.name ?? t("gone") })}
        </span>{" "}
        <Tag color={one.active ? "green" : "default"}>
          {t(one.active ? "deputies.now" : "deputies.later")}
        </Tag>
        <div className="qw-hint">
          {t("deputies.span", {
            from: minuteTime(one.from_at, locale),
            until: minuteTime(one.until_at, locale),
          })}
          {one.note ? t("colon_text", { text: one.note }) : null}
        </div>
      </div>
      {mine ? (
        <Popconfirm
          title={t("deputies.ask_end")}
          okText={t("ok")}
          cancelText={t("cancel")}
          onConfirm={() => end.mutate(undefined)}
        >
          <Button size="small" type="text" loading={end.isPending}>
            {t("deputies.end")}
          </Button>
        </Popconfirm>
      ) : null}
    </li>
  );
}

function NameDeputy({ onClose }: { onClose: () => void }) {
  const t = useT("tickets/teamwork");
  const [deputy, setDeputy] = useState<Id | null>(null);
  const [span, setSpan] = useState<[Dayjs, Dayjs] | null>(null);
  const [note, setNote] = useState("");
  const save = useAct(
    () =>
      api.post("/approvals/deputies", {
        deputy_id: deputy,
        from_at: span?.[0].toISOString(),
        until_at: span?.[1].toISOString(),
        note: note.trim(),
      }),
    { quiet: true, invalidates: ["/approvals/deputies"], onSuccess: onClose },
  );
  return (
    <Modal
      open
      title={t("deputies.name")}
      okText={t("save")}
      cancelText={t("cancel")}
      okButtonProps={{ disabled: !deputy || !span, loading: save.isPending }}
      onOk={() => save.mutate(undefined)}
      onCancel={onClose}
    >
      <Form layout="vertical" component="div">
        <Form.Item label={t("deputies.who")} required htmlFor="deputy-who">
          <PersonPicker id="deputy-who" value={deputy} onChange={setDeputy} autoFocus />
        </Form.Item>
        <Form.Item label={t("deputies.when")} required htmlFor="deputy-when">
          <DatePicker.RangePicker
            id="deputy-when"
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            style={{ width: "100%" }}
            value={span}
            minDate={dayjs().startOf("day")}
            onChange={(value) => setSpan(value?.[0] && value[1] ? [value[0], value[1]] : null)}
          />
        </Form.Item>
        <Form.Item label={t("deputies.note")} htmlFor="deputy-note">
          <Input
            id="deputy-note"
            maxLength={300}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </Form.Item>
        {save.error ? (
          <div role="alert" className="qw-late">
            {sentenceOf(save.error)}
          </div>
        ) : null}
      </Form>
    </Modal>
  );
}
