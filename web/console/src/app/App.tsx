import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect, useMemo } from "react";
import { queryClient } from "@/api/queryClient";
import { FeedbackBridge } from "@/ui/feedback";
import { ErrorBoundary } from "@/ui/states";
import { useLocale } from "./i18n";
import { usePrefs } from "./prefs";
import { router } from "./router";
import { antdTheme, useThemeMode } from "./theme";

export function App() {
  const locale = useLocale();
  const mode = useThemeMode();
  const density = usePrefs((p) => p.density);
  const theme = useMemo(() => antdTheme(mode, density), [mode, density]);
  useEffect(() => {
    document.documentElement.dataset.theme = mode;
    document.documentElement.dataset.density = density;
  }, [mode, density]);
  useEffect(() => {
    dayjs.locale(locale === "zh-CN" ? "zh-cn" : "en");
  }, [locale]);
  return (
    <ConfigProvider
      theme={theme}
      locale={locale === "zh-CN" ? zhCN : enUS}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      <AntApp component={false} message={{ maxCount: 3, top: 16 }}>
        <FeedbackBridge />
        <QueryClientProvider client={queryClient}>
          <ErrorBoundary>
            <RouterProvider router={router} />
          </ErrorBoundary>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}
