import { Input, Tag } from "antd";
import { Search } from "lucide-react";
import { useState } from "react";

import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { duration } from "@/lib/format";
import { Page, Section, State, useRows } from "../kit";
import { channelIcon } from "./icons";
import { type Manifest, SHELVES } from "./types";
import "./channels.css";

/** Which channel is to be added: all there are, by their shelves. */
export default function Picker() {
  const t = useT("settings/channels");
  const language = useLocale();
  const go = useGo();
  const [query, setQuery] = useState("");
  const channels = useRows<Manifest>("/channels");
  const needle = query.trim().toLowerCase();
  const shown = (channels.rows ?? []).filter((one) =>
    [one.name, one.title["zh-CN"], one.title.en, one.summary[language]].some((text) =>
      text.toLowerCase().includes(needle),
    ),
  );
  return (
    <Page wide title={t("pick")} description={t("pickText")} onBack={() => go("/settings/inboxes")}>
      <Input
        className="qch-search"
        prefix={<Search size={15} aria-hidden />}
        placeholder={t("search")}
        aria-label={t("search")}
        allowClear
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <State
        loading={channels.isPending}
        error={channels.error}
        onRetry={() => void channels.refetch()}
        empty={shown.length === 0}
        emptyTitle={t("nothing")}
      >
        {SHELVES.map((shelf) => {
          const cards = shown.filter((one) => one.group === shelf);
          if (cards.length === 0) return null;
          return (
            <Section key={shelf} title={t(`shelf.${shelf}`)}>
              <ul className="qch-cards">
                {cards.map((one) => {
                  const Icon = channelIcon(one.name);
                  return (
                    <li key={one.name}>
                      <button
                        type="button"
                        className="qch-card"
                        onClick={() => go(`/settings/inboxes/new-${one.name}`)}
                      >
                        <Icon size={20} aria-hidden />
                        <strong>{one.title[language]}</strong>
                        <span>{one.summary[language]}</span>
                        {one.capabilities.window_hours !== null && (
                          <Tag>
                            {one.capabilities.window_messages === null
                              ? t("window", {
                                  time: duration(one.capabilities.window_hours * 3600, language),
                                })
                              : t("windowBoth", {
                                  time: duration(one.capabilities.window_hours * 3600, language),
                                  count: one.capabilities.window_messages,
                                })}
                          </Tag>
                        )}
                      </button>
                    </li>
                  );
                })}
              </ul>
            </Section>
          );
        })}
      </State>
    </Page>
  );
}
