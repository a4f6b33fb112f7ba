import { Button, Input, Modal } from "antd";
import { ChevronDown, ChevronRight, ClipboardPaste, CornerDownRight } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { Field } from "../kit";
import { useEditor } from "./context";
import {
  addOption,
  changeOptions,
  countOptions,
  moved,
  optionsText,
  parseOptions,
  replaced,
  setWords,
  without,
  wordsIn,
} from "./model";
import { AddButton, RemoveButton } from "./parts";
import type { Option } from "./types";

/** The choices of a field, one level or a tree; many at once by pasting lines. */
export function OptionsEditor(props: {
  options: Option[];
  deep: boolean;
  path: string;
  onChange: (options: Option[]) => void;
}) {
  const t = useT("settings/tickettypes");
  const { lang, fault } = useEditor();
  const { options, deep, onChange } = props;
  const [closed, setClosed] = useState<Record<string, boolean>>({});
  const [text, setText] = useState<string | null>(null);
  const parsed = text === null ? [] : parseOptions(text, lang, deep, options);

  const rows = (list: Option[], path: number[], faultPath: string) => (
    <ul className="tt-options" {...(path.length ? {} : { "aria-label": t("field.options") })}>
      {list.map((option, i) => {
        const here = [...path, i];
        const id = here.join(".");
        const name = wordsIn(option.label, lang) || option.key;
        const change = (next: (siblings: Option[]) => Option[]) =>
          onChange(changeOptions(options, path, next));
        return (
          <li key={option.key}>
            <div className="tt-line">
              {option.children.length > 0 && (
                <Button
                  type="text"
                  size="small"
                  aria-expanded={!closed[id]}
                  aria-label={t("field.levelOf", { name })}
                  icon={closed[id] ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
                  onClick={() => setClosed({ ...closed, [id]: !closed[id] })}
                />
              )}
              {(["zh-CN", "en"] as const).map((language) => (
                <Input
                  key={language}
                  size="small"
                  lang={language}
                  maxLength={200}
                  aria-label={`${t("field.option", { n: i + 1 })} ${t(`lang.${language}`)}`}
                  placeholder={t(`lang.${language}`)}
                  status={fault(`${faultPath}.${i}.label`) || fault(`${faultPath}.${i}.key`) ? "error" : ""}
                  value={option.label[language] ?? ""}
                  onChange={(event) =>
                    change((all) =>
                      replaced(all, i, { label: setWords(option.label, language, event.target.value) }),
                    )
                  }
                  onKeyDown={(event) => {
                    if (event.nativeEvent.isComposing) return;
                    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
                      event.preventDefault();
                      change((all) => moved(all, i, i + (event.key === "ArrowUp" ? -1 : 1)));
                    } else if (event.key === "Enter") {
                      event.preventDefault();
                      onChange(addOption(options, path, {}));
                    }
                  }}
                />
              ))}
              {deep && here.length < 5 && (
                <Button
                  type="text"
                  size="small"
                  title={t("field.addBelow")}
                  aria-label={t("field.addBelowOf", { name })}
                  icon={<CornerDownRight size={14} />}
                  onClick={() => onChange(addOption(options, here, {}))}
                />
              )}
              <RemoveButton
                label={t("field.removeOption", { name })}
                onClick={() => change((all) => without(all, i))}
              />
            </div>
            {option.children.length > 0 &&
              !closed[id] &&
              rows(option.children, here, `${faultPath}.${i}.children`)}
          </li>
        );
      })}
    </ul>
  );

  return (
    <Field label={t("field.options")} help={t("field.optionsHelp")} required problem={fault(props.path)}>
      {rows(options, [], props.path)}
      <div className="qs-row">
        <AddButton disabled={options.length >= 500} onClick={() => onChange(addOption(options, [], {}))}>
          {t("field.addOption")}
        </AddButton>
        <Button
          size="small"
          icon={<ClipboardPaste size={14} aria-hidden />}
          onClick={() => setText(optionsText(options))}
        >
          {t("field.paste")}
        </Button>
        <span className="qk-muted">{t("field.count", { count: countOptions(options) })}</span>
      </div>
      {text !== null && (
        <Modal
          open
          width={640}
          title={t("field.paste")}
          okText={t("field.take", { count: countOptions(parsed) })}
          cancelText={t("cancel")}
          okButtonProps={{ disabled: parsed.length === 0 }}
          onCancel={() => setText(null)}
          onOk={() => {
            onChange(parsed);
            setText(null);
          }}
        >
          <p className="qk-muted">{t(deep ? "field.pasteTree" : "field.pasteFlat")}</p>
          <Input.TextArea
            className="tt-mono"
            autoFocus
            aria-label={t("field.paste")}
            autoSize={{ minRows: 10, maxRows: 20 }}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </Modal>
      )}
    </Field>
  );
}
