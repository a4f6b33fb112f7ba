import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { LOCALES, useLocale, useT } from "@/app/i18n";
import type { Locale } from "@/lib/format";
import { State, useSettled } from "../kit";
import { type HelpSettings, previewable } from "./model";
import "./helpcenter.css";

/** The real first page, drawn by the server with what stands in the form; without the right to scripts or forms. */
export function Preview(props: { settings: HelpSettings; logo: string | null }) {
  const t = useT("settings");
  const [locale, setLocale] = useState<Locale>(useLocale());
  const [theme, setTheme] = useState<"light" | "dark">(props.settings.theme === "dark" ? "dark" : "light");
  const settings = useSettled(previewable(props.settings), 350);
  const drawn = useQuery({
    queryKey: ["/helpcenter/preview", settings, locale, theme, props.logo],
    queryFn: () => api.post<{ html: string }>("/helpcenter/preview", { settings, locale, theme }),
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <div className="qh-preview">
      <div className="qs-row">
        <Segmented
          size="small"
          value={locale}
          onChange={setLocale}
          options={LOCALES.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Segmented
          size="small"
          value={theme}
          onChange={setTheme}
          options={[
            { value: "light", label: t("helpcenter.previewLight") },
            { value: "dark", label: t("helpcenter.previewDark") },
          ]}
        />
      </div>
      <State
        loading={drawn.isPending}
        error={drawn.data ? undefined : drawn.error}
        onRetry={() => void drawn.refetch()}
      >
        <div className="qh-frame">
          <iframe
            title={t("helpcenter.previewFrame")}
            srcDoc={drawn.data?.html}
            sandbox="allow-same-origin"
            tabIndex={-1}
          />
        </div>
      </State>
    </div>
  );
}
