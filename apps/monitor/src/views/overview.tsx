// How everything is, at a glance: the state in a sentence, eight figures, and what needs somebody.
import type { ComponentChildren } from 'preact';
import { columnOf, general, overview, world, type Figure } from '../data/feed';
import { bytes, count, duration, instant, plural, rate, short } from '../data/format';
import { address } from '../data/route';
import type { FlowRow, Overview as Figures, TypeRow } from '../data/world';
import { Empty, EventLink, FlowLink, Section, State, stateOf, Time, type Tone }
  from '../parts/basics';
import { Sparkline } from '../parts/sparkline';
import { TypeTable } from '../parts/type_table';

const STATES: Record<string, { word: string; tone: Tone }> = {
  running: { word: 'Running', tone: 'good' },
  failing: { word: 'Failing', tone: 'bad' },
  stopping: { word: 'Stopping', tone: 'warn' },
};

export function Overview() {
  const of = overview.value;
  if (!of) return <><h1>Overview</h1><Empty>Waiting for the daemon…</Empty></>;
  return (
    <>
      <Headline of={of} />
      <Tiles of={of} />
      <div class="columns">
        <Attention />
        <Types />
      </div>
    </>
  );
}

function Headline({ of }: { of: Figures }) {
  const state = STATES[of.state] ?? { word: of.state, tone: 'warn' as Tone };
  const troubled = of.stopped > 0 && state.tone === 'good';
  return (
    <header class="headline">
      <h1 data-tone={troubled ? 'bad' : state.tone}>
        <i class="dot" aria-hidden="true" />{state.word}
        {troubled && <>, {plural(of.stopped, 'flow')} stopped</>}
      </h1>
      <p class="quiet">
        {of.reason ? <strong>{of.reason}. </strong> : null}
        {of.since ? <>Since <Time at={of.since} /> (<Time at={of.since} ago />). </> : null}
        {plural(of.flows, 'flow')}, {count(of.pending)} with events waiting.
      </p>
    </header>
  );
}

function Tile({ name, value, note, figure, tone, floor }: {
  name: string; value: ComponentChildren; note?: ComponentChildren; figure?: Figure;
  tone?: Tone; floor?: number;
}) {
  return (
    <div class="tile" data-tone={tone}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span class="note">{note}</span>
        {figure ? <Sparkline history={general} column={columnOf(figure)} tone={tone ?? 'busy'}
                             floor={floor ?? 0} /> : <span class="spark" />}
      </dd>
    </div>
  );
}

function Tiles({ of }: { of: Figures }) {
  const oldest = instant(of.oldest_time);
  const age = oldest === null ? null : Math.max(0, ((world.value?.at ?? 0) - oldest) / 1000);
  const unrouted = of.tail - of.head;
  const full = of.disk_free !== null && of.disk_free < 1e9;
  return (
    <dl class="tiles" aria-label="Figures, with their last 15 minutes">
      <Tile name="Head" value={count(of.tail === 0 ? null : of.tail - 1)} figure="handled_rate"
            note={<>{rate(of.handled_rate)} handled
              {unrouted > 0 && <>, {count(unrouted)} not routed</>}</>} />
      <Tile name="Append rate" value={rate(of.append_rate)} figure="append_rate" floor={1}
            note={<>{rate(of.commit_rate)} commits</>} />
      <Tile name="Worst lag" value={<>{count(of.worst_lag ?? 0)} <small>events</small></>}
            figure="lag" floor={10} tone={(of.worst_lag ?? 0) > 1000 ? 'warn' : undefined}
            note={of.worst_flow ? <FlowLink flow={of.worst_flow} />
              : <>{count(of.lag)} in all flows</>} />
      <Tile name="Oldest waiting" value={duration(age ?? 0)} figure="oldest_age" floor={1}
            tone={(age ?? 0) > 60 ? 'warn' : undefined}
            note={of.oldest_flow ? <FlowLink flow={of.oldest_flow} /> : 'nothing waits'} />
      <Tile name="Stopped" value={count(of.stopped)} figure="stopped" floor={1}
            tone={of.stopped ? 'bad' : undefined}
            note={of.stopped ? <a href={address('flows', null, { status: 'stopped' })}>Show them</a>
              : 'no flow'} />
      <Tile name="Timers due" value={count(of.timers_overdue)} figure="timers_overdue" floor={1}
            tone={of.timers_overdue ? 'warn' : undefined}
            note={of.timer_next
              ? <><a href={address('schedule')}>Next</a> <Time at={of.timer_next} ago /></>
              : 'none set'} />
      <Tile name="Disk" value={<>{bytes(of.disk_free)} <small>free</small></>} figure="disk_free"
            tone={full ? 'bad' : undefined} floor={of.disk_size ?? 0}
            note={<>{bytes(of.store_size)} store</>} />
      <Tile name="Flush p99" value={duration(of.flush_p99)} figure="flush_p99"
            note={<>p50 {duration(of.flush_p50)}</>} />
    </dl>
  );
}

const ATTENTION_MAX = 8;

/** Stopped first, then those that wait the longest. */
export function needy(flows: Iterable<FlowRow>): FlowRow[] {
  const stopped: FlowRow[] = [];
  const late: FlowRow[] = [];
  for (const row of flows) {
    if (row.status === 'stopped') stopped.push(row);
    else if (row.lag > 0 && row.hosted && !row.inert) late.push(row);
  }
  late.sort((a, b) => (a.oldest_time ?? '~').localeCompare(b.oldest_time ?? '~'));
  stopped.sort((a, b) => (b.since ?? '').localeCompare(a.since ?? ''));
  return [...stopped, ...late];
}

function Attention() {
  const rows = needy(world.value?.flows.values() ?? []);
  const more = rows.length - ATTENTION_MAX;
  return (
    <Section title="Needs attention"
             aside={more > 0 && <a href={address('flows')}>{count(more)} more</a>}>
      {rows.length === 0 ? <Empty>No flow is stopped, and none has events waiting.</Empty> : (
        <ul class="attention">
          {rows.slice(0, ATTENTION_MAX).map((row) => (
            <li key={row.flow}>
              <State {...stateOf(row)} />
              <div>
                <FlowLink flow={row.flow} />
                {row.status === 'stopped'
                  ? <p class="message">
                      at <EventLink at={row.error_position} />: {row.error_message}</p>
                  : <p class="quiet">{plural(row.lag, 'event')} behind,
                      oldest <Time at={row.oldest_time} ago /></p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Types() {
  return <TypeTable title="Flow types" figures={['Flows', 'Waiting', 'Stopped', 'Lag', 'Rate']}
                    line={(row) => <TypeLine row={row} />} />;
}

function TypeLine({ row }: { row: TypeRow }) {
  const fill = row.back_fill;
  return (
    <>
      <th scope="row">
        <a href={address('flows', null, { type: row.name })}>{row.name}</a>
        <small class="quiet"> {row.kind ?? 'not in this program'}
          {fill && <>, version {fill.version} back-filled {Math.floor(fill.percent)} %</>}
          {row.inert && <>, inert</>}</small>
      </th>
      <td class="number" data-label="Flows">{count(row.flows)}</td>
      <td class="number" data-label="Waiting">{row.pending ? count(row.pending)
        : <i class="quiet">0</i>}</td>
      <td class="number" data-label="Stopped">
        {row.stopped ? <b data-tone="bad">{count(row.stopped)}</b> : <i class="quiet">0</i>}</td>
      <td class="number" data-label="Lag">{row.lag ? short(row.lag) : <i class="quiet">0</i>}</td>
      <td class="number" data-label="Rate">{row.rate ? rate(row.rate) : <i class="quiet">0</i>}</td>
    </>
  );
}
