import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Alert, Button, Checkbox, Form, Input, Segmented } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Me } from "@/api/types";
import { duration } from "@/lib/format";
import { chooseLocale, LOCALES, type Locale, useLocale, useT } from "./i18n";
import { Logo } from "./Logo";
import { Password } from "./profile/Password";
import { leave, useGo } from "./router";
import { meQuery } from "./session";
import "./login.css";

interface Fields {
  email: string;
  password: string;
  remember: boolean;
}

export default function Login() {
  const t = useT();
  const locale = useLocale();
  const go = useGo();
  const client = useQueryClient();
  const search = useSearch({ strict: false }) as { next?: string; ended?: boolean };
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [blockedUntil, setBlockedUntil] = useState(0);
  const [now, setNow] = useState(Date.now());
  // Who is signed in with a temporary password: just now, with what they typed, or before the page was loaded.
  const [first, setFirst] = useState<{ name: string; typed?: string } | null>(() => {
    const user = client.getQueryData<Me>(meQuery.queryKey)?.user;
    return user?.must_change_password ? { name: user.name } : null;
  });
  const blocked = Math.ceil((blockedUntil - now) / 1000);

  useEffect(() => {
    document.title = `${t("login.submit")} · ${t("name")}`;
  }, [t]);
  useEffect(() => {
    if (blockedUntil <= Date.now()) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [blockedUntil]);

  const enter = () => {
    const next = search.next?.startsWith("/") && !search.next.startsWith("//") ? search.next : "/";
    go(next.replace(/^\/console(?=\/|$)/, "") || "/", { replace: true });
  };
  // With the rights they have from now on.
  const chosen = async () => {
    client.clear();
    await client.fetchQuery(meQuery).catch(() => undefined);
    enter();
  };
  const another = () => {
    setFirst(null);
    void leave(async () => {
      await api.post("/auth/logout");
      client.clear();
    });
  };
  const submit = async (fields: Fields) => {
    setBusy(true);
    setError(null);
    try {
      await api.post("/auth/login", fields);
      client.clear();
      const { user } = await client.fetchQuery(meQuery);
      if (user.must_change_password) setFirst({ name: user.name, typed: fields.password });
      else enter();
    } catch (failure) {
      setError(sentenceOf(failure));
      if (failure instanceof Problem && failure.status === 429 && failure.retryAfter) {
        setNow(Date.now());
        setBlockedUntil(Date.now() + failure.retryAfter * 1000);
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="q-login">
      <section className="q-login__story" aria-hidden>
        <div className="q-login__brand">
          <Logo size={34} />
          <span>{t("name")}</span>
        </div>
        <div>
          <div className="q-login__claim">{t("login.promise_title")}</div>
          <ul>
            <li>{t("login.promise_1")}</li>
            <li>{t("login.promise_2")}</li>
            <li>{t("login.promise_3")}</li>
          </ul>
        </div>
        <svg
          className="q-login__bridge"
          viewBox="0 0 600 160"
          preserveAspectRatio="xMidYMax slice"
          aria-hidden="true"
        >
          <path d="M-20 130 H620" />
          <path d="M-20 130 C 120 -30, 480 -30, 620 130" />
          {[60, 120, 180, 240, 300, 360, 420, 480, 540].map((x) => {
            const u = (x + 20) / 640;
            const y = 130 - 3 * 160 * u * (1 - u);
            return <path key={x} d={`M${x} 130 V${y.toFixed(1)}`} />;
          })}
        </svg>
      </section>
      <section className="q-login__side">
        <div className="q-login__locale">
          <Segmented<Locale>
            size="small"
            aria-label={t("login.language")}
            value={locale}
            onChange={(value) => void chooseLocale(value)}
            options={LOCALES.map((l) => ({ value: l.id, label: l.name }))}
          />
        </div>
        <div className="q-login__form">
          {first ? (
            <>
              <h1>{t("login.first_title", { name: first.name })}</h1>
              <Password current={first.typed} onFirst={() => void chosen()} />
              <Button type="link" className="q-login__other" onClick={another}>
                {t("login.other_account")}
              </Button>
            </>
          ) : (
            <>
              <h1>{t("login.title")}</h1>
              {error ? (
                <Alert
                  type="error"
                  showIcon
                  title={blocked > 0 ? t("login.rate_limited", { time: duration(blocked, locale) }) : error}
                  role="alert"
                />
              ) : search.ended ? (
                <Alert type="info" showIcon title={t("login.ended")} role="status" />
              ) : null}
              <Form<Fields>
                layout="vertical"
                requiredMark={false}
                initialValues={{ remember: true }}
                onFinish={(fields) => void submit(fields)}
                validateTrigger="onSubmit"
              >
                <Form.Item
                  name="email"
                  label={t("login.email")}
                  rules={[{ required: true, message: t("login.email_required") }]}
                >
                  <Input size="large" type="email" autoComplete="username" autoFocus />
                </Form.Item>
                <Form.Item
                  name="password"
                  label={t("login.password")}
                  rules={[{ required: true, message: t("login.password_required") }]}
                >
                  <Input.Password size="large" autoComplete="current-password" />
                </Form.Item>
                <Form.Item name="remember" valuePropName="checked">
                  <Checkbox>{t("login.remember")}</Checkbox>
                </Form.Item>
                <Button
                  type="primary"
                  htmlType="submit"
                  size="large"
                  block
                  loading={busy}
                  disabled={blocked > 0}
                >
                  {t("login.submit")}
                </Button>
              </Form>
            </>
          )}
        </div>
      </section>
    </main>
  );
}
