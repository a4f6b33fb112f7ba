import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { AutoComplete, Input } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { useSettled } from "../settings/kit";
import "../settings/settings.css";
import "./knowledge.css";

interface Found {
  type: "faq" | "article";
  id: string;
  title: string;
  snippet: string;
}

/** The answer of the search, whichever way it groups its hits. */
function readFound(answer: unknown): Found[] {
  const outer = (answer ?? {}) as Record<string, unknown>;
  const list = (Array.isArray(answer) ? answer : (outer.items ?? outer.hits ?? [])) as Record<
    string,
    unknown
  >[];
  const typed = (items: unknown, type: string) =>
    ((items ?? []) as Record<string, unknown>[]).map((item): Record<string, unknown> => ({ type, ...item }));
  return [...list, ...typed(outer.faqs, "faq"), ...typed(outer.articles, "article")].map((hit) => ({
    type: String(hit.kind ?? hit.type ?? "faq").startsWith("article") ? "article" : "faq",
    id:
      String(hit.document_id ?? hit.id)
        .split(":")
        .at(-1) ?? "",
    title: String(hit.title ?? hit.question ?? ""),
    snippet: String(hit.excerpt ?? hit.snippet ?? hit.answer ?? hit.text ?? "").replace(/<[^>]+>/g, ""),
  }));
}

function SearchBox() {
  const t = useT("knowledge");
  const go = useGo();
  const [text, setText] = useState("");
  const q = useSettled(text.trim());
  const found = useQuery({
    queryKey: ["/knowledge/search", q],
    queryFn: async ({ signal }) => readFound(await api.get("/knowledge/search", { q }, signal)),
    enabled: q.length > 0,
  });
  return (
    <AutoComplete
      className="kn-search"
      value={text}
      onChange={setText}
      popupMatchSelectWidth={420}
      onSelect={(path: string) => {
        setText("");
        go(path);
      }}
      options={
        q
          ? (found.data ?? []).map((hit) => ({
              value: hit.type === "faq" ? `/knowledge/faqs/${hit.id}` : `/knowledge/articles/${hit.id}`,
              label: (
                <div className="kn-hit">
                  <strong>{hit.title}</strong>
                  <small>
                    {t(`type.${hit.type}`)} · {hit.snippet}
                  </small>
                </div>
              ),
            }))
          : []
      }
      notFoundContent={q && found.isSuccess ? t("search.none") : null}
    >
      <Input.Search
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        loading={found.isFetching && q.length > 0}
      />
    </AutoComplete>
  );
}

export default function KnowledgeLayout() {
  const t = useT("knowledge");
  const mayEdit = useCan("knowledge.edit");
  const maySeeStatistics = useCan("reports.view") || mayEdit;
  const { pathname } = useLocation();
  const mayManage = useCan("knowledge.manage");
  const entries = [
    "home",
    "faqs",
    "articles",
    ...(mayEdit ? ["categories"] : []),
    ...(mayManage ? ["spaces"] : []),
    "synonyms",
    ...(mayEdit ? ["import"] : []),
    ...(maySeeStatistics ? ["gaps", "statistics"] : []),
  ];
  return (
    <div className="qs-layout">
      <nav className="qs-nav" aria-label={t("nav.title")}>
        <div className="qs-nav-title">{t("nav.title")}</div>
        <SearchBox />
        <div className="qs-nav-group">
          {entries.map((entry) => {
            const to = entry === "home" ? "/knowledge" : `/knowledge/${entry}`;
            const here = entry === "home" ? /\/knowledge\/?$/.test(pathname) : pathname.includes(to);
            return (
              <Link
                key={entry}
                to={to as string}
                className={here ? "qs-here" : ""}
                aria-current={here ? "page" : undefined}
              >
                {t(`nav.${entry}`)}
              </Link>
            );
          })}
          <a href="/help" target="_blank" rel="noopener">
            {t("nav.helpcenter")}
          </a>
        </div>
      </nav>
      <div className="qs-main">
        <Outlet />
      </div>
    </div>
  );
}
