/** A snippet with `<mark>` from the server: the marks are kept, everything else is text. Never parsed as HTML. */
export function Highlight(props: { html: string }) {
  const decode = (text: string) =>
    text
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&#(?:39|x27);/g, "'")
      .replace(/&amp;/g, "&");
  const parts = props.html.split(/(<mark>.*?<\/mark>)/gs);
  return (
    <>
      {parts.map((part, index) => {
        const hit = part.match(/^<mark>(.*)<\/mark>$/s);
        return hit ? <mark key={index}>{decode(hit[1]!)}</mark> : <span key={index}>{decode(part)}</span>;
      })}
    </>
  );
}
