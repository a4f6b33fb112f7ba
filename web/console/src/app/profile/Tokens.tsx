import { Alert, Button, Form, Input, Select, Typography } from "antd";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id, Iso, Permission } from "@/api/types";
import { dateOnly } from "@/lib/format";
import { confirmLoss, toast } from "@/ui/feedback";
import { EmptyState, Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useLocale, useT } from "../i18n";
import { useMe } from "../session";
import { listOf } from "./Sessions";

interface TokenView {
  id: Id;
  name: string;
  prefix?: string;
  scopes: Permission[];
  created_at: Iso;
  last_used_at: Iso | null;
  expires_at: Iso | null;
}

interface Fields {
  name: string;
  scopes: Permission[];
  days: number;
}

export function Tokens() {
  const t = useT();
  const me = useMe();
  const locale = useLocale();
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const tokens = useGet<TokenView[] | { items: TokenView[] }>("/auth/tokens");
  const create = useAct(
    ({ name, scopes, days }: Fields) =>
      api.post<{ token: string }>("/auth/tokens", {
        name,
        scopes,
        ...(days > 0 ? { expires_at: new Date(Date.now() + days * 86_400_000).toISOString() } : {}),
      }),
    {
      invalidates: ["/auth/tokens"],
      onSuccess: (answer) => {
        setSecret(answer.token);
        setCreating(false);
      },
    },
  );
  const revoke = useAct((id: Id) => api.delete(`/auth/tokens/${id}`), {
    invalidates: ["/auth/tokens"],
    onSuccess: () => {
      setSecret(null);
      toast.success(t("profile.token_revoked"));
    },
  });

  return (
    <div>
      <p className="q-muted" style={{ marginBottom: 12 }}>
        {t("profile.tokens_hint")}
      </p>
      {secret ? (
        <Alert
          type="success"
          style={{ marginBottom: 16 }}
          closable={{ onClose: () => setSecret(null) }}
          title={t("profile.token_created")}
          description={
            <Typography.Text code copyable style={{ wordBreak: "break-all" }}>
              {secret}
            </Typography.Text>
          }
        />
      ) : null}
      {creating ? (
        <Form<Fields>
          layout="vertical"
          requiredMark={false}
          className="q-token-form"
          initialValues={{ days: 90 }}
          onFinish={(fields) => create.mutate(fields)}
        >
          <Form.Item
            name="name"
            label={t("profile.token_name")}
            rules={[{ required: true, message: t("required") }]}
          >
            <Input placeholder={t("profile.token_name_placeholder")} maxLength={80} autoFocus />
          </Form.Item>
          <Form.Item
            name="scopes"
            label={t("profile.token_scopes")}
            rules={[{ required: true, message: t("required") }]}
          >
            <Select
              mode="multiple"
              optionFilterProp="label"
              options={me.permissions.map((p) => ({ value: p, label: t(`permission.${p}`) }))}
            />
          </Form.Item>
          <Form.Item name="days" label={t("profile.token_expires")}>
            <Select
              options={[30, 90, 365, 0].map((n) => ({
                value: n,
                label: n ? t("profile.token_days", { n }) : t("profile.token_never"),
              }))}
            />
          </Form.Item>
          <div style={{ display: "flex", gap: 8 }}>
            <Button type="primary" htmlType="submit" loading={create.isPending}>
              {t("profile.token_create")}
            </Button>
            <Button onClick={() => setCreating(false)}>{t("cancel")}</Button>
          </div>
        </Form>
      ) : (
        <Button onClick={() => setCreating(true)} style={{ marginBottom: 12 }}>
          {t("profile.token_create")}
        </Button>
      )}
      <Fetched
        query={tokens}
        isEmpty={(data) => listOf(data).length === 0}
        empty={<EmptyState icon={KeyRound} title={t("profile.no_tokens")} compact />}
      >
        {(data) =>
          listOf(data).map((token) => (
            <div key={token.id} className="q-line">
              <KeyRound size={18} strokeWidth={1.6} className="q-icon q-muted" aria-hidden />
              <div className="q-line__main">
                <div className="q-ellipsis">{token.name}</div>
                <div className="q-muted q-line__sub">
                  {token.last_used_at ? (
                    <>
                      {t("profile.token_last_used")} <RelativeTime at={token.last_used_at} />
                    </>
                  ) : (
                    t("profile.token_unused")
                  )}
                  {token.expires_at
                    ? ` · ${t("profile.token_expires_at", { date: dateOnly(token.expires_at, locale) })}`
                    : ""}
                </div>
                <div className="q-muted q-line__sub">
                  {token.scopes
                    .map((scope) => t(`permission.${scope}`))
                    .join(locale === "zh-CN" ? "、" : ", ")}
                </div>
              </div>
              <Button
                size="small"
                danger
                onClick={() =>
                  void confirmLoss({
                    title: t("profile.token_revoke_title", { name: token.name }),
                    content: t("profile.token_revoke_content"),
                    okText: t("profile.token_revoke"),
                  }).then((yes) => yes && revoke.mutate(token.id))
                }
              >
                {t("profile.token_revoke")}
              </Button>
            </div>
          ))
        }
      </Fetched>
    </div>
  );
}
