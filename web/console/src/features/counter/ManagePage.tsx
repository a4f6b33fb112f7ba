import { useNavigate } from "@tanstack/react-router";
import { Button, Input, Modal, Switch, Tabs } from "antd";
import { ArrowLeft, Plus, Store } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, Fetched } from "@/ui/states";
import { counterChanged } from "./api";
import { LinkList } from "./manage/Links";
import { CounterList, ServiceList } from "./manage/Lists";
import { RulesForm, TextsForm } from "./manage/Rules";
import { inWords } from "./model";
import type { Site } from "./types";
import "./counter.css";

/** Sites with what they consist of: services, counters, addresses of their pages, rules. */
export default function ManagePage() {
  const t = useT("counter");
  const locale = useLocale();
  const navigate = useNavigate();
  const sites = useGet<Site[]>("/counter/manage/sites");
  const [chosen, setChosen] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const site = sites.data?.find((one) => one.id === chosen) ?? sites.data?.[0] ?? null;
  return (
    <PageFrame
      title={
        <span className="qc-title">
          <Button
            type="text"
            size="small"
            icon={<ArrowLeft size={16} aria-hidden />}
            aria-label={t("back")}
            onClick={() => void navigate({ to: "/counter" as string })}
          />
          {t("manage.title")}
        </span>
      }
      subtitle={t("manage.about")}
      extra={
        <Button type="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setAdding(true)}>
          {t("manage.add_site")}
        </Button>
      }
    >
      <Fetched
        query={sites}
        isEmpty={(found) => found.length === 0}
        empty={<EmptyState icon={Store} title={t("none")} hint={t("none_manage")} />}
      >
        {(found) => (
          <Tabs
            activeKey={site?.id ?? ""}
            onChange={setChosen}
            items={found.map((one) => ({
              key: one.id,
              label: `${inWords(one.title, locale) || one.name}${one.active ? "" : ` · ${t("manage.off")}`}`,
              children: <OneSite site={one} />,
            }))}
          />
        )}
      </Fetched>
      {adding ? (
        <AddSite
          close={(id) => {
            setAdding(false);
            if (id) setChosen(id);
          }}
        />
      ) : null}
    </PageFrame>
  );
}

function OneSite({ site }: { site: Site }) {
  const t = useT("counter");
  const switched = useAct((active: boolean) => api.patch(`/counter/manage/sites/${site.id}`, { active }), {
    onSuccess: counterChanged,
  });
  return (
    <div className="qc-manage">
      <Panel title={t("manage.services")} hint={t("manage.services_hint")}>
        <ServiceList site={site} />
      </Panel>
      <Panel title={t("manage.counters")}>
        <CounterList site={site} />
      </Panel>
      <Panel title={t("manage.links")} hint={t("manage.links_hint")}>
        <LinkList site={site} />
      </Panel>
      <Panel title={t("manage.texts")}>
        <TextsForm key={`texts-${site.id}`} site={site} />
      </Panel>
      <Panel title={t("manage.rules")} hint={t("manage.rules_hint")}>
        <RulesForm key={`rules-${site.id}`} site={site} />
      </Panel>
      <Panel title={t("manage.in_use")} hint={t("manage.in_use_hint")}>
        <Switch
          aria-label={t("manage.in_use")}
          checked={site.active}
          loading={switched.isPending}
          onChange={(active) => switched.mutate(active)}
        />
      </Panel>
    </div>
  );
}

function AddSite({ close }: { close: (id: string | null) => void }) {
  const t = useT("counter");
  const [name, setName] = useState("");
  const add = useAct(() => api.post<Site>("/counter/manage/sites", { name: name.trim() }), {
    onSuccess: (site) => {
      counterChanged();
      close(site.id);
    },
  });
  return (
    <Modal
      open
      title={t("manage.add_site")}
      okText={t("manage.add")}
      okButtonProps={{ disabled: !name.trim() }}
      confirmLoading={add.isPending}
      onOk={() => add.mutate(undefined)}
      onCancel={() => close(null)}
    >
      <Input
        autoFocus
        value={name}
        maxLength={80}
        onChange={(event) => setName(event.target.value)}
        onPressEnter={() => name.trim() && add.mutate(undefined)}
        placeholder={t("manage.site_name")}
        aria-label={t("manage.site_name")}
      />
    </Modal>
  );
}
