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
import {
  connect,
  type Fault,
  type FlowDocument,
  gist,
  places,
  type Step,
  type StepType,
  waysOf,
} from "./model";

type CardNode = Node<
  { step: Step; title: string; text: string; fault: string | null; waiting: boolean; visited: boolean },
  "card"
>;

function Card({ data, selected }: NodeProps<CardNode>) {
  const { step } = data;
  const outs =
    step.type === "branch" ? (step.cases ?? []).map((_, i) => `cases.${i}.next`).concat("next") : ["next"];
  const ends = step.type === "end" || step.type === "handoff";
  return (
    <div
      className={`qf-card qf-card--${step.type} ${selected ? "qf-card--on" : ""} ${data.waiting ? "qf-card--here" : ""} ${data.visited ? "qf-card--seen" : ""}`}
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
      {ends
        ? null
        : outs.map((id, i) => (
            <Handle
              key={id}
              id={id}
              type="source"
              position={Position.Bottom}
              style={{ left: `${((i + 1) * 100) / (outs.length + 1)}%` }}
            />
          ))}
    </div>
  );
}

// Two or three steps are not blown up to fill the screen.
const FIT = { maxZoom: 1, duration: 150 };
const NODE_TYPES = { card: Card };

export interface Seen {
  path: string[];
  step: string | null;
}

/** The flow as a picture: steps are dragged, ways are drawn from the dots below a step to another. */
export function Canvas(props: {
  flow: FlowDocument;
  faults: Fault[];
  selected: string | null;
  seen: Seen | null;
  dark: boolean;
  onSelect: (id: string | null) => void;
  onChange: (flow: FlowDocument) => void;
}) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const { flow, faults, selected, seen } = props;
  const spots = useMemo(() => places(flow), [flow]);
  const view = useRef<ReactFlowInstance<CardNode> | null>(null);
  const count = useRef(flow.steps.length);
  useEffect(() => {
    const more = flow.steps.length > count.current;
    count.current = flow.steps.length;
    // A new step comes into sight. The picture measures it first.
    const shown = more ? setTimeout(() => void view.current?.fitView(FIT), 60) : undefined;
    return () => clearTimeout(shown);
  }, [flow.steps.length]);
  const nodes: CardNode[] = flow.steps.map((step) => ({
    id: step.id,
    type: "card",
    position: { x: spots[step.id]![0], y: spots[step.id]![1] },
    selected: step.id === selected,
    ariaLabel: `${t(`type.${step.type}`)} ${step.id}`,
    data: {
      step,
      title: t(`type.${step.type as StepType}`),
      text: gist(flow, step, locale),
      fault: faults.find((f) => f.step === step.id)?.text ?? null,
      waiting: seen?.step === step.id,
      visited: seen?.path.includes(step.id) ?? false,
    },
  }));
  const ids = new Set(flow.steps.map((step) => step.id));
  const edges: Edge[] = flow.steps.flatMap((step) =>
    waysOf(flow, step)
      .filter((way) => ids.has(way.target))
      .map((way) => ({
        id: `${step.id}:${way.field}`,
        source: step.id,
        sourceHandle: way.kind === "case" ? way.field : "next",
        target: way.target,
        markerEnd: { type: MarkerType.ArrowClosed },
        className: `qf-edge--${way.kind}`,
        ...(way.kind === "error" ? { label: way.field.replace("on_error.", "") } : {}),
        ...(way.kind === "failed" ? { label: t("field.failed_short") } : {}),
      })),
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
        minZoom={0.2}
        deleteKeyCode={null}
        onNodeClick={(_, node) => props.onSelect(node.id)}
        onPaneClick={() => props.onSelect(null)}
        onNodesChange={(changes) => {
          // What a person picks, by keyboard as well. The library's own word on what is selected trails behind ours: with
          // two steps added one after the other, each would go on calling the other back for ever.
          const picked = changes.find((c) => c.type === "select" && c.selected);
          if (picked && "id" in picked && picked.id !== selected) props.onSelect(picked.id);
          const moved = changes.flatMap((c) => (c.type === "position" && c.position ? [c] : []));
          if (!moved.length) return;
          const layout: Record<string, [number, number]> = { ...spots };
          for (const one of moved)
            layout[one.id] = [Math.round(one.position!.x), Math.round(one.position!.y)];
          props.onChange({ ...flow, layout });
        }}
        onConnect={(way) => props.onChange(connect(flow, way.source, way.sourceHandle ?? "next", way.target))}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
