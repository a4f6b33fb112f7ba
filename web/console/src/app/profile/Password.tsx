import { Button, Form, Input } from "antd";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { Problem, sentenceOf } from "@/api/problem";
import { toast } from "@/ui/feedback";
import { useT } from "../i18n";

const MIN = 10;

interface Fields {
  current: string;
  new: string;
  repeat: string;
}

/** A new password in place of the one somebody has; in place of a temporary one it is the first thing they do here,
 * and who has typed that a moment ago (`current`) need not do so again. */
export function Password(props: { current?: string; onFirst?: () => void }) {
  const t = useT();
  const [form] = Form.useForm<Fields>();
  const first = props.onFirst !== undefined;
  const change = useAct(
    (fields: Fields) =>
      api.post("/auth/password", { current: fields.current ?? props.current, new: fields.new }),
    {
      quiet: true,
      invalidates: ["/auth/sessions"],
      onSuccess: () => {
        form.resetFields();
        if (props.onFirst) props.onFirst();
        else toast.success(t("profile.password_changed"));
      },
      onError: (error) => {
        const fields = error instanceof Problem ? error.fields : [];
        if (fields.length)
          form.setFields(
            fields.map((f) => ({
              name: (f.field === "current" && props.current === undefined
                ? "current"
                : "new") as keyof Fields,
              errors: [f.message],
            })),
          );
        else
          form.setFields([
            { name: props.current === undefined ? "current" : "new", errors: [sentenceOf(error)] },
          ]);
      },
    },
  );
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => change.mutate(fields)}>
      <p className="q-muted" style={{ marginBottom: 16 }}>
        {t(first ? "login.first_hint" : "profile.password_hint")}
      </p>
      {props.current === undefined && (
        <Form.Item
          name="current"
          label={t(first ? "login.temporary_password" : "profile.current_password")}
          rules={[{ required: true, message: t("required") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
      )}
      <Form.Item
        name="new"
        label={t("profile.new_password")}
        rules={[
          { required: true, message: t("required") },
          { min: MIN, message: t("profile.password_short", { n: MIN }) },
        ]}
      >
        <Input.Password autoComplete="new-password" autoFocus={first && props.current !== undefined} />
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
        {t(first ? "login.first_submit" : "profile.change_password")}
      </Button>
    </Form>
  );
}
