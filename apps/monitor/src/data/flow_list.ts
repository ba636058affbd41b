// Which flows the table shows, and in which order.
import type { FlowRow } from './world';

export const COLUMNS = ['status', 'flow', 'position', 'lag', 'age', 'rate', 'batch', 'cause',
                        'waiting'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  descending: boolean;
}

/** `-lag`: by lag, the most first. What is no order is the one by state. */
export function parseOrder(text: string | undefined): Order {
  const descending = text?.startsWith('-') ?? false;
  const column = (descending ? text?.slice(1) : text) as Column;
  return COLUMNS.includes(column) ? { column, descending }
    : { column: 'status', descending: false };
}

export const orderText = ({ column, descending }: Order) => (descending ? '-' : '') + column;

/** Figures begin with the most when a header is clicked first, names with the first. */
export function turned(order: Order, column: Column): Order {
  if (order.column === column) return { column, descending: !order.descending };
  return { column, descending: column !== 'flow' && column !== 'status' && column !== 'cause' };
}

export interface Filter {
  text: string;
  type: string;
  status: string;
}

export function matches(row: FlowRow, filter: Filter): boolean {
  return (!filter.status || row.status === filter.status) &&
    (!filter.type || row.type === filter.type) &&
    (!filter.text || row.flow.toLowerCase().includes(filter.text.toLowerCase()));
}

/** Why most of its batches were handled when they were; null: none yet. */
export function mainCause(row: FlowRow): string | null {
  const causes = [['dry', row.dry], ['aged', row.aged], ['full', row.full],
                  ['reading', row.reading]] as const;
  let best: string | null = null;
  let most = 0;
  for (const [name, batches] of causes) {
    if (batches !== null && batches > most) [best, most] = [name, batches];
  }
  return best;
}

const WEIGHT = { stopped: 0, pending: 1, idle: 2 };

/** What a column sorts by; what is not known comes last, whichever way. */
function value(row: FlowRow, column: Column): number | string | null {
  switch (column) {
    case 'status': return WEIGHT[row.status] ?? 3;
    case 'flow': return row.flow;
    case 'position': return row.checkpoint;
    case 'lag': return row.lag;
    case 'age': return row.oldest_time ? -Date.parse(row.oldest_time) : null;
    case 'rate': return row.rate;
    case 'batch': return row.batch_p50;
    case 'cause': return mainCause(row);
    case 'waiting': return row.waiting;
  }
}

/** Filtered and sorted. Equal ones: the most lag first, then by key, so that rows stay put. */
export function listed(rows: Iterable<FlowRow>, filter: Filter, order: Order): FlowRow[] {
  const kept = [...rows].filter((row) => matches(row, filter))
    .map((row) => ({ row, by: value(row, order.column) }));
  const sign = order.descending ? -1 : 1;
  kept.sort((a, b) => missing(a.by) - missing(b.by) || sign * compare(a.by, b.by) ||
    b.row.lag - a.row.lag || compare(a.row.flow, b.row.flow));
  return kept.map(({ row }) => row);
}

const missing = (x: unknown) => (x === null ? 1 : 0);

function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null || a === b) return 0;
  return a < b ? -1 : 1;
}
