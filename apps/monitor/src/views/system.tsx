// The process and its store.
import { columnOf, general, now, overview, staleSince } from '../data/feed';
import { bytes, count, duration, rate, short } from '../data/format';
import type { Overview, TypeRow } from '../data/world';
import { Empty, Failure, Figures, FlowLink, Section, State, Time, useAnswer }
  from '../parts/basics';
import { Plot } from '../parts/plot';
import { TypeTable } from '../parts/type_table';

interface Ready {
  ready: boolean;
  checks: { check: string; ready: boolean; since: string | null; reason: string | null }[];
}

/** 503 is an answer here, too. */
async function readiness(signal: AbortSignal): Promise<Ready> {
  return (await (await fetch('/readyz', { signal, cache: 'no-store' })).json()) as Ready;
}

export function System() {
  const of = overview.value;
  return (
    <>
      <header class="view-head"><h1>System</h1></header>
      {of ? <Facts of={of} /> : <Empty>Waiting for the daemon…</Empty>}
      <div class="plots">
        <Plot title="Events" history={general} format={rate}
              curves={[{ label: 'appended', column: columnOf('append_rate'), colour: 'busy' },
                       { label: 'handled', column: columnOf('handled_rate'), colour: 'good' }]} />
        <Plot title="Lag of all flows" history={general} format={short}
              curves={[{ label: 'events', column: columnOf('lag'), colour: 'warn' }]} />
        <Plot title="p99" history={general} format={duration} floor={0.001}
              curves={[{ label: 'commit', column: columnOf('commit_p99'), colour: 'muted' },
                       { label: 'flush', column: columnOf('flush_p99'), colour: 'busy' }]} />
      </div>
      <Checks />
      <Types />
    </>
  );
}

function Facts({ of }: { of: Overview }) {
  return (
    <Figures of={[
      ['Application', of.application],
      ['Millrace', of.version],
      ['Started', <Time at={of.started} />],
      ['Up for', duration(Math.round(of.uptime))],
      ['Appended', `${count(of.appended)}, ${rate(of.append_rate)}`],
      ['Handled', `${count(of.handled)}, ${rate(of.handled_rate)}`],
      ['Commits', `${count(of.commits)}, ${rate(of.commit_rate)}`],
      ['Commit p50 / p99', `${duration(of.commit_p50)} / ${duration(of.commit_p99)}`],
      ['Flush p50 / p99', `${duration(of.flush_p50)} / ${duration(of.flush_p99)}`],
      ['Routed to / tail', `${count(of.head)} / ${count(of.tail)}`],
      ['Store', bytes(of.store_size)],
      ['Disk free', `${bytes(of.disk_free)} of ${bytes(of.disk_size)}`],
      ['Connections', `${count(of.connections)}, ${count(of.sockets)} WebSockets`],
      ['Flows counted', <Time at={of.counted_at} ago />],
    ]} />
  );
}

function Checks() {
  const answer = useAnswer(readiness, [],
    [Math.floor(now.value / 5000), staleSince.value === null]);
  return (
    <Section title="Readiness">
      <Failure problem={answer.problem} />
      <ul class="lines">{answer.value?.checks.map((one) => (
        <li key={one.check}>
          <State word={one.check} tone={one.ready ? 'good' : 'bad'} />
          {one.reason && <strong>{one.reason}</strong>}
          <span class="end quiet">since <Time at={one.since} /></span>
        </li>
      ))}</ul>
    </Section>
  );
}

function Types() {
  return <TypeTable title="Batches by flow type" last="Last error"
                    figures={['Handled', 'Batches', 'Size p50 / p99', 'Time p50 / p99', 'Full',
                              'Aged', 'Dry', 'Reading', 'Retries', 'State']}
                    line={(row) => <TypeLine row={row} />} />;
}

function TypeLine({ row }: { row: TypeRow }) {
  const last = row.last_error;
  const [size, time] = [row.batch_events, row.batch_seconds];
  return (
    <>
      <th scope="row">{row.name}</th>
      <Number of={row.handled} label="Handled" /><Number of={row.batches} label="Batches" />
      <td class="number" data-label="Size p50 / p99">
        {size.p50 === null ? <span class="quiet">–</span>
          : `${count(size.p50)} / ${count(size.p99)}`}</td>
      <td class="number" data-label="Time p50 / p99">
        {time.p50 === null ? <span class="quiet">–</span>
          : `${spent(time.p50)} / ${spent(time.p99)}`}</td>
      <Number of={row.full} label="Full" /><Number of={row.aged} label="Aged" />
      <Number of={row.dry} label="Dry" /><Number of={row.reading} label="Reading" />
      <Number of={row.retries} label="Retries" />
      <td class="number" data-label="State">{bytes(row.state_bytes)}</td>
      <td class="excerpt whole last-error" data-label="Last error">
        {last ? <span><FlowLink flow={last.flow} /> {last.message}</span>
          : <span class="quiet">–</span>}</td>
    </>
  );
}

/** Microseconds are what is counted. */
const spent = (seconds: number | null) => seconds === 0 ? '< 1 µs' : duration(seconds);

function Number({ of, label }: { of: number | null; label: string }) {
  return <td class="number" data-label={label}>{of ? count(of) : <i class="quiet">0</i>}</td>;
}
