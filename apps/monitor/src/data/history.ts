// The last fifteen minutes of some figures.

export const SPAN = 15 * 60 * 1000;

/** Samples of a few figures. Times are milliseconds and rise; what is older than SPAN goes. */
export class History {
  readonly times: number[] = [];
  readonly columns: (number | null)[][];
  private hole = false; // the last sample says that nothing is known

  constructor(width: number) {
    this.columns = Array.from({ length: width }, () => []);
  }

  /** The last sample is replaced while it is less than `gap` milliseconds after the one before. */
  add(time: number, values: (number | null)[], gap: number): void {
    const [before, last] = this.times.slice(-2);
    if (before !== undefined && last !== undefined && last - before < gap && !this.hole) {
      this.drop(this.times.length - 1, 1);
    }
    this.hole = false;
    this.times.push(time);
    this.columns.forEach((column, n) => column.push(values[n] ?? null));
    let old = 0;
    while ((this.times[old] ?? time) < time - SPAN) ++old;
    if (old > 60) this.drop(0, old); // many at once: an array is slow to shift
  }

  /** A hole: nothing is known between what was and what comes. */
  interrupt(): void {
    const last = this.times[this.times.length - 1];
    if (last === undefined || this.hole) return;
    this.hole = true;
    this.times.push(last + 1);
    for (const column of this.columns) column.push(null);
  }

  /** What somebody else knows of these times comes in the place of what was known of them. */
  refill(times: number[], rows: (number | null)[][]): void {
    const first = times[0];
    if (first === undefined) return;
    let from = this.times.length;
    while (from > 0 && this.times[from - 1]! >= first) --from;
    this.drop(from, this.times.length - from);
    this.hole = false;
    times.forEach((time, n) => this.add(time, rows[n] ?? [], 0));
  }

  private drop(from: number, many: number): void {
    this.times.splice(from, many);
    for (const column of this.columns) column.splice(from, many);
  }
}

export interface Point {
  x: number;
  y: number;
}

/** Where a line through a column goes in a box of width × height; one list for each piece of it. */
export function line(history: History, column: number, now: number, width: number,
                     height: number, most: number): Point[][] {
  const values = history.columns[column] ?? [];
  const pieces: Point[][] = [];
  let open: Point[] | null = null;
  history.times.forEach((time, n) => {
    const value = values[n];
    if (value === null || value === undefined || time < now - SPAN) {
      open = null;
      return;
    }
    if (!open) pieces.push((open = []));
    const x = width * (1 - (now - time) / SPAN);
    open.push({ x, y: height - (height * Math.max(0, value)) / (most || 1) });
  });
  return pieces;
}
