import { Button, Drawer, Input, Segmented, Switch } from "antd";
import { BellOff, CheckCheck, ChevronLeft, Settings2 } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet, usePages } from "@/api/hooks";
import type { Id, Iso } from "@/api/types";
import { EmptyState, ErrorState, Fetched, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useT } from "../i18n";
import { useGo } from "../router";
import "./bell.css";

interface Notification {
  id: Id;
  kind: string;
  text: string;
  link: string;
  count: number;
  at: Iso;
  read_at: Iso | null;
}

interface Way {
  way: string;
  name: string;
  hint: string;
  account: string;
  active: boolean;
  problem: string | null;
}

interface Choices {
  mail_possible: boolean;
  kinds: { kind: string; name: string; console: boolean; mail: boolean; app: boolean }[];
  ways: Way[];
}

const CACHED = ["/notifications", "/notifications/unread"];

/** What happened, newest first; opening one goes there and marks it as read. */
export default function BellDrawer({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [choosing, setChoosing] = useState(false);
  const readAll = useAct(() => api.post("/notifications/read", {}), { invalidates: CACHED });
  return (
    <Drawer
      open
      onClose={onClose}
      placement="left"
      size={400}
      title={choosing ? t("bell.choices") : t("bell.title")}
      extra={
        choosing ? (
          <Button type="text" icon={<ChevronLeft size={15} aria-hidden />} onClick={() => setChoosing(false)}>
            {t("back")}
          </Button>
        ) : (
          <span className="q-bell__tools">
            <Button
              type="text"
              icon={<CheckCheck size={15} aria-hidden />}
              loading={readAll.isPending}
              onClick={() => readAll.mutate(undefined)}
            >
              {t("bell.read_all")}
            </Button>
            <Button
              type="text"
              icon={<Settings2 size={15} aria-hidden />}
              aria-label={t("bell.choices")}
              onClick={() => setChoosing(true)}
            />
          </span>
        )
      }
    >
      {choosing ? <ChoicesForm /> : <List onClose={onClose} />}
    </Drawer>
  );
}

function List({ onClose }: { onClose: () => void }) {
  const t = useT();
  const go = useGo();
  const [show, setShow] = useState<"all" | "unread">("all");
  const list = useRef<HTMLUListElement>(null);
  const lines = usePages<Notification>("/notifications", {
    unread: show === "unread" || undefined,
    limit: 30,
  });
  const read = useAct((id: Id) => api.post("/notifications/read", { ids: [id] }), {
    quiet: true,
    invalidates: CACHED,
  });
  const open = (line: Notification) => {
    if (!line.read_at) read.mutate(line.id);
    onClose();
    go(line.link);
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  return (
    <>
      <Segmented
        value={show}
        onChange={setShow}
        options={[
          { value: "all", label: t("all") },
          { value: "unread", label: t("bell.only_unread") },
        ]}
      />
      {lines.isPending ? (
        <SkeletonRows rows={6} avatar={false} />
      ) : lines.error && lines.items.length === 0 ? (
        <ErrorState error={lines.error} retry={() => void lines.refetch()} />
      ) : lines.items.length === 0 ? (
        <EmptyState icon={BellOff} title={t(show === "unread" ? "bell.none_unread" : "bell.none")} />
      ) : (
        <ul className="q-bell" ref={list} onKeyDown={step}>
          {lines.items.map((line, index) => (
            <li key={line.id}>
              <button
                type="button"
                className={`q-bell__line ${line.read_at ? "" : "q-bell__line--unread"}`}
                // biome-ignore lint/a11y/noAutofocus: the drawer was opened to read the first of them
                autoFocus={index === 0}
                onClick={() => open(line)}
              >
                <span className="q-bell__text">
                  {line.read_at ? null : <span className="q-sr">{t("bell.is_unread")}</span>}
                  {line.text}
                  {line.count > 1 ? (
                    <span className="q-bell__count q-num">{t("bell.times", { n: line.count })}</span>
                  ) : null}
                </span>
                <RelativeTime at={line.at} className="q-muted" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {lines.hasNextPage ? (
        <Button block loading={lines.isFetchingNextPage} onClick={() => void lines.fetchNextPage()}>
          {t("load_more")}
        </Button>
      ) : null}
    </>
  );
}

function ChoicesForm() {
  const t = useT();
  const choices = useGet<Choices>("/notifications/choices");
  const save = useAct(
    (kind: Choices["kinds"][number]) =>
      api.put<Choices>("/notifications/choices", {
        kinds: [{ kind: kind.kind, console: kind.console, mail: kind.mail, app: kind.app }],
      }),
    { invalidates: ["/notifications/choices"] },
  );
  return (
    <Fetched query={choices} loading={<SkeletonRows rows={8} avatar={false} />}>
      {(found) => (
        <>
          {found.mail_possible ? null : <p className="q-muted">{t("bell.no_mail")}</p>}
          {found.ways.map((way) => (
            <WayForm key={way.way} way={way} />
          ))}
          <table className="q-bell__choices">
            <thead>
              <tr>
                <th scope="col">{t("bell.kind")}</th>
                <th scope="col">{t("bell.console")}</th>
                <th scope="col">{t("bell.mail")}</th>
                {found.ways.some((way) => way.active) ? <th scope="col">{t("bell.app")}</th> : null}
              </tr>
            </thead>
            <tbody>
              {found.kinds.map((kind) => (
                <tr key={kind.kind}>
                  <th scope="row">{kind.name}</th>
                  <td>
                    <Switch
                      size="small"
                      checked={kind.console}
                      aria-label={t("bell.choice", { kind: kind.name, way: t("bell.console") })}
                      onChange={(console) => save.mutate({ ...kind, console })}
                    />
                  </td>
                  <td>
                    <Switch
                      size="small"
                      checked={kind.mail}
                      disabled={!found.mail_possible}
                      aria-label={t("bell.choice", { kind: kind.name, way: t("bell.mail") })}
                      onChange={(mail) => save.mutate({ ...kind, mail })}
                    />
                  </td>
                  {found.ways.some((way) => way.active) ? (
                    <td>
                      <Switch
                        size="small"
                        checked={kind.app}
                        aria-label={t("bell.choice", { kind: kind.name, way: t("bell.app") })}
                        onChange={(app) => save.mutate({ ...kind, app })}
                      />
                    </td>
                  ) : null}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Fetched>
  );
}

/** One's own account with a provider that carries notices; saved when it is left or switched. */
function WayForm({ way }: { way: Way }) {
  const t = useT();
  const [account, setAccount] = useState(way.account);
  const save = useAct(
    (body: { account: string; active: boolean }) => api.put<Choices>(`/notifications/ways/${way.way}`, body),
    { invalidates: ["/notifications/choices"] },
  );
  const written = account.trim();
  const keep = (active: boolean) => {
    if (written !== way.account || active !== way.active) save.mutate({ account: written, active });
  };
  return (
    <div className="q-bell__way">
      <label htmlFor={`way-${way.way}`}>{way.name}</label>
      <Input
        id={`way-${way.way}`}
        value={account}
        maxLength={120}
        placeholder={way.hint}
        status={way.problem ? "error" : undefined}
        aria-describedby={way.problem ? `way-problem-${way.way}` : undefined}
        onChange={(event) => setAccount(event.target.value)}
        onPressEnter={() => keep(way.active)}
        onBlur={() => keep(way.active)}
      />
      <Switch
        size="small"
        checked={way.active}
        disabled={!written}
        loading={save.isPending}
        aria-label={t("bell.way_on", { way: way.name })}
        onChange={keep}
      />
      {way.problem ? (
        <p id={`way-problem-${way.way}`} className="q-bell__problem" role="alert">
          {way.problem}
        </p>
      ) : null}
    </div>
  );
}
