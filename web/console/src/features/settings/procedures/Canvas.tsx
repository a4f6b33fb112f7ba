import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { AlertTriangle } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useLocale, useT } from "@/app/i18n";
import type { Step } from "../../tickets/sop/types";
import { connect, type Fault, gist, type ProcedureDocument, places, waysOf } from "./model";

type CardNode = Node<
  {
    step: Step;
    title: string;
    text: string;
    fault: string | null;
    here: boolean;
    seen: boolean;
    options: string[];
  },
  "card"
>;

/** The dots below a step: one for each way out of it. */
const dotsOf = (step: Step): string[] =>
  step.type === "end"
    ? []
    : step.type === "choice"
      ? (step.options ?? []).map((_, i) => `options.${i}.next`)
      : [
          ...(step.cases ?? []).map((_, i) => `cases.${i}.next`),
          "next",
          ...(step.type === "check" ? ["failed"] : []),
        ];

function Card({ data, selected }: NodeProps<CardNode>) {
  const { step } = data;
  const dots = dotsOf(step);
  return (
    <div
      className={`qf-card qp-card--${step.type} ${selected ? "qf-card--on" : ""} ${data.here ? "qf-card--here" : ""} ${data.seen ? "qf-card--seen" : ""}`}
    >
      <Handle type="target" position={Position.Top} />
      <div className="qf-card__head">
        <span>{data.title}</span>
        <code>{step.id}</code>
        {data.fault ? (
          <span title={data.fault} className="qf-card__fault">
            <AlertTriangle size={14} aria-label={data.fault} />
          </span>
        ) : null}
      </div>
      <div className="qf-card__text">{data.text}</div>
      {dots.map((id, i) => (
        <Handle
          key={id}
          id={id}
          type="source"
          position={Position.Bottom}
          title={data.options[i]}
          style={{ left: `${((i + 1) * 100) / (dots.length + 1)}%` }}
        />
      ))}
    </div>
  );
}

const NODE_TYPES = { card: Card };
const FIT = { padding: 0.08, maxZoom: 1 };

/** The procedure as a picture: steps are dragged, ways are drawn from the dots below a step to another. */
export function Canvas(props: {
  doc: ProcedureDocument;
  faults: Fault[];
  selected: string | null;
  seen: { path: string[]; step: string | null } | null;
  dark: boolean;
  onSelect: (id: string | null) => void;
  onChange: (doc: ProcedureDocument) => void;
}) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const locale = useLocale();
  const { doc, faults, selected, seen } = props;
  const spots = useMemo(() => places(doc), [doc]);
  const view = useRef<ReactFlowInstance<CardNode> | null>(null);
  const count = useRef(doc.steps.length);
  useEffect(() => {
    const more = doc.steps.length > count.current;
    count.current = doc.steps.length;
    // A new step comes into sight. The picture measures it first.
    const shown = more ? setTimeout(() => void view.current?.fitView(FIT), 60) : undefined;
    return () => clearTimeout(shown);
  }, [doc.steps.length]);
  const nodes: CardNode[] = doc.steps.map((step) => ({
    id: step.id,
    type: "card",
    position: { x: spots[step.id]![0], y: spots[step.id]![1] },
    selected: step.id === selected,
    ariaLabel: `${kinds(`type.${step.type}`, { defaultValue: step.type })} ${step.id}`,
    data: {
      step,
      title: kinds(`type.${step.type}`, { defaultValue: step.type }),
      text: gist(step, locale),
      fault: faults.find((f) => f.step === step.id)?.text ?? null,
      here: seen?.step === step.id,
      seen: seen?.path.includes(step.id) ?? false,
      options: (step.options ?? []).map((one) => one.label[locale] ?? one.key),
    },
  }));
  const ids = new Set(doc.steps.map((step) => step.id));
  const edges: Edge[] = doc.steps.flatMap((step) =>
    waysOf(doc, step)
      .filter((way) => ids.has(way.target))
      .map((way) => {
        const option = way.kind === "option" ? step.options?.[Number(way.field.split(".")[1])] : undefined;
        return {
          id: `${step.id}:${way.field}`,
          source: step.id,
          sourceHandle: way.field,
          target: way.target,
          markerEnd: { type: MarkerType.ArrowClosed },
          className: way.kind === "failed" ? "qf-edge--failed" : "",
          ...(option ? { label: option.label[locale] ?? option.key } : {}),
          ...(way.kind === "failed" ? { label: t("failed_short") } : {}),
        };
      }),
  );
  return (
    <section className="qf-canvas" aria-label={t("view.canvas")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={props.dark ? "dark" : "light"}
        fitView
        fitViewOptions={FIT}
        onInit={(instance) => {
          view.current = instance;
        }}
        minZoom={0.15}
        deleteKeyCode={null}
        onNodeClick={(_, node) => props.onSelect(node.id)}
        onPaneClick={() => props.onSelect(null)}
        onNodesChange={(changes) => {
          const moved = changes.flatMap((c) => (c.type === "position" && c.position ? [c] : []));
          if (!moved.length) return;
          const layout: Record<string, [number, number]> = { ...spots };
          for (const one of moved)
            layout[one.id] = [Math.round(one.position!.x), Math.round(one.position!.y)];
          props.onChange({ ...doc, layout });
        }}
        onConnect={(way) => props.onChange(connect(doc, way.source, way.sourceHandle ?? "next", way.target))}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
