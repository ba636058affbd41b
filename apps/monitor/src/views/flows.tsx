// The main table: every flow, how far it is and how it gets on.
import type { ComponentChildren } from 'preact';
import { computed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { overview, show, staleSince, VIEW_MAX, world } from '../data/feed';
import { count, duration, instant, plural, rate } from '../data/format';
import { listed, mainCause, orderText, parseOrder, turned, type Column } from '../data/flow_list';
import { flowAddress, replaceQuery, route } from '../data/route';
import type { FlowRow } from '../data/world';
import { FlowLink, State, stateOf } from '../parts/basics';
import { Grid, type GridColumn } from '../parts/grid';

const ROW_HEIGHT = 34;

const CAUSES: Record<string, string> = {
  dry: 'nothing more was on its way', aged: 'the oldest had waited long enough',
  full: 'as many waited as fit', reading: 'it reads its inbox: it was behind, or just loaded',
};

const number = (n: number | null) => n === 0 ? <i class="quiet">0</i> : count(n);

/** A flow that is not in memory (as one that stopped, or that rests) has no such figures. */
const loaded = (row: FlowRow, figure: ComponentChildren) => row.in_memory ? figure
  : <i class="quiet" title="not in memory">–</i>;

const columns: GridColumn<FlowRow, Column>[] = [
  { id: 'status', label: 'State', cell: (row) => <State {...stateOf(row)} /> },
  { id: 'flow', label: 'Flow', cell: (row) => <FlowLink flow={row.flow} tabIndex={-1} /> },
  { id: 'position', label: 'Position', number: true,
    title: 'The last event it handled, of the whole timeline', cell: (row) => <Bar row={row} /> },
  { id: 'lag', label: 'Lag', number: true, title: 'Events that wait for it',
    cell: (row) => number(row.lag) },
  { id: 'age', label: 'Age', number: true, title: 'How long the oldest of them has waited',
    cell: (row) => <Age row={row} /> },
  { id: 'rate', label: 'Rate', number: true, title: 'Events handled a second, over ten seconds',
    cell: (row) => loaded(row, row.rate ? rate(row.rate) : number(0)) },
  { id: 'batch', label: 'Batch', number: true, title: 'Half and 95 % of its batches are no larger',
    cell: (row) => loaded(row, !row.batches ? <i class="quiet">–</i>
      : <>{count(row.batch_p50)}<i class="quiet"> / {count(row.batch_p95)}</i></>) },
  { id: 'cause', label: 'Flush', title: 'Why most of its batches were handled when they were',
    cell: (row) => loaded(row, <Cause row={row} />) },
  { id: 'waiting', label: 'Mailbox', number: true, title: 'Events in memory for it',
    cell: (row) => loaded(row, number(row.waiting)) },
];

function Age({ row }: { row: FlowRow }) {
  const oldest = instant(row.oldest_time);
  if (oldest === null) return <i class="quiet">–</i>;
  return <>{duration(Math.max(0, ((world.value?.at ?? oldest) - oldest) / 1000))}</>;
}

function Cause({ row }: { row: FlowRow }) {
  const cause = mainCause(row);
  return cause ? <span title={CAUSES[cause]}>{cause}</span> : <i class="quiet">–</i>;
}

const tail = computed(() => Math.max(1, overview.value?.tail ?? 1));

/** Up to where it is, and from there to the last event that was routed to it. */
export function Bar({ row }: { row: Pick<FlowRow, 'checkpoint' | 'latest' | 'status'> }) {
  // What is idle has handled all that concerns it, however long ago that was.
  const done = row.status === 'idle' ? 1
    : row.checkpoint === null ? 0 : Math.min(1, (row.checkpoint + 1) / tail.value);
  const waits = row.status !== 'idle' && row.latest !== null && row.latest !== row.checkpoint;
  const to = waits ? Math.min(1, Math.max(done + 0.02, (row.latest! + 1) / tail.value)) : done;
  // One box with a gradient: a drawing for each of so many rows would make scrolling slow.
  return (
    <span class="position" data-status={row.status}>
      <span>{count(row.checkpoint)}</span>
      <i class="bar" data-waits={waits} aria-hidden="true"
         style={{ '--done': percent(Math.min(done, to - (waits ? 0.02 : 0))),
                  '--to': percent(to) }} />
    </span>
  );
}

const percent = (part: number) => `${(100 * part).toFixed(1)}%`;

const STATUSES = [['', 'All'], ['stopped', 'Stopped'], ['pending', 'Waiting'],
                  ['idle', 'Idle']] as const;

export function Flows() {
  const { query } = route.value;
  const filter = { text: query.filter ?? '', type: query.type ?? '', status: query.status ?? '' };
  const order = parseOrder(query.sort);
  const now = world.value;
  useServerView(filter);
  // The figures move four times a second, the order of the rows once: people want to read it.
  const second = Math.floor((now?.at ?? 0) / 1000);
  const keys = useMemo(() => listed(now?.flows.values() ?? [], filter, order),
    [second, now?.flows.size, query.filter, query.type, query.status, query.sort,
     staleSince.value]);
  const rows = keys.map((row) => now?.flows.get(row.flow) ?? row);
  const all = now?.overview.flows ?? 0;
  const partly = now !== null && all > now.limit;
  return (
    <>
      <header class="view-head">
        <h1>Flows</h1>
        <p class="quiet" role="status">{summary(rows.length, all, partly)}</p>
      </header>
      <Toolbar filter={filter} types={[...(now?.types.keys() ?? [])].sort()} />
      <Grid label="Flows" name="flows-grid" rows={rows} columns={columns} rowHeight={ROW_HEIGHT}
            rowKey={(row) => row.flow} address={(row) => flowAddress(row.flow)}
            tone={(row) => (row.status === 'stopped' ? 'bad' : undefined)}
            order={order}
            onOrder={(column) => replaceQuery({ sort: orderText(turned(order, column)) })}
            empty={now ? 'No flow is like that.' : 'Waiting for the daemon…'} />
    </>
  );
}

function summary(shown: number, all: number, partly: boolean): string {
  if (partly) return `${count(shown)} of ${count(all)} flows: those that matter most`;
  return shown === all ? plural(all, 'flow') : `${count(shown)} of ${plural(all, 'flow')}`;
}

/** With more flows than a view holds, the service has to do the filtering. */
function useServerView(filter: { text: string; type: string; status: string }): void {
  const many = (overview.value?.flows ?? 0) > VIEW_MAX;
  useEffect(() => {
    if (!many) return undefined;
    const timer = setTimeout(() => show({
      ...(filter.text && { contains: filter.text }),
      ...(filter.type && { type: filter.type }),
      ...(filter.status && { status: filter.status }),
    }), 250);
    return () => clearTimeout(timer);
  }, [many, filter.text, filter.type, filter.status]);
  useEffect(() => () => show({}), []);
}

function Toolbar({ filter, types }: {
  filter: { text: string; type: string; status: string }; types: string[];
}) {
  return (
    <form class="toolbar" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="hidden" for="filter">Filter by name</label>
      <input id="filter" type="search" placeholder="Filter by name" value={filter.text}
             autocomplete="off" spellcheck={false}
             onInput={(event) => replaceQuery({ filter: event.currentTarget.value })} />
      <label class="hidden" for="type">Type</label>
      <select id="type" value={filter.type}
              onChange={(event) => replaceQuery({ type: event.currentTarget.value })}>
        <option value="">All types</option>
        {types.map((type) => <option value={type}>{type}</option>)}
      </select>
      <fieldset class="segments">
        <legend class="hidden">State</legend>
        {STATUSES.map(([status, label]) => (
          <label>
            <input type="radio" name="status" checked={filter.status === status}
                   onChange={() => replaceQuery({ status })} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
    </form>
  );
}
