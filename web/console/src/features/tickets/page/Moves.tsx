import { Button, Dropdown, Tooltip } from "antd";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { useWords } from "../bits";
import type { Move, TicketView } from "../types";
import { asks, useTakeMove } from "./moving";

const INLINE = 3;
/** Brings it on, rather than putting it off or ending it with an explanation. */
const forward = (move: Move) => ["open", "solved"].includes(move.to.status) && !move.require_comment;

/** Why a way on is closed to this person, or what it asks for. */
export function useWhy(): (move: Move) => string | null {
  const t = useT("tickets");
  return (move) => {
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
  const why = useWhy();
  const [busy, setBusy] = useState<string | null>(null);
  if (!ticket.may?.move) return null;
  const moves = [...(ticket.moves ?? [])].sort((a, b) => Number(b.allowed) - Number(a.allowed));
  if (moves.length === 0) return null;
  const shown = moves.slice(0, moves.length === INLINE + 1 ? INLINE + 1 : INLINE);
  const rest = moves.slice(shown.length);
  // What brings it forward stands out; waiting does not.
  const primary = shown.find((move) => move.allowed && forward(move));
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
              disabled={!move.allowed}
              loading={busy === move.key}
              aria-describedby={why(move) ? `why-${move.key}` : undefined}
              onClick={() => void go(move)}
            >
              {words(move.label, move.key)}
              {asks(move) && move.allowed ? "…" : ""}
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
              disabled: !move.allowed,
              label: (
                <span className="q-tk__move">
                  <span>
                    {words(move.label, move.key)}
                    {asks(move) && move.allowed ? "…" : ""}
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
