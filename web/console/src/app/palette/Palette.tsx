import { useQuery } from "@tanstack/react-query";
import { Modal, Spin } from "antd";
import {
  BookOpen,
  CircleHelp,
  CircleUser,
  Keyboard,
  Languages,
  LogOut,
  type LucideIcon,
  MessageSquare,
  Monitor,
  Moon,
  MoveRight,
  Search as SearchIcon,
  Settings2,
  Sun,
  Ticket,
} from "lucide-react";
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { Avatar, StateDot } from "@/ui/Avatar";
import { Highlight } from "@/ui/Highlight";
import { RelativeTime } from "@/ui/Time";
import { features } from "../feature";
import { chooseLocale, translate, useLocale, useT } from "../i18n";
import { usePrefs } from "../prefs";
import { useSignOut } from "../presence/PresenceMenu";
import { STATES, useSetPresence } from "../presence/presence";
import { useGo } from "../router";
import { can, useMe } from "../session";
import { useShellUi } from "../ui";
import type { SearchAnswer } from "./types";
import "./palette.css";
import { customerName } from "@/features/inbox/text";

/** A line of the palette is short: what was found stands near its beginning. */
const LEAD = 30;

interface Entry {
  id: string;
  group: string;
  icon: ReactNode;
  title: ReactNode;
  hint?: ReactNode;
  run: () => void;
}

const icon = (Icon: LucideIcon) => <Icon size={17} strokeWidth={1.7} aria-hidden />;

/** Lower is better; null is no match. Words may be parts, in any order. */
export function score(query: string, title: string, keywords = ""): number | null {
  const text = title.toLowerCase();
  const more = `${text} ${keywords.toLowerCase()}`;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return 1;
  if (!words.every((word) => more.includes(word))) return null;
  return text.startsWith(words[0]!) ? 0 : text.includes(words[0]!) ? 1 : 2;
}

function useCommands(): { title: string; keywords: string; id: string; icon: ReactNode; run: () => void }[] {
  const t = useT();
  const locale = useLocale();
  const me = useMe();
  const go = useGo();
  const prefs = usePrefs();
  const signOut = useSignOut();
  const presence = useSetPresence();
  const show = useShellUi((s) => s.set);
  const list = [];
  for (const feature of features) {
    for (const item of feature.nav ?? []) {
      if (item.permissions && !item.permissions.some((p) => can(me, p))) continue;
      list.push({
        id: `go:${item.id}`,
        title: t("palette.go_to", { name: translate(`${feature.id}:${item.labelKey}`) }),
        keywords: `${item.path} ${item.id} go`,
        icon: icon(MoveRight),
        run: () => go(item.path),
      });
    }
    for (const command of feature.commands ?? []) {
      if (command.permissions && !command.permissions.some((p) => can(me, p))) continue;
      list.push({
        id: `cmd:${feature.id}:${command.id}`,
        title: translate(`${feature.id}:${command.titleKey}`),
        keywords: `${command.keywords ?? ""} ${command.id}`,
        icon: icon(command.icon ?? MoveRight),
        run: () => command.run({ navigate: go }),
      });
    }
  }
  if (can(me, "conversations.handle"))
    for (const state of STATES)
      list.push({
        id: `state:${state}`,
        title: t("palette.state", { state: t(`state.${state}`) }),
        keywords: `${state} status presence`,
        icon: <StateDot state={state} />,
        run: () => presence.mutate({ state, reason: null }),
      });
  const themes = { light: Sun, dark: Moon, system: Monitor } as const;
  for (const theme of ["light", "dark", "system"] as const)
    if (prefs.theme !== theme)
      list.push({
        id: `theme:${theme}`,
        title: t(`palette.theme_${theme}`),
        keywords: `theme ${theme}`,
        icon: icon(themes[theme]),
        run: () => prefs.set({ theme }),
      });
  list.push(
    {
      id: "language",
      title: t("palette.language"),
      keywords: "language 语言 english 中文",
      icon: icon(Languages),
      run: () => void chooseLocale(locale === "zh-CN" ? "en" : "zh-CN"),
    },
    {
      id: "profile",
      title: t("palette.profile"),
      keywords: "profile settings",
      icon: icon(Settings2),
      run: () => show({ profile: "general" }),
    },
    {
      id: "keys",
      title: t("palette.shortcuts"),
      keywords: "keyboard shortcuts ?",
      icon: icon(Keyboard),
      run: () => show({ shortcuts: true }),
    },
    {
      id: "signout",
      title: t("palette.sign_out"),
      keywords: "logout sign out",
      icon: icon(LogOut),
      run: () => void signOut(),
    },
  );
  return list;
}

export default function Palette() {
  const t = useT();
  const open = useShellUi((s) => s.palette);
  const set = useShellUi((s) => s.set);
  return (
    <Modal
      open={open}
      onCancel={() => set({ palette: false })}
      footer={null}
      closable={false}
      width={640}
      style={{ top: "12vh" }}
      styles={{ container: { padding: 0, overflow: "hidden" } }}
      destroyOnHidden
      title={null}
      aria-label={t("nav.palette")}
    >
      <Body close={() => set({ palette: false })} />
    </Modal>
  );
}

function Body({ close }: { close: () => void }) {
  const t = useT();
  const go = useGo();
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const [active, setActive] = useState(0);
  const listRef = useRef<HTMLDivElement>(null);
  const inputRef = useRef<HTMLInputElement>(null);
  const commands = useCommands();
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(query), 140);
    return () => clearTimeout(timer);
  }, [query]);
  useEffect(() => inputRef.current?.focus(), []);
  const found = useQuery({
    queryKey: ["/search", "palette", settled],
    queryFn: ({ signal }) => api.get<SearchAnswer>("/search", { q: settled, limit: 5 }, signal),
    enabled: settled.length > 0,
    placeholderData: (previous) => previous,
  });

  const entries = useMemo(() => {
    const list: Entry[] = [];
    const data = query ? found.data : undefined;
    for (const customer of data?.customers ?? [])
      list.push({
        id: `customer:${customer.id}`,
        group: t("palette.customers"),
        icon: <Avatar name={customerName(customer, t)} id={customer.id} size={24} />,
        title: customerName(customer, t),
        hint: `#${customer.number}`,
        run: () => go(`/customers/${customer.id}`),
      });
    for (const { conversation, hits } of data?.conversations ?? [])
      list.push({
        id: `conversation:${conversation.id}`,
        group: t("palette.conversations"),
        icon: icon(MessageSquare),
        title: (
          <>
            {customerName(conversation.customer, t)}
            {hits[0] ? (
              <span className="q-palette__snippet">
                <Highlight text={hits[0].snippet} spans={hits[0].spans} lead={LEAD} />
              </span>
            ) : null}
          </>
        ),
        hint: conversation.last_message ? <RelativeTime at={conversation.last_message.at} /> : null,
        run: () => go(`/inbox/all/${conversation.id}${hits[0] ? `?at=${hits[0].seq}` : ""}`),
      });
    for (const { ticket, hits } of data?.tickets ?? []) {
      const within = hits.find((hit) => hit.place !== "title");
      list.push({
        id: `ticket:${ticket.id}`,
        group: t("palette.tickets"),
        icon: icon(Ticket),
        title: (
          <>
            {ticket.title}
            {within ? (
              <span className="q-palette__snippet">
                <Highlight text={within.snippet} spans={within.spans} lead={LEAD} />
              </span>
            ) : null}
          </>
        ),
        hint: ticket.ref,
        run: () => go(`/tickets/${ticket.ref}`),
      });
    }
    for (const faq of data?.faqs ?? [])
      list.push({
        id: `faq:${faq.id}`,
        group: t("palette.faqs"),
        icon: icon(CircleHelp),
        title: faq.title,
        run: () => go(`/knowledge/faqs/${faq.id}`),
      });
    for (const article of data?.articles ?? [])
      list.push({
        id: `article:${article.id}`,
        group: t("palette.articles"),
        icon: icon(BookOpen),
        title: article.title,
        run: () => go(`/knowledge/articles/${article.id}`),
      });
    const ranked = commands
      .map((command) => ({ command, rank: score(query, command.title, command.keywords) }))
      .filter((c) => c.rank !== null)
      .sort((a, b) => a.rank! - b.rank!);
    for (const { command } of ranked)
      list.push({
        id: command.id,
        group: t("palette.commands"),
        icon: command.icon,
        title: command.title,
        run: command.run,
      });
    if (query)
      list.push({
        id: "all",
        group: "",
        icon: icon(SearchIcon),
        title: t("palette.all_results", { q: query }),
        run: () => go(`/search?q=${encodeURIComponent(query)}`),
      });
    return list;
  }, [found.data, query, commands, t, go]);

  // A new question starts at the top.
  useEffect(() => setActive(0), [query]);
  const current = Math.min(active, entries.length - 1);
  useEffect(() => {
    listRef.current?.querySelector(`[data-index="${current}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };

  return (
    <div className="q-palette">
      <div className="q-palette__input">
        {found.isFetching ? <Spin size="small" /> : icon(SearchIcon)}
        <input
          ref={inputRef}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "ArrowDown" || (event.ctrlKey && event.key === "n")) {
              event.preventDefault();
              setActive((current + 1) % entries.length);
            } else if (event.key === "ArrowUp" || (event.ctrlKey && event.key === "p")) {
              event.preventDefault();
              setActive((current - 1 + entries.length) % entries.length);
            } else if (event.key === "Enter") {
              event.preventDefault();
              run(entries[current]);
            }
          }}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t("palette.placeholder")}
          role="combobox"
          aria-expanded
          aria-controls="q-palette-list"
          aria-activedescendant={entries[current] ? `q-palette-${current}` : undefined}
          aria-label={t("nav.palette")}
        />
      </div>
      <div
        className="q-palette__list"
        role="listbox"
        id="q-palette-list"
        ref={listRef}
        aria-label={t("nav.palette")}
      >
        {entries.map((entry, index) => (
          <div key={entry.id}>
            {entry.group && entry.group !== entries[index - 1]?.group ? (
              <div className="q-palette__group">{entry.group}</div>
            ) : null}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input above owns the keyboard. */}
            <div
              id={`q-palette-${index}`}
              data-index={index}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className={`q-palette__entry ${index === current ? "q-palette__entry--on" : ""}`}
              onMouseMove={() => setActive(index)}
              onClick={() => run(entry)}
            >
              <span className="q-palette__icon">{entry.icon}</span>
              <span className="q-palette__title">{entry.title}</span>
              <span className="q-palette__hint">{entry.hint}</span>
            </div>
          </div>
        ))}
        {query && entries.length <= 1 && !found.isFetching ? (
          <div className="q-palette__none">
            <CircleUser size={16} aria-hidden /> {t("palette.empty", { q: query })}
          </div>
        ) : null}
      </div>
      <div className="q-palette__foot">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {t("palette.hint_move")}
        </span>
        <span>
          <kbd>↵</kbd> {t("palette.hint_open")}
        </span>
        <span>
          <kbd>Esc</kbd> {t("palette.hint_close")}
        </span>
      </div>
    </div>
  );
}
