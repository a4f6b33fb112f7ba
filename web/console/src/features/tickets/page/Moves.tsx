import { Button, Dropdown, Tooltip } from "antd";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { useWords } from "../bits";
import type { Move, TicketView } from "../types";
import { useTakeMove } from "./moving";
import { approvable, asks, forward, ordered } from "./ways";

const INLINE = 3;

/** Why a way on is closed to this person, or what it asks for. */
function useWhy(ticket: TicketView): (move: Move) => string | null {
  const t = useT("tickets");
  return (move) => {
    if (approvable(move, ticket)) return t("move.asks_approval");
    if (!move.allowed) {
      const known = t(`move.why.${move.why}`);
      return known === `move.why.${move.why}` ? t("move.why.other") : known;
    }
    return asks(move) ? t("move.asks") : null;
  };
}

/** The ways on from here: the ones that are open first; the closed ones say why. */
export function Moves({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const words = useWords();
  const take = useTakeMove(ticket);
  const why = useWhy(ticket);
  const [busy, setBusy] = useState<string | null>(null);
  if (!ticket.may?.move) return null;
  const moves = ordered(ticket.moves ?? [], ticket);
  if (moves.length === 0) return null;
  const shown = moves.slice(0, moves.length === INLINE + 1 ? INLINE + 1 : INLINE);
  const rest = moves.slice(shown.length);
  // What brings it forward stands out; waiting does not.
  const open = (move: Move) => move.allowed || approvable(move, ticket);
  const more = (move: Move) => (open(move) && (asks(move) || !move.allowed) ? "…" : "");
  const primary = shown.find((move) => open(move) && forward(move, ticket));
  const go = async (move: Move) => {
    setBusy(move.key);
    await take(move);
    setBusy(null);
  };
  return (
    <span className="q-tk__moves" role="group" aria-label={t("move.label")}>
      {shown.map((move) => (
        <Tooltip
          key={move.key}
          title={
            <>
              <div>{t("move.to", { state: words(move.to.label, move.to.key) })}</div>
              {why(move) ? <div>{why(move)}</div> : null}
            </>
          }
        >
          {/* A button that is off hears no pointer; the wrap does. */}
          <span>
            <Button
              size="small"
              type={move === primary ? "primary" : "default"}
              disabled={!open(move)}
              loading={busy === move.key}
              aria-describedby={why(move) ? `why-${move.key}` : undefined}
              onClick={() => void go(move)}
            >
              {words(move.label, move.key)}
              {more(move)}
            </Button>
            {why(move) ? (
              <span id={`why-${move.key}`} className="q-sr">
                {why(move)}
              </span>
            ) : null}
          </span>
        </Tooltip>
      ))}
      {rest.length > 0 ? (
        <Dropdown
          trigger={["click"]}
          placement="bottomRight"
          menu={{
            items: rest.map((move) => ({
              key: move.key,
              disabled: !open(move),
              label: (
                <span className="q-tk__move">
                  <span>
                    {words(move.label, move.key)}
                    {more(move)}
                  </span>
                  <small>
                    {move.allowed ? t("move.to", { state: words(move.to.label, move.to.key) }) : why(move)}
                  </small>
                </span>
              ),
              onClick: () => void go(move),
            })),
          }}
        >
          <Button
            size="small"
            aria-label={t("head.more_moves")}
            icon={<ChevronDown size={15} aria-hidden />}
          />
        </Dropdown>
      ) : null}
    </span>
  );
}
