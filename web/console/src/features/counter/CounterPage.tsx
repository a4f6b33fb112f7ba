import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Settings2, Store } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { PageFrame } from "@/ui/Page";
import { EmptyState, Fetched } from "@/ui/states";
import { useDesk, useSites } from "./api";
import { DeskView } from "./DeskView";
import { inWords } from "./model";
import "./counter.css";

const KEY = "qiao.counter.site";

/** The staff's screen: my counter, who is there, who waits. */
export default function CounterPage() {
  const t = useT("counter");
  const locale = useLocale();
  const manages = useCan("inboxes.manage");
  const reads = useCan("reports.view", "wallboard.view", "inboxes.manage");
  const sites = useSites();
  const [chosen, setChosen] = useState<string | null>(() => localStorage.getItem(KEY));
  const list = sites.data ?? [];
  const site = list.find((one) => one.id === chosen) ?? list[0] ?? null;
  const desk = useDesk(site?.id ?? null);
  return (
    <PageFrame
      title={t("title")}
      width="full"
      extra={
        <>
          {list.length > 1 ? (
            <Select
              aria-label={t("site")}
              value={site?.id}
              onChange={(id) => {
                localStorage.setItem(KEY, id);
                setChosen(id);
              }}
              options={list.map((one) => ({ value: one.id, label: inWords(one.title, locale) }))}
              style={{ minWidth: 180 }}
            />
          ) : site ? (
            <span className="q-muted">{inWords(site.title, locale)}</span>
          ) : null}
          {reads && site ? (
            <Link to={"/counter/day" as string}>
              <Button>{t("day.title")}</Button>
            </Link>
          ) : null}
          {manages ? (
            <Link to={"/counter/manage" as string}>
              <Button icon={<Settings2 size={15} aria-hidden />}>{t("manage.title")}</Button>
            </Link>
          ) : null}
        </>
      }
    >
      <Fetched
        query={sites}
        isEmpty={(found) => found.length === 0}
        empty={
          <EmptyState
            icon={Store}
            title={t("none")}
            hint={t(manages ? "none_manage" : "none_ask")}
            action={
              manages ? (
                <Link to={"/counter/manage" as string}>
                  <Button type="primary">{t("manage.add_site")}</Button>
                </Link>
              ) : undefined
            }
          />
        }
      >
        {() => <Fetched query={desk}>{(found) => <DeskView desk={found} />}</Fetched>}
      </Fetched>
    </PageFrame>
  );
}
