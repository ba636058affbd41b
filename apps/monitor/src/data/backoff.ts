const WAIT_MIN = 500;
const WAIT_MAX = 15000;

/** Milliseconds before the attempt of this number (from 1): more each time, partly by chance. */
export function backoff(attempt: number, chance: number): number {
  const most = Math.min(WAIT_MAX, WAIT_MIN * 2 ** (attempt - 1));
  return most / 2 + (most / 2) * chance;
}
