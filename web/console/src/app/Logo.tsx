/** The bridge. */
export function Logo(props: { size?: number }) {
  return (
    <svg width={props.size ?? 32} height={props.size ?? 32} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--q-accent)" />
      <path
        d="M5 21.5h22M8 21.5v-3a8 8 0 0 1 16 0v3M13 21.5V18a3 3 0 0 1 6 0v3.5"
        fill="none"
        stroke="#fff"
        strokeWidth="2.1"
        strokeLinecap="round"
      />
    </svg>
  );
}
