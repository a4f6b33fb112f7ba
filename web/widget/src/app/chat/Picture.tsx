import { useEffect, useState } from "preact/hooks";
import type { FilePayload } from "../../core/types.ts";
import { safeHref } from "../../markdown/parse.ts";
import { useApp } from "../context.ts";
import { Icon } from "../icons.tsx";
import { Overlay } from "./Overlay.tsx";

const WIDEST = 240;
const TALLEST = 300;

/** A picture with its place kept free while it loads, and the whole of it on a click. */
export function Picture(p: {
  payload: Partial<FilePayload>;
  clientId: string | null;
  pending?: boolean;
  progress?: number;
  onReady: () => void;
}) {
  const { t, localImage, loadLocalImage } = useApp();
  const [local, setLocal] = useState(localImage(p.clientId));
  const [shown, setShown] = useState(false);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    if (p.pending && p.clientId) void loadLocalImage(p.clientId).then(setLocal);
  }, [p.clientId, p.pending]);
  const remote = p.payload.thumb_url ?? p.payload.url ?? null;
  const src = local ?? (remote ? safeHref(remote) : null);
  const full = p.payload.url ? safeHref(p.payload.url) : src;
  const name = p.payload.name ?? "";
  const w = p.payload.width ?? WIDEST;
  const h = p.payload.height ?? Math.round(WIDEST * 0.75);
  const scale = Math.min(1, WIDEST / w, TALLEST / h);
  const box = {
    width: `${Math.max(48, Math.round(w * scale))}px`,
    height: `${Math.max(48, Math.round(h * scale))}px`,
  };
  if (!src || broken)
    return (
      <span class="picture missing" style={box}>
        <Icon name="file" /> {name}
      </span>
    );
  return (
    <>
      <button
        type="button"
        class="picture"
        style={box}
        aria-label={t("a11y.image", { name })}
        onClick={() => setShown(true)}
      >
        <img src={src} alt={name} onLoad={p.onReady} onError={() => setBroken(true)} />
        {p.progress !== undefined && (
          <span class="picture-progress">
            <span class="spinner" />
            {Math.round(p.progress * 100)}%
          </span>
        )}
      </button>
      {shown && (
        <Overlay title={name || t("image.label")} dark onClose={() => setShown(false)}>
          <button type="button" class="lightbox" aria-label={t("a11y.back")} onClick={() => setShown(false)}>
            <img src={full ?? src} alt={name} />
          </button>
          {full?.startsWith("http") || full?.startsWith("/") ? (
            <a class="lightbox-get" href={full} download={name} target="_blank" rel="noopener noreferrer">
              <Icon name="download" size={18} /> {t("file.download", { name })}
            </a>
          ) : null}
        </Overlay>
      )}
    </>
  );
}
