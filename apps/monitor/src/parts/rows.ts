// The arithmetic of a grid that shows a part of its rows.

const BEYOND = 8; // rows above and below those in sight

/** Which rows exist: those in sight with some around them, and `kept` (-1: none). Rising. */
export function windowOf(rows: number, top: number, height: number, rowHeight: number,
                         kept: number): number[] {
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + BEYOND);
  const shown = Array.from({ length: Math.max(0, end - first) }, (_, n) => first + n);
  if (kept >= 0 && kept < first) shown.unshift(kept);
  if (kept >= end && kept < rows) shown.push(kept);
  return shown;
}

/** The row that a key leads to; null: the key is none of these, or there are no rows. */
export function moved(key: string, from: number, rows: number, page: number): number | null {
  if (rows === 0) return null;
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page,
               Home: 0, End: rows - 1 }[key];
  return to === undefined ? null : Math.min(rows - 1, Math.max(0, to));
}
