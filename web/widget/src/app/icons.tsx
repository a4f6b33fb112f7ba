const PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M5 12l14-7-4.5 14-3-6.5z",
  clip: "M20 11.5l-7.8 7.8a5 5 0 01-7.1-7.1l8.1-8.1a3.3 3.3 0 014.7 4.7l-8.1 8.1a1.7 1.7 0 01-2.4-2.4l7.5-7.4",
  smile:
    "M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14.2c.8 1.2 2 1.9 3.5 1.9s2.7-.7 3.5-1.9M9 9.7h.01M15 9.7h.01",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20c.7-3.5 3.7-5.5 7.5-5.5s6.8 2 7.5 5.5",
  headset:
    "M4.5 14v-2.5a7.5 7.5 0 0115 0V14M4.5 14.5a1.5 1.5 0 011.5-1.5h1v5H6a1.5 1.5 0 01-1.5-1.5zM19.5 14.5a1.5 1.5 0 00-1.5-1.5h-1v5h1a1.5 1.5 0 001.5-1.5zM18 18c-.5 1.7-2 2.5-4.5 2.5",
  chevron: "M9 6l6 6-6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7.5V12l3 2",
  alert: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 8v5M12 16.3h.01",
  up: "M7 11v9H4.5v-9zM7 11l4-7.5c1.5 0 2.3 1 2 2.5l-.6 3h5.1c1.3 0 2.2 1.2 1.9 2.4l-1.5 6.7c-.2 1-1 1.7-2 1.9H7",
  thumbDown:
    "M17 13V4h2.5v9zM17 13l-4 7.5c-1.5 0-2.3-1-2-2.5l.6-3H6.5c-1.3 0-2.2-1.2-1.9-2.4l1.5-6.7c.2-1 1-1.7 2-1.9H17",
  book: "M5 5.5A2.5 2.5 0 017.5 3H19v15H7.5A2.5 2.5 0 005 20.5zM5 20.5A2.5 2.5 0 007.5 21H19v-3",
  file: "M13.5 3H7a2 2 0 00-2 2v14a2 2 0 002 2h10a2 2 0 002-2V8.5zM13.5 3v5.5H19",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  bell: "M6 16.5V11a6 6 0 0112 0v5.5l1.5 2h-15zM10 20.5h4",
  mute: "M6 16.5V11a6 6 0 019-5.2M18 11v5.5l1.5 2H8M10 20.5h4M4 4l16 16",
  mail: "M4 6h16v12H4zM4 7l8 6 8-6",
  phone:
    "M6 3.5h3l1.5 4.5-2 1.5c1 2.5 3 4.5 5.5 5.5l1.5-2 4.5 1.5v3c0 1-.8 2-2 2C10.5 19.5 4.5 13.5 4 5.5c0-1.2 1-2 2-2z",
  external: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 01-1 1H5a1 1 0 01-1-1V7a1 1 0 011-1h5",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  retry: "M19 12a7 7 0 11-2.3-5.2M19 4v4h-4",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.7 12.5h8.6L17 7",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The bot's face: a face that is plainly not a person's. */
export function BotFace({ size = 32 }: { size?: number }) {
  return (
    <span class="avatar bot-face" style={{ width: `${size}px`, height: `${size}px` }} aria-hidden="true">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M16 5.5v3" class="stroke" />
        <circle cx="16" cy="4.7" r="1.5" class="fill" />
        <rect x="6" y="8.5" width="20" height="16" rx="6" class="fill" />
        <circle cx="12.2" cy="15.7" r="1.9" class="eye" />
        <circle cx="19.8" cy="15.7" r="1.9" class="eye" />
        <path d="M12.5 20.3c2.2 1.3 4.8 1.3 7 0" class="mouth" />
      </svg>
    </span>
  );
}

export function Avatar({ name, url, size = 32 }: { name: string; url?: string | null; size?: number }) {
  const box = { width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.42)}px` };
  if (url) return <img class="avatar" style={box} src={url} alt="" width={size} height={size} />;
  // A Chinese name is known by its last character(s), a Latin one by its first.
  const letter = /^[㐀-鿿]/.test(name) ? name.slice(-1) : name.slice(0, 1).toUpperCase();
  return (
    <span class="avatar letter" style={box} aria-hidden="true">
      {letter || "·"}
    </span>
  );
}

const MOUTHS = [
  "M10 23c3.2-4.2 8.8-4.2 12 0",
  "M11 22c2.8-2.4 7.2-2.4 10 0",
  "M11 21.5h10",
  "M11 20.5c2.8 2.4 7.2 2.4 10 0",
  "M9.5 19c1 5.8 12 5.8 13 0z",
];

/** How it was, 1 to 5, drawn rather than written as emoji: those look different, or are missing, on every system. */
export function Face({ score }: { score: number }) {
  return (
    <svg class={`face face-${score}`} viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="14" />
      <path d="M11.5 12.5v1.2M20.5 12.5v1.2" />
      <path d={MOUTHS[score - 1]} class={score === 5 ? "grin" : ""} />
    </svg>
  );
}
