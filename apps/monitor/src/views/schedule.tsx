// What is due when.
import { get, type Timer } from '../data/api';
import { now, overview } from '../data/feed';
import { count, plural, relative } from '../data/format';
import { eventAddress, replaceQuery, route } from '../data/route';
import { EventLink, Failure, FlowLink, State, Time, useAnswer, useSlowly } from '../parts/basics';
import { Grid, type GridColumn } from '../parts/grid';
import { useNarrow } from '../parts/narrow';

const LIMIT = 1000;
type Column = 'due' | 'left' | 'type' | 'flow' | 'position' | 'set_by';

const columns: GridColumn<Timer, Column>[] = [
  { id: 'left', label: 'Due', cell: (row) => <Left row={row} /> },
  { id: 'due', label: 'At', cell: (row) => <Time at={row.due} /> },
  { id: 'type', label: 'Event', cell: (row) => row.type },
  { id: 'flow', label: 'For', cell: (row) => row.flow
    ? <FlowLink flow={row.flow} tabIndex={-1} /> : <i class="quiet">–</i> },
  { id: 'position', label: 'Position', number: true,
    cell: (row) => <EventLink at={row.position} /> },
  { id: 'set_by', label: 'Set by', number: true, cell: (row) => <EventLink at={row.set_by} /> },
];

function Left({ row }: { row: Timer }) {
  if (row.inert) return <State word="inert" tone="quiet" />;
  const late = Date.parse(row.due) < now.value;
  return <State word={relative(Date.parse(row.due), now.value)} tone={late ? 'warn' : 'busy'} />;
}

export function Schedule() {
  const filter = (route.value.query.filter ?? '').toLowerCase();
  const moved = useSlowly(overview.value?.tail ?? Math.floor(now.value / 5000), 2000);
  const answer = useAnswer((signal) => get<{ schedule: Timer[]; next: string | null }>(
    `/v1/schedule?limit=${LIMIT}`, signal), [], [moved]);
  const all = answer.value?.schedule ?? [];
  const narrow = useNarrow();
  const rows = all.filter((row) =>
    `${row.type} ${row.flow ?? ''}`.toLowerCase().includes(filter));
  const late = all.filter((row) => !row.inert && Date.parse(row.due) < now.value).length;
  return (
    <>
      <header class="view-head">
        <h1>Schedule</h1>
        <p class="quiet" role="status">
          {answer.value?.next ? `the first ${count(LIMIT)} timers` : plural(all.length, 'timer')}
          {late > 0 && `, ${count(late)} overdue`}</p>
      </header>
      <form class="toolbar" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="hidden" for="filter">Filter by event or flow</label>
        <input id="filter" type="search" placeholder="Filter by event or flow" autocomplete="off"
               spellcheck={false} value={route.value.query.filter ?? ''}
               onInput={(event) => replaceQuery({ filter: event.currentTarget.value })} />
      </form>
      <Failure problem={answer.problem} />
      <Grid label="Schedule" name="schedule-grid" rows={rows} columns={columns}
            rowHeight={narrow ? 52 : 34} rowKey={(row) => String(row.position)}
            address={(row) => eventAddress(row.position)}
            empty={answer.busy ? 'Reading…' : 'No timer is set.'} />
    </>
  );
}
