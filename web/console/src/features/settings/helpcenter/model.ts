/** How the help centre is set up, as the API has it. */
import type { Id } from "@/api/types";

export interface Words {
  "zh-CN": string;
  en: string;
}

export interface FooterLink {
  label: Words;
  url: string;
}

export interface HelpSettings {
  enabled: boolean;
  title: Words;
  welcome: Words;
  accent: string;
  theme: "auto" | "light" | "dark";
  home_url: string | null;
  footer_links: FooterLink[];
  chat: boolean;
  inbox_id: Id | null;
  indexed: boolean;
}

export interface HelpSettingsView {
  settings: HelpSettings;
  logo_url: string | null;
  address: string;
  inboxes: { id: Id; name: string }[];
}

export const EMPTY: HelpSettings = {
  enabled: true,
  title: { "zh-CN": "", en: "" },
  welcome: { "zh-CN": "", en: "" },
  accent: "#1668dc",
  theme: "auto",
  home_url: null,
  footer_links: [],
  chat: true,
  inbox_id: null,
  indexed: true,
};

/** What is sent: links nobody filled in are left out. */
export function finished(settings: HelpSettings): HelpSettings {
  return {
    ...settings,
    home_url: settings.home_url?.trim() || null,
    footer_links: settings.footer_links.filter(
      (link) => link.url.trim() || link.label["zh-CN"].trim() || link.label.en.trim(),
    ),
  };
}

/** What can be previewed while somebody is still typing: addresses that are not finished yet are left out. */
export function previewable(settings: HelpSettings): HelpSettings {
  const fine = (url: string) => /^(https?:\/\/[^\s/]+\S*|mailto:\S+|tel:\S+|\/(?![/\\])\S*)$/.test(url);
  const { home_url, footer_links } = finished(settings);
  return {
    ...settings,
    home_url: home_url && fine(home_url) ? home_url : null,
    footer_links: footer_links.filter((link) => fine(link.url.trim())),
  };
}
