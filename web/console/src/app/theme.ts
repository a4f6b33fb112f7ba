import { type ThemeConfig, theme } from "antd";
import { useEffect, useState } from "react";
import { type Density, usePrefs } from "./prefs";

const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;

/** The mode on screen now, with `system` followed live. */
export function useThemeMode(): "light" | "dark" {
  const choice = usePrefs((p) => p.theme);
  const [system, setSystem] = useState<"light" | "dark">(dark?.matches ? "dark" : "light");
  useEffect(() => {
    const listen = () => setSystem(dark?.matches ? "dark" : "light");
    dark?.addEventListener("change", listen);
    return () => dark?.removeEventListener("change", listen);
  }, []);
  return choice === "system" ? system : choice;
}

const PALETTE = {
  light: {
    okBg: "#e6f5ec",
    okBorder: "#b9dfc8",
    waitBg: "#fff4e2",
    waitBorder: "#f0d7a8",
    breachBg: "#fdecec",
    breachBorder: "#f3c3c4",
    accent: "#3557d6",
    accentHover: "#2746bd",
    accentText: "#2d4bc0",
    onBreach: "#ffffff",
    ok: "#1a7840",
    wait: "#a8560a",
    breach: "#c62a2f",
    base: "#ffffff",
    layout: "#f4f5f7",
    float: "#ffffff",
    text: "#1b1f26",
    text2: "#4a5260",
    text3: "#667080",
    border: "#d8dce2",
    border2: "#e3e6ea",
  },
  dark: {
    okBg: "#15301f",
    okBorder: "#24523a",
    waitBg: "#33270f",
    waitBorder: "#5a4418",
    breachBg: "#3a1a1c",
    breachBorder: "#65292c",
    accent: "#4a69e8",
    accentHover: "#3f5cd6",
    accentText: "#93a9ff",
    onBreach: "#1b0708",
    ok: "#5cc98a",
    wait: "#f0a94a",
    breach: "#ff7a7a",
    base: "#16191e",
    layout: "#101216",
    float: "#1f2329",
    text: "#e8ebf0",
    text2: "#b3bac6",
    text3: "#8d96a5",
    border: "#363d47",
    border2: "#272c34",
  },
};

export function antdTheme(mode: "light" | "dark", density: Density): ThemeConfig {
  const p = PALETTE[mode];
  return {
    algorithm: mode === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: p.accent,
      colorPrimaryHover: p.accentHover,
      colorPrimaryActive: p.accentHover,
      colorPrimaryText: p.accentText,
      colorPrimaryTextHover: p.accentText,
      colorPrimaryTextActive: p.accentText,
      colorInfo: p.accent,
      colorSuccess: p.ok,
      colorWarning: p.wait,
      colorError: p.breach,
      colorSuccessBg: p.okBg,
      colorSuccessBorder: p.okBorder,
      colorWarningBg: p.waitBg,
      colorWarningBorder: p.waitBorder,
      colorErrorBg: p.breachBg,
      colorErrorBorder: p.breachBorder,
      colorLink: p.accentText,
      colorBgContainer: p.base,
      colorBgLayout: p.layout,
      colorBgElevated: p.float,
      colorText: p.text,
      colorTextSecondary: p.text2,
      colorTextTertiary: p.text3,
      colorTextDescription: p.text3,
      colorTextPlaceholder: mode === "dark" ? "#8d96a5" : "#667080",
      colorBorder: p.border,
      colorBorderSecondary: p.border2,
      borderRadius: 8,
      fontSize: 14,
      fontFamily: "var(--q-font)",
      controlHeight: density === "compact" ? 28 : 32,
      motionDurationSlow: "0.15s",
      motionDurationMid: "0.12s",
      motionDurationFast: "0.08s",
      wireframe: false,
    },
    components: {
      Table: {
        cellPaddingBlock: density === "compact" ? 8 : 12,
        headerBg: mode === "dark" ? "#1a1d23" : "#f8f9fb",
        headerSplitColor: "transparent",
      },
      Modal: { titleFontSize: 16 },
      // White belongs on the accent; words in the accent have a colour of their own that can be read on any surface.
      Button: {
        primaryShadow: "none",
        defaultShadow: "none",
        dangerShadow: "none",
        dangerColor: p.onBreach,
        defaultHoverColor: p.accentText,
        defaultActiveColor: p.accentText,
        defaultHoverBorderColor: p.accentText,
      },
      Tabs: { itemSelectedColor: p.accentText, itemHoverColor: p.accentText, itemActiveColor: p.accentText },
      Menu: { itemSelectedColor: p.accentText },
      Pagination: { itemActiveColor: p.accentText, itemActiveColorHover: p.accentText },
      Radio: { buttonSolidCheckedColor: "#ffffff" },
    },
  };
}
