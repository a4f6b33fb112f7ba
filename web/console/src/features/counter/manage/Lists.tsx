import { Button, Form, Input, InputNumber, Modal, Select, Switch, Tag } from "antd";
import { Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Page } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { EmptyState } from "@/ui/states";
import { counterChanged } from "../api";
import { inWords } from "../model";
import type { Counter, Service, Site } from "../types";

interface Named {
  id: string;
  name: string;
}

/** Lists of the API come whole or by pages. */
function useNamed(path: string): Named[] {
  const found = useGet<Named[] | Page<Named>>(path, { limit: 200 }).data;
  return Array.isArray(found) ? found : (found?.items ?? []);
}

export function ServiceList({ site }: { site: Site }) {
  const t = useT("counter");
  const locale = useLocale();
  const queues = useNamed("/queues");
  const [open, setOpen] = useState<Service | "new" | null>(null);
  return (
    <>
      {site.services.length === 0 ? (
        <EmptyState compact title={t("manage.no_services")} />
      ) : (
        <ul className="qc-rows" aria-label={t("manage.services")}>
          {site.services.map((service) => (
            <li className="qc-row" key={service.id}>
              <strong>{service.prefix}</strong>
              <span className="qc-row__main">
                <span>
                  {inWords(service.name, locale)} {service.active ? null : <Tag>{t("manage.off")}</Tag>}
                </span>
                <span className="q-muted">
                  {queues.find((one) => one.id === service.queue_id)?.name ?? t("form.queue_default")} ·{" "}
                  {t("manage.takes", { n: Math.round(service.handle_s / 60) })} ·{" "}
                  {service.slot_capacity
                    ? t("manage.slots", { minutes: service.slot_minutes, n: service.slot_capacity })
                    : t("manage.no_slots")}
                </span>
              </span>
              <Button
                size="small"
                type="text"
                icon={<Pencil size={14} aria-hidden />}
                aria-label={t("manage.change", { name: inWords(service.name, locale) })}
                onClick={() => setOpen(service)}
              />
            </li>
          ))}
        </ul>
      )}
      <Button icon={<Plus size={15} aria-hidden />} onClick={() => setOpen("new")}>
        {t("manage.add_service")}
      </Button>
      {open ? (
        <ServiceForm
          site={site}
          service={open === "new" ? null : open}
          queues={queues}
          close={() => setOpen(null)}
        />
      ) : null}
    </>
  );
}

interface ServiceFields {
  zh: string;
  en: string;
  prefix: string;
  queue_id: string | null;
  calendar_id: string | null;
  minutes: number;
  slot_minutes: number;
  slot_capacity: number;
  days_ahead: number;
  position: number;
  active: boolean;
}

function ServiceForm(props: { site: Site; service: Service | null; queues: Named[]; close: () => void }) {
  const { site, service, close } = props;
  const t = useT("counter");
  const [form] = Form.useForm<ServiceFields>();
  const calendars = useNamed("/calendars");
  const capacity = Form.useWatch("slot_capacity", form);
  const base = `/counter/manage/sites/${site.id}/services`;
  const save = useAct(
    ({ zh, en, minutes, ...rest }: ServiceFields) => {
      const body = {
        ...rest,
        queue_id: rest.queue_id ?? null,
        calendar_id: rest.calendar_id ?? null,
        name: { "zh-CN": zh?.trim() ?? "", en: en?.trim() ?? "" },
        handle_s: Math.round(minutes * 60),
      };
      return service ? api.put(`${base}/${service.id}`, body) : api.post(base, body);
    },
    {
      onSuccess: () => {
        counterChanged();
        close();
      },
    },
  );
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
  const free = letters.find((one) => !site.services.some((s) => s.active && s.prefix === one)) ?? "";
  return (
    <Modal
      open
      title={t(service ? "manage.change_service" : "manage.add_service")}
      okText={t("save")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={560}
    >
      <Form<ServiceFields>
        name="service"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => save.mutate(fields)}
        initialValues={{
          zh: service?.name["zh-CN"] ?? "",
          en: service?.name.en ?? "",
          prefix: service?.prefix ?? free,
          queue_id: service?.queue_id ?? null,
          calendar_id: service?.calendar_id ?? null,
          minutes: (service?.handle_s ?? 600) / 60,
          slot_minutes: service?.slot_minutes ?? 30,
          slot_capacity: service?.slot_capacity ?? 0,
          days_ahead: service?.days_ahead ?? 14,
          position: service?.position ?? site.services.length,
          active: service?.active ?? true,
        }}
      >
        <div className="qc-grid">
          <Form.Item name="zh" label={t("form.name_zh")}>
            <Input maxLength={60} autoFocus />
          </Form.Item>
          <Form.Item
            name="en"
            label={t("form.name_en")}
            dependencies={["zh"]}
            rules={[
              ({ getFieldValue }) => ({
                validator: (_, value: string) =>
                  value?.trim() || String(getFieldValue("zh") ?? "").trim()
                    ? Promise.resolve()
                    : Promise.reject(new Error(t("form.name_needed"))),
              }),
            ]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item
            name="prefix"
            label={t("form.prefix")}
            extra={t("form.prefix_hint")}
            rules={[{ pattern: /^[A-Za-z]{1,2}$/, required: true, message: t("form.prefix_needed") }]}
          >
            <Input maxLength={2} />
          </Form.Item>
          <Form.Item name="queue_id" label={t("form.queue")} extra={t("form.queue_hint")}>
            <Select
              allowClear
              placeholder={t("form.queue_default")}
              options={props.queues.map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
          <Form.Item name="calendar_id" label={t("form.calendar")}>
            <Select
              allowClear
              placeholder={t("form.always")}
              options={calendars.map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
          <Form.Item name="minutes" label={t("form.minutes")} extra={t("form.minutes_hint")}>
            <InputNumber min={0.5} max={240} step={0.5} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="slot_capacity" label={t("form.capacity")} extra={t("form.capacity_hint")}>
            <InputNumber min={0} max={200} precision={0} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="slot_minutes" label={t("form.slot")}>
            <InputNumber min={5} max={480} precision={0} disabled={!capacity} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="days_ahead" label={t("form.ahead")}>
            <InputNumber min={0} max={180} precision={0} disabled={!capacity} style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="position" label={t("form.position")}>
            <InputNumber min={0} max={1000} precision={0} style={{ width: "100%" }} />
          </Form.Item>
        </div>
        <Form.Item name="active" label={t("form.active")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function CounterList({ site }: { site: Site }) {
  const t = useT("counter");
  const locale = useLocale();
  const [open, setOpen] = useState<Counter | "new" | null>(null);
  return (
    <>
      {site.counters.length === 0 ? (
        <EmptyState compact title={t("manage.no_counters")} />
      ) : (
        <ul className="qc-rows" aria-label={t("manage.counters")}>
          {site.counters.map((counter) => (
            <li className="qc-row" key={counter.id}>
              <strong>{t("counter_name", { name: counter.name })}</strong>
              <span className="qc-row__main">
                <span className="q-muted">
                  {counter.service_ids.length
                    ? site.services
                        .filter((one) => counter.service_ids.includes(one.id))
                        .map((one) => inWords(one.name, locale))
                        .join(t("list_separator"))
                    : t("all_services")}
                </span>
              </span>
              {counter.staff_name ? <Tag color="green">{counter.staff_name}</Tag> : null}
              {counter.active ? null : <Tag>{t("manage.off")}</Tag>}
              <Button
                size="small"
                type="text"
                icon={<Pencil size={14} aria-hidden />}
                aria-label={t("manage.change", { name: counter.name })}
                onClick={() => setOpen(counter)}
              />
            </li>
          ))}
        </ul>
      )}
      <Button icon={<Plus size={15} aria-hidden />} onClick={() => setOpen("new")}>
        {t("manage.add_counter")}
      </Button>
      {open ? (
        <CounterForm site={site} counter={open === "new" ? null : open} close={() => setOpen(null)} />
      ) : null}
    </>
  );
}

interface CounterFields {
  name: string;
  service_ids: string[];
  active: boolean;
}

function CounterForm({ site, counter, close }: { site: Site; counter: Counter | null; close: () => void }) {
  const t = useT("counter");
  const locale = useLocale();
  const [form] = Form.useForm<CounterFields>();
  const base = `/counter/manage/sites/${site.id}/counters`;
  const save = useAct(
    (fields: CounterFields) => (counter ? api.put(`${base}/${counter.id}`, fields) : api.post(base, fields)),
    {
      onSuccess: () => {
        counterChanged();
        close();
      },
    },
  );
  return (
    <Modal
      open
      title={t(counter ? "manage.change_counter" : "manage.add_counter")}
      okText={t("save")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={440}
    >
      <Form<CounterFields>
        name="counter"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => save.mutate(fields)}
        initialValues={{
          name: counter?.name ?? String(site.counters.length + 1),
          service_ids: counter?.service_ids ?? [],
          active: counter?.active ?? true,
        }}
      >
        <Form.Item
          name="name"
          label={t("form.counter_name")}
          extra={t("form.counter_hint")}
          rules={[{ required: true, whitespace: true, message: t("form.counter_needed") }]}
        >
          <Input maxLength={12} autoFocus />
        </Form.Item>
        <Form.Item name="service_ids" label={t("form.takes")}>
          <Select
            mode="multiple"
            placeholder={t("all_services")}
            options={site.services.map((one) => ({ value: one.id, label: inWords(one.name, locale) }))}
          />
        </Form.Item>
        <Form.Item name="active" label={t("form.active")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}
