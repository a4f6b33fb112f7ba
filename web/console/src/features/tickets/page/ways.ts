import type { Move, TicketView } from "../types";

type Standing = Pick<TicketView, "status" | "waiting_on">;

/** Whether a way on asks for something first. */
export const asks = (move: Move): boolean => move.missing.length > 0 || move.require_comment;

/** Only an approval nobody has asked for yet stands in the way: choosing it asks for one. */
export const approvable = (move: Move, ticket: Standing): boolean =>
  !move.allowed && move.why === "approval" && ticket.waiting_on?.kind !== "approval";

/** Somebody else's turn: going on without them is possible, and not what is next. */
const awaited = (ticket: Standing): boolean =>
  ticket.status === "on_hold" && ["approval", "department"].includes(ticket.waiting_on?.kind ?? "");

/** Brings it on, rather than putting it off, ending it with an explanation, or beginning again with what is done. */
export const forward = (move: Move, ticket: Standing): boolean =>
  !awaited(ticket) &&
  (ticket.status === "solved" ? ["closed"] : ["open", "solved"]).includes(move.to.status) &&
  ticket.status !== "closed" &&
  !move.require_comment;

/** What can be chosen before what is closed; what brings it on first, then what does something beside waiting. */
export function ordered(moves: readonly Move[], ticket: Standing): Move[] {
  const rank = (move: Move) => {
    if (!move.allowed && !approvable(move, ticket)) return 3;
    if (forward(move, ticket)) return 0;
    return move.effects.length > 0 ? 1 : 2;
  };
  return [...moves].sort((a, b) => rank(a) - rank(b));
}
