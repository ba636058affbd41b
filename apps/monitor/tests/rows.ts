import type { FlowRow, Message, Overview } from '../src/data/world';

/** A row of a flow at rest, but for what is said. */
export function row(flow: string, more: Partial<FlowRow> = {}): FlowRow {
  return {
    flow, type: flow.split('|')[0]!, id: null, kind: 'query', status: 'idle', since: null,
    checkpoint: 1, latest: 1, error_position: null, error_message: null, done: false, hosted: true,
    inert: false, skipped: 0, lag: 0, oldest: null, oldest_time: null, in_memory: true, waiting: 0,
    handled: 2, rate: 0, batches: 1, batch_p50: 1, batch_p95: 1, full: 0, aged: 0, dry: 1,
    reading: 0, ...more,
  };
}

/** A message of the monitor about these flows. */
export function message(of: string, sequence: number, flows: FlowRow[] = [],
                        more: Partial<Message> = {}): Message {
  return { message: of, sequence, at: '2026-11-26T12:00:00.000000Z', types: [], flows,
           overview: { tail: sequence } as Overview, ...more };
}
