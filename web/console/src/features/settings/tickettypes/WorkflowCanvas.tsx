import {
  Background,
  type Connection,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { AlertTriangle, Flag } from "lucide-react";
import { useMemo, useState } from "react";
import { useT } from "@/app/i18n";
import { useEditor } from "./context";
import { places, wordsIn } from "./model";
import type { Status } from "./types";

export type Chosen = { kind: "state"; key: string } | { kind: "transition"; index: number } | null;

type Card = Node<
  {
    label: string;
    status: Status;
    word: string;
    count: string;
    initial: string | null;
    fault: string | null;
  },
  "state"
>;

function StateCard({ data, selected }: NodeProps<Card>) {
  return (
    <div className={`tt-node tt-status-${data.status} ${selected ? "tt-node-on" : ""}`}>
      <Handle type="target" position={Position.Left} />
      <div className="tt-node-head">
        {data.initial && <Flag size={13} aria-label={data.initial} />}
        <strong>{data.label}</strong>
        {data.fault && <AlertTriangle size={13} className="tt-wrong" aria-label={data.fault} />}
      </div>
      <small>
        {data.word}
        {data.count && ` · ${data.count}`}
      </small>
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

const NODES = { state: StateCard };
/** Up to so many transitions all their labels find room. */
const FEW = 8;
type Spots = Record<string, [number, number]>;

function recall(key: string): Spots {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Spots;
  } catch {
    return {};
  }
}

/** The workflow as a picture. Where states stand is the viewer's own affair and kept in this browser. */
export function WorkflowCanvas(props: {
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  onConnect: (from: string, to: string) => void;
}) {
  const t = useT("settings/tickettypes");
  const { definition, lang, fault, inUse, typeKey } = useEditor();
  const { workflow } = definition;
  const store = `qiao.tickettype.${typeKey ?? "new"}`;
  const [own, setOwn] = useState<Spots>(() => recall(store));
  const spots = useMemo(() => places(workflow.states, own), [workflow.states, own]);
  const nodes: Card[] = workflow.states.map((state, i) => ({
    id: state.key,
    type: "state",
    position: { x: spots[state.key]![0], y: spots[state.key]![1] },
    selected: props.chosen?.kind === "state" && props.chosen.key === state.key,
    ariaLabel: `${wordsIn(state.label, lang)} ${t(`status.${state.status}`)}`,
    data: {
      label: wordsIn(state.label, lang) || state.key,
      status: state.status,
      word: t(`status.${state.status}`),
      count: inUse[state.key] ? t("list.open", { count: inUse[state.key] }) : "",
      initial: workflow.initial === state.key ? t("state.initial") : null,
      fault: fault(`workflow.states.${i}`) ?? null,
    },
  }));
  const known = new Set(workflow.states.map((state) => state.key));
  const { chosen } = props;
  const few = workflow.transitions.length <= FEW;
  const edges: Edge[] = workflow.transitions.flatMap((transition, i) =>
    transition.from_states
      .filter((from) => known.has(from) && known.has(transition.to))
      .map((from) => {
        const on = chosen?.kind === "transition" && chosen.index === i;
        const leaves = chosen?.kind === "state" && chosen.key === from;
        const near = on || leaves || (chosen?.kind === "state" && chosen.key === transition.to);
        const wrong = fault(`workflow.transitions.${i}`) !== undefined;
        const words = wordsIn(transition.label, lang);
        return {
          id: `${i}:${from}`,
          source: from,
          target: transition.to,
          // One label for a way from several states, and in a crowd only those of what is chosen: more would cover
          // each other.
          ...(on || leaves || (few && transition.from_states[0] === from) ? { label: words } : {}),
          selected: on,
          markerEnd: { type: MarkerType.ArrowClosed },
          ariaLabel: words || transition.key,
          className: [
            on ? "tt-edge-on" : "",
            chosen !== null && !near ? "tt-edge-far" : "",
            wrong ? "tt-edge-wrong" : "",
          ].join(" "),
        };
      }),
  );
  return (
    <section className="tt-canvas" aria-label={t("workflow.picture")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        colorMode={document.documentElement.dataset.theme === "dark" ? "dark" : "light"}
        fitView
        fitViewOptions={{ padding: 0.04 }}
        minZoom={0.2}
        deleteKeyCode={null}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => props.onChoose({ kind: "state", key: node.id })}
        onEdgeClick={(_, edge) =>
          props.onChoose({ kind: "transition", index: Number(edge.id.split(":")[0]) })
        }
        onPaneClick={() => props.onChoose(null)}
        onNodesChange={(changes) => {
          const drags = changes.flatMap((one) => (one.type === "position" && one.position ? [one] : []));
          if (!drags.length) return;
          const next = { ...own };
          for (const one of drags) next[one.id] = [Math.round(one.position!.x), Math.round(one.position!.y)];
          setOwn(next);
          localStorage.setItem(store, JSON.stringify(next));
        }}
        onConnect={(way: Connection) => props.onConnect(way.source, way.target)}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
