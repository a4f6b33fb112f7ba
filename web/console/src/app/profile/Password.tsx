import { Button, Form, Input } from "antd";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { Problem, sentenceOf } from "@/api/problem";
import { toast } from "@/ui/feedback";
import { useT } from "../i18n";

const MIN = 8;

interface Fields {
  current: string;
  new: string;
  repeat: string;
}

export function Password() {
  const t = useT();
  const [form] = Form.useForm<Fields>();
  const change = useAct(
    (fields: Fields) => api.post("/auth/password", { current: fields.current, new: fields.new }),
    {
      quiet: true,
      invalidates: ["/auth/sessions"],
      onSuccess: () => {
        form.resetFields();
        toast.success(t("profile.password_changed"));
      },
      onError: (error) => {
        const fields = error instanceof Problem ? error.fields : [];
        if (fields.length)
          form.setFields(
            fields.map((f) => ({
              name: (f.field === "current" ? "current" : "new") as keyof Fields,
              errors: [f.message],
            })),
          );
        else form.setFields([{ name: "current", errors: [sentenceOf(error)] }]);
      },
    },
  );
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => change.mutate(fields)}>
      <p className="q-muted" style={{ marginBottom: 16 }}>
        {t("profile.password_hint")}
      </p>
      <Form.Item
        name="current"
        label={t("profile.current_password")}
        rules={[{ required: true, message: t("required") }]}
      >
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item
        name="new"
        label={t("profile.new_password")}
        rules={[
          { required: true, message: t("required") },
          { min: MIN, message: t("profile.password_short", { n: MIN }) },
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="repeat"
        label={t("profile.repeat_password")}
        dependencies={["new"]}
        rules={[
          { required: true, message: t("required") },
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              !value || value === getFieldValue("new")
                ? Promise.resolve()
                : Promise.reject(new Error(t("profile.password_mismatch"))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t("profile.change_password")}
      </Button>
    </Form>
  );
}
