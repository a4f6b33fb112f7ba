import { Button, Spin } from "antd";
import { BookOpen, CircleHelp, CreditCard, MessageSquareQuote } from "lucide-react";
import { useEffect, useRef } from "react";
import { useT } from "@/app/i18n";
import { Avatar } from "@/ui/Avatar";
import type { Trigger } from "./trigger";
import type { Suggestion } from "./useSuggestions";

const plain = (text: string) => text.replace(/[*#`]/g, "").replace(/\s+/g, " ");

export function SuggestMenu(props: {
  trigger: Trigger;
  items: Suggestion[];
  loading: boolean;
  active: number;
  onActive: (index: number) => void;
  onPick: (item: Suggestion, asCard: boolean) => void;
  cards: boolean;
}) {
  const t = useT("inbox");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[data-index="${props.active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [props.active]);
  const title = props.trigger.char === "/" ? "canned" : props.trigger.char === "#" ? "knowledge" : "people";
  return (
    <div className="q-suggest">
      <div className="q-suggest__head">
        {t(`suggest.${title}`)}
        {props.loading ? <Spin size="small" /> : null}
        <span className="q-suggest__keys">
          <kbd>↵</kbd> {t("suggest.insert")}
          {props.trigger.char === "#" && props.cards ? (
            <>
              {" "}
              <kbd>⇧↵</kbd> {t("suggest.card")}
            </>
          ) : null}
        </span>
      </div>
      <div
        className="q-suggest__list"
        role="listbox"
        id="q-suggest"
        aria-label={t(`suggest.${title}`)}
        ref={list}
      >
        {props.items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field owns the keyboard.
          <div
            key={`${item.type}-${item.id}`}
            id={`q-suggest-${index}`}
            data-index={index}
            role="option"
            tabIndex={-1}
            aria-selected={index === props.active}
            className={`q-suggest__item ${index === props.active ? "q-suggest__item--on" : ""}`}
            onMouseMove={() => props.onActive(index)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => props.onPick(item, false)}
          >
            <span className="q-suggest__icon">
              {item.type === "person" ? (
                <Avatar
                  name={item.title}
                  id={item.id}
                  url={item.person.avatar_url}
                  size={24}
                  state={item.person.state}
                />
              ) : item.type === "canned" ? (
                <MessageSquareQuote size={16} aria-hidden />
              ) : item.source === "faq" ? (
                <CircleHelp size={16} aria-hidden />
              ) : (
                <BookOpen size={16} aria-hidden />
              )}
            </span>
            <span className="q-suggest__main">
              <span className="q-suggest__title">
                <span className="q-ellipsis">{item.title}</span>
                {item.type === "canned" && item.hint ? <code>{item.hint}</code> : null}
                {item.type === "person" ? <small>{t(`state.${item.hint}`)}</small> : null}
              </span>
              {item.type === "canned" ? (
                <small className="q-ellipsis">{plain(item.canned.body)}</small>
              ) : item.type === "knowledge" && item.answer ? (
                <small className="q-ellipsis">{plain(item.answer)}</small>
              ) : null}
            </span>
            {item.type === "knowledge" && props.cards ? (
              <Button
                size="small"
                type="text"
                icon={<CreditCard size={14} aria-hidden />}
                onClick={(event) => {
                  event.stopPropagation();
                  props.onPick(item, true);
                }}
              >
                {t("suggest.card")}
              </Button>
            ) : null}
          </div>
        ))}
        {props.items.length === 0 && !props.loading ? (
          <div className="q-suggest__none">{t(`suggest.none_${title}`)}</div>
        ) : null}
      </div>
    </div>
  );
}
