import { Button } from "antd";
import { AlertTriangle, ArrowDown, ArrowUp } from "lucide-react";
import { useLocale, useT } from "@/app/i18n";
import { type Fault, type FlowDocument, gist, moveStep, waysOf } from "./model";

/** The flow as a list: all of the editor by keyboard. */
export function StepList(props: {
  flow: FlowDocument;
  faults: Fault[];
  selected: string | null;
  onSelect: (id: string) => void;
  onChange: (flow: FlowDocument) => void;
}) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const { flow, faults, selected } = props;
  return (
    <ol className="qf-list" aria-label={t("view.list")}>
      {flow.steps.map((step, index) => {
        const fault = faults.find((f) => f.step === step.id);
        return (
          <li key={step.id} className={step.id === selected ? "qf-list__on" : undefined}>
            <button
              type="button"
              className="qf-list__step"
              aria-current={step.id === selected ? "true" : undefined}
              onClick={() => props.onSelect(step.id)}
              onKeyDown={(event) => {
                if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
                event.preventDefault();
                props.onChange(moveStep(flow, step.id, event.key === "ArrowUp" ? -1 : 1));
              }}
            >
              <span className="qf-list__head">
                <strong>{t(`type.${step.type}`)}</strong> <code>{step.id}</code>
                {fault ? <AlertTriangle size={14} className="qf-wrong" aria-label={fault.text} /> : null}
              </span>
              <span className="qf-list__text">{gist(flow, step, locale)}</span>
              <span className="qf-list__ways">
                {waysOf(flow, step)
                  .map((way) => `→ ${way.target}`)
                  .join("  ")}
              </span>
            </button>
            <Button
              type="text"
              size="small"
              aria-label={t("up", { step: step.id })}
              disabled={index === 0}
              icon={<ArrowUp size={14} aria-hidden />}
              onClick={() => props.onChange(moveStep(flow, step.id, -1))}
            />
            <Button
              type="text"
              size="small"
              aria-label={t("down", { step: step.id })}
              disabled={index === flow.steps.length - 1}
              icon={<ArrowDown size={14} aria-hidden />}
              onClick={() => props.onChange(moveStep(flow, step.id, 1))}
            />
          </li>
        );
      })}
    </ol>
  );
}
