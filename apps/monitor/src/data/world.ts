// What `/v1/monitor` tells (docs/guide/monitor.md), put together from a snapshot and its deltas.

export interface Overview {
  application: string;
  version: string;
  state: string;
  reason: string | null;
  since: string | null;
  started: string;
  uptime: number;
  tail: number;
  head: number;
  append_rate: number;
  handled_rate: number;
  commit_rate: number;
  appended: number;
  handled: number;
  commits: number;
  flows: number;
  pending: number;
  stopped: number;
  lag: number;
  worst_flow: string | null;
  worst_lag: number | null;
  oldest_flow: string | null;
  oldest_time: string | null;
  timers_overdue: number;
  timers_soon: number;
  timer_next: string | null;
  commit_p50: number | null;
  commit_p99: number | null;
  flush_p50: number | null;
  flush_p99: number | null;
  disk_free: number | null;
  disk_size: number | null;
  store_size: number | null;
  connections: number;
  sockets: number;
  counted_at: string | null;
}

/** How many batches were handled why. */
export interface Causes {
  full: number | null;
  aged: number | null;
  dry: number | null;
  reading: number | null;
}

export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface TypeRow extends Causes {
  name: string;
  kind: string | null;
  single: boolean;
  hosted: boolean;
  inert: boolean;
  parked: boolean;
  flows: number;
  pending: number;
  stopped: number;
  checkpoint: number | null;
  latest: number | null;
  lag: number;
  oldest_time: string | null;
  state_bytes: number;
  last_error: { flow: string; position: number; message: string; skipped: boolean } | null;
  back_fill: { version: number; percent: number } | null;
  handled: number;
  batches: number;
  rate: number;
  batch_events: Percentiles; // of the last minute
  batch_seconds: Percentiles;
  retries: number;
}

export type Status = 'idle' | 'pending' | 'stopped';

export interface FlowRow extends Causes {
  flow: string;
  type: string;
  id: string | null;
  kind: string | null;
  status: Status;
  since: string | null;
  checkpoint: number | null;
  latest: number | null;
  error_position: number | null;
  error_message: string | null;
  done: boolean;
  hosted: boolean;
  inert: boolean;
  skipped: number;
  lag: number;
  oldest: number | null;
  oldest_time: string | null;
  in_memory: boolean;
  waiting: number | null;
  handled: number | null;
  rate: number | null;
  batches: number | null;
  batch_p50: number | null;
  batch_p95: number | null;
}

export interface Topology {
  events: { event: string; rate: number }[];
  observes: { event: string; type: string; rate: number }[];
  emits: { type: string; event: string; rate: number }[];
}

/** Figures of the last 15 minutes, oldest first: `age` in seconds, and a column for each. */
export type Recent = Record<string, (number | null)[]>;

export interface Message {
  message: string;
  sequence: number;
  at: string;
  overview: Overview;
  types: TypeRow[];
  flows: FlowRow[];
  topology?: Topology;
  flows_gone?: string[];
  types_gone?: string[];
  view?: { limit: number };
  history?: Recent;
}

/** Never changed, always replaced: `at` is in milliseconds. `changed`: keys of the last message. */
export interface World {
  sequence: number;
  at: number;
  overview: Overview;
  types: ReadonlyMap<string, TypeRow>;
  flows: ReadonlyMap<string, FlowRow>;
  topology: Topology;
  limit: number;
  changed: readonly FlowRow[];
}

const NO_TOPOLOGY: Topology = { events: [], observes: [], emits: [] };

/** The world after the message. Throws when one is missing: only a new snapshot helps then. */
export function apply(world: World | null, message: Message): World {
  const at = Date.parse(message.at);
  if (message.message === 'snapshot') {
    return {
      sequence: message.sequence,
      at,
      overview: message.overview,
      types: new Map(message.types.map((row) => [row.name, row])),
      flows: new Map(message.flows.map((row) => [row.flow, row])),
      topology: message.topology ?? NO_TOPOLOGY,
      limit: message.view?.limit ?? message.flows.length,
      changed: message.flows,
    };
  }
  if (message.message !== 'delta') return world ?? fail(`unknown message ${message.message}`);
  if (!world || message.sequence !== world.sequence + 1) {
    return fail(`message ${message.sequence} after ${world?.sequence ?? 'none'}`);
  }
  return {
    ...world,
    sequence: message.sequence,
    at,
    overview: message.overview,
    types: replaced(world.types, message.types, (row) => row.name, message.types_gone),
    flows: replaced(world.flows, message.flows, (row) => row.flow, message.flows_gone),
    topology: message.topology ?? world.topology,
    changed: message.flows,
  };
}

function fail(why: string): never {
  throw new Error(why);
}

function replaced<Row>(before: ReadonlyMap<string, Row>, rows: Row[], key: (row: Row) => string,
                       gone: string[] = []): ReadonlyMap<string, Row> {
  if (rows.length === 0 && gone.length === 0) return before;
  const after = new Map(before);
  for (const name of gone) after.delete(name);
  for (const row of rows) after.set(key(row), row);
  return after;
}
