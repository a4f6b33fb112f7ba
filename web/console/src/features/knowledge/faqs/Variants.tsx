import { Button, Input } from "antd";
import { Plus, X } from "lucide-react";
import { useRef, useState } from "react";
import { useT } from "@/app/i18n";
import { mergeVariants, readVariants } from "../importing/model";

/** Similar phrasings: Enter adds one, pasting many lines adds them all. */
export function Variants(props: { question: string; value: string[]; onChange: (value: string[]) => void }) {
  const t = useT("knowledge");
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const end = useRef<HTMLLIElement>(null);
  const add = (lines: string[]) => {
    const { variants, fresh } = mergeVariants(props.question, props.value, lines);
    props.onChange(variants);
    setText("");
    setNote(t("variants.added", { count: fresh, skipped: lines.length - fresh }));
    requestAnimationFrame(() => end.current?.scrollIntoView({ block: "nearest" }));
  };
  return (
    <div>
      {props.value.length > 0 && (
        <ul className="kn-variants">
          {props.value.map((variant, index) => (
            <li key={index} ref={index === props.value.length - 1 ? end : undefined}>
              <Input
                value={variant}
                maxLength={300}
                aria-label={t("variants.n", { n: index + 1 })}
                onChange={(event) =>
                  props.onChange(props.value.map((old, i) => (i === index ? event.target.value : old)))
                }
                onBlur={() => {
                  if (!variant.trim()) props.onChange(props.value.filter((_, i) => i !== index));
                }}
              />
              <Button
                type="text"
                icon={<X size={14} />}
                aria-label={t("variants.remove", { text: variant })}
                onClick={() => props.onChange(props.value.filter((_, i) => i !== index))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="qs-row qs-nowrap">
        <Input
          id="faq-variant"
          value={text}
          maxLength={300}
          placeholder={t("variants.placeholder")}
          onChange={(event) => setText(event.target.value)}
          onPaste={(event) => {
            const lines = readVariants(event.clipboardData.getData("text"));
            if (lines.length > 1) {
              event.preventDefault();
              add(lines);
            }
          }}
          onPressEnter={(event) => {
            if (event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (text.trim()) add(readVariants(text));
          }}
        />
        <Button icon={<Plus size={14} />} disabled={!text.trim()} onClick={() => add(readVariants(text))}>
          {t("variants.add")}
        </Button>
      </div>
      <div className="qk-muted" aria-live="polite">
        {note}
      </div>
    </div>
  );
}
