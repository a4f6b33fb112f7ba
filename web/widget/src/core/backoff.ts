/** Full-jitter exponential delay: many widgets that lost one server must not come back as one wave. */
export function backoff(attempt: number, random: number, base = 500, cap = 30_000): number {
  const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
