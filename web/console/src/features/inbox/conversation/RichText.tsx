import { Fragment, memo, type ReactNode } from "react";

const URL_PATTERN = /https?:\/\/[^\s<>"'，。；、）】]+/g;

function inline(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  // **bold**, `code`, [title](url), bare addresses; all else is text.
  const pattern =
    /\*\*([^*\n]+)\*\*|`([^`\n]+)`|\[([^\]\n]+)\]\((https?:\/\/[^)\s]+)\)|(https?:\/\/[^\s<>"'，。；、）】]+)/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) out.push(text.slice(from, match.index));
    const key = match.index;
    if (match[1]) out.push(<strong key={key}>{match[1]}</strong>);
    else if (match[2]) out.push(<code key={key}>{match[2]}</code>);
    else {
      const href = (match[4] ?? match[5])!;
      out.push(
        <a key={key} href={href} target="_blank" rel="noreferrer noopener">
          {match[3] ?? href}
        </a>,
      );
    }
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push(text.slice(from));
  return out;
}

/** Text of a message: lines, lists, links and the little markup answers use. Builds elements, never HTML. */
export const RichText = memo(function RichText({ text }: { text: string }) {
  if (!/[*`[\n]/.test(text) && !text.match(URL_PATTERN)) return <div className="q-text">{text}</div>;
  return (
    <div className="q-text">
      {text.split("\n").map((line, index) => {
        const heading = line.match(/^#{1,4}\s+(.*)$/);
        const item = line.match(/^\s*(?:[-*•]|(\d+)[.)、])\s+(.*)$/);
        if (heading)
          return (
            <strong key={index} className="q-text__line">
              {inline(heading[1]!)}
            </strong>
          );
        if (item)
          return (
            <div key={index} className="q-text__item">
              <span>{item[1] ? `${item[1]}.` : "•"}</span>
              <span>{inline(item[2]!)}</span>
            </div>
          );
        return (
          <Fragment key={index}>
            <span className="q-text__line">{line ? inline(line) : "\u00a0"}</span>
          </Fragment>
        );
      })}
    </div>
  );
});
