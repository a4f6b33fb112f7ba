import { Flag } from "lucide-react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";

const PATH = "/bot/certainty/marks";

/** Says of an answer of the bot that it was wrong: the bot learns from it, and an editor is asked to look. */
export function WrongMark(props: { conversationId: Id; answerId: Id }) {
  const t = useT("inbox");
  const marks = useGet<{ answer_id: Id }[]>(
    PATH,
    { conversation_id: props.conversationId },
    { staleTime: 60_000 },
  );
  const wrong = marks.data?.some((mark) => mark.answer_id === props.answerId) ?? false;
  const say = useAct((yes: boolean) => (yes ? api.put : api.delete)<void>(`${PATH}/${props.answerId}`), {
    invalidates: [PATH],
  });
  if (!marks.data) return null;
  return (
    <span className={wrong ? "q-sources__wrong" : undefined}>
      {wrong ? `${t("wrong.marked")} · ` : null}
      <button
        type="button"
        className="q-link q-sources__mark"
        disabled={say.isPending}
        title={wrong ? undefined : t("wrong.hint")}
        onClick={() => say.mutate(!wrong)}
      >
        {wrong ? null : <Flag size={12} aria-hidden />}
        {t(wrong ? "wrong.take_back" : "wrong.mark")}
      </button>
    </span>
  );
}
