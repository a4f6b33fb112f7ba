import { Button, Form, Input, InputNumber, Switch } from "antd";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { counterChanged } from "../api";
import type { Rules, Site } from "../types";

const NUMBERS: [keyof Rules, number, number][] = [
  ["calls_before_miss", 1, 10],
  ["return_minutes", 0, 480],
  ["return_after", 0, 20],
  ["later_most", 0, 10],
  ["near", 0, 20],
  ["priority_minutes", 0, 120],
  ["appointment_minutes", 0, 120],
  ["late_minutes", 0, 120],
  ["early_minutes", 0, 240],
  ["max_waiting", 1, 5000],
  ["idle_seconds", 10, 600],
];
const SWITCHES: (keyof Rules)[] = ["level_priority", "ask_phone", "sound"];

function useSave(site: Site) {
  const t = useT("counter");
  return useAct((body: unknown) => api.patch<Site>(`/counter/manage/sites/${site.id}`, body), {
    onSuccess: () => {
      toast.success(t("saved"));
      counterChanged();
    },
  });
}

export function RulesForm({ site }: { site: Site }) {
  const t = useT("counter");
  const save = useSave(site);
  return (
    <Form<Rules>
      name={`rules-${site.id}`}
      layout="vertical"
      requiredMark={false}
      initialValues={site.rules}
      onFinish={(rules) => save.mutate({ rules })}
    >
      <div className="qc-grid qc-grid--3">
        {NUMBERS.map(([name, min, max]) => (
          <Form.Item
            key={name}
            name={name}
            label={t(`rules.${name}`)}
            rules={[{ required: true, message: t("rules.needed") }]}
          >
            <InputNumber min={min} max={max} precision={0} style={{ width: "100%" }} />
          </Form.Item>
        ))}
        {SWITCHES.map((name) => (
          <Form.Item key={name} name={name} label={t(`rules.${name}`)} valuePropName="checked">
            <Switch />
          </Form.Item>
        ))}
      </div>
      <Button type="primary" htmlType="submit" loading={save.isPending}>
        {t("save")}
      </Button>
    </Form>
  );
}

interface Texts {
  name: string;
  title_zh: string;
  title_en: string;
  address_zh: string;
  address_en: string;
  timezone: string;
}

export function TextsForm({ site }: { site: Site }) {
  const t = useT("counter");
  const save = useSave(site);
  const submit = (fields: Texts) =>
    save.mutate({
      name: fields.name.trim(),
      title: { "zh-CN": fields.title_zh.trim(), en: fields.title_en.trim() },
      address: { "zh-CN": fields.address_zh.trim(), en: fields.address_en.trim() },
      timezone: fields.timezone.trim(),
    });
  return (
    <Form<Texts>
      name={`texts-${site.id}`}
      layout="vertical"
      requiredMark={false}
      onFinish={submit}
      initialValues={{
        name: site.name,
        title_zh: site.title["zh-CN"],
        title_en: site.title.en,
        address_zh: site.address["zh-CN"],
        address_en: site.address.en,
        timezone: site.timezone,
      }}
    >
      <div className="qc-grid">
        <Form.Item
          name="name"
          label={t("form.site_name")}
          rules={[{ required: true, message: t("form.name_needed") }]}
        >
          <Input maxLength={80} />
        </Form.Item>
        <Form.Item
          name="timezone"
          label={t("form.timezone")}
          rules={[{ required: true, message: t("form.timezone_needed") }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="title_zh" label={t("form.title_zh")} extra={t("form.title_hint")}>
          <Input maxLength={120} />
        </Form.Item>
        <Form.Item name="title_en" label={t("form.title_en")}>
          <Input maxLength={120} />
        </Form.Item>
        <Form.Item name="address_zh" label={t("form.address_zh")}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="address_en" label={t("form.address_en")}>
          <Input maxLength={200} />
        </Form.Item>
      </div>
      <Button type="primary" htmlType="submit" loading={save.isPending}>
        {t("save")}
      </Button>
    </Form>
  );
}
