// One flow: how far it is, how it got there, what stopped it, and what can be done about it.
import { useEffect, useState } from 'preact/hooks';
import { flowTarget, get, type FlowDetail, type InboxEntry } from '../data/api';
import { historyOf, now, staleSince, watched, world } from '../data/feed';
import { count, duration, instant, plural, rate, short } from '../data/format';
import { mainCause } from '../data/flow_list';
import { address } from '../data/route';
import type { FlowRow } from '../data/world';
import { Empty, EventLink, Failure, Figures, FlowName, Section, State, stateOf, Time, useAnswer,
         useSlowly } from '../parts/basics';
import { Json } from '../parts/json';
import { Plot } from '../parts/plot';
import { EventFacts } from './event';
import { Actions } from './flow_actions';
import { Bar } from './flows';

export function Flow({ flow }: { flow: string }) {
  const row = world.value?.flows.get(flow);
  // Asked again when it stopped or was repaired, at once; while it moves, once a second; and of a
  // flow that is not in the view every two seconds.
  const [repairs, setRepairs] = useState(0);
  const moved = useSlowly(row ? `${row.checkpoint} ${row.latest} ${row.handled}`
    : `${Math.floor(now.value / 2000)}`, 1000);
  const answer = useAnswer((signal) => get<FlowDetail>(flowTarget(flow), signal), [flow],
    [moved, repairs, row?.status, row?.error_position, row?.skipped, staleSince.value === null]);
  useEffect(() => {
    watched.value = flow;
    return () => (watched.value = null);
  }, [flow]);
  const detail = answer.value;
  const type = detail?.type ?? row?.type ?? flow.split('|')[0]!;
  const isType = detail?.flow_type !== undefined;
  return (
    <article class="flow">
      <nav class="crumbs" aria-label="Where this is">
        <a href={address('flows')}>Flows</a> / <a href={address('flows', null, { type })}>{type}</a>
      </nav>
      <header class="view-head">
        <h1><FlowName flow={flow} /></h1>
        {row && <State {...stateOf(row)} />}
        {row?.since && <span class="quiet">since <Time at={row.since} /></span>}
      </header>
      {!detail && <Failure problem={answer.problem} />}
      {detail && <p class="why">{detail.why}</p>}
      {detail && <Actions flow={flow} detail={detail} onDone={() => setRepairs(repairs + 1)} />}
      {detail?.error_position !== null && detail?.error_position !== undefined &&
        <LastError detail={detail} />}
      {row && !isType && <Progress row={row} />}
      {isType
        ? <p><a href={address('flows', null, { type })}>The flows of this type</a></p>
        : <Plots flow={flow} />}
      {detail && !isType && <Inside detail={detail} flow={flow} />}
    </article>
  );
}

function LastError({ detail }: { detail: FlowDetail }) {
  return (
    <Section title="Last error"
             aside={<span>at event <EventLink at={detail.error_position} /></span>}>
      <p class="failure">{detail.error_message}</p>
      {detail.event?.position === detail.error_position && detail.event && (
        <>
          <EventFacts event={detail.event} />
          <Json value={detail.event.data} label="Body of the event it stopped on" />
        </>
      )}
    </Section>
  );
}

function Progress({ row }: { row: FlowRow }) {
  const oldest = instant(row.oldest_time);
  const age = oldest === null ? null : Math.max(0, ((world.value?.at ?? oldest) - oldest) / 1000);
  return (
    <Figures of={[
      ['Position', <Bar row={row} />],
      ['Routed up to', <EventLink at={row.latest} />],
      ['Lag', plural(row.lag, 'event')],
      ['Oldest waiting', age === null ? 'none' : duration(age)],
      ['Rate', rate(row.rate)],
      ['Handled since loaded', count(row.handled)],
      ['Batch, half / 95 %',
       row.batches ? `${count(row.batch_p50)} / ${count(row.batch_p95)}` : '–'],
      ['Flushed mostly when', mainCause(row) ?? '–'],
      ['Mailbox', row.in_memory ? count(row.waiting) : 'not in memory'],
      ['Skipped', count(row.skipped)],
    ]} />
  );
}

function Plots({ flow }: { flow: string }) {
  const history = historyOf(flow);
  return (
    <div class="plots">
      <Plot title="Lag" history={history} format={short}
            curves={[{ label: 'events', column: 0, colour: 'warn' }]} />
      <Plot title="Rate" history={history} format={rate}
            curves={[{ label: 'handled', column: 1, colour: 'busy' }]} />
      <Plot title="Batch size" history={history} format={short}
            curves={[{ label: 'half', column: 2, colour: 'busy' },
                     { label: '95 %', column: 3, colour: 'muted' }]} />
    </div>
  );
}

function Inside({ detail, flow }: { detail: FlowDetail; flow: string }) {
  return (
    <div class="columns">
      <div>
        <Section title="State" aside={<span class="quiet">
          {detail.changed === undefined || detail.changed === null ? 'never changed'
            : <>changed at <EventLink at={detail.changed} /></>}, version {count(detail.version)},
          generation {count(detail.generation)}</span>}>
          <Json value={detail.state} label="State" />
        </Section>
      </div>
      <div>
        <Inbox flow={flow} after={detail.checkpoint} lag={detail.lag} />
        {detail.timers?.length > 0 && (
          <Section title="Timers">
            <ul class="lines">{detail.timers.map((timer) => (
              <li key={timer.position}><EventLink at={timer.position} /> {timer.type}
                <span class="end"><Time at={timer.due} ago /></span></li>
            ))}</ul>
          </Section>
        )}
        {detail.skipped?.length > 0 && (
          <Section title="Skipped" aside={<span class="quiet">
            {count(detail.skipped_count ?? detail.skipped.length)} in all</span>}>
            <ul class="lines">{detail.skipped.map((one) => (
              <li key={one.position}><EventLink at={one.position} /> {one.message}</li>
            ))}</ul>
          </Section>
        )}
      </div>
    </div>
  );
}

const INBOX = 12;

function Inbox({ flow, after, lag }: { flow: string; after: number | null; lag: number }) {
  const from = after === null ? '' : `&after=${after}`;
  const answer = useAnswer((signal) => get<{ entries: InboxEntry[] }>(
    flowTarget(flow, `/inbox?limit=${INBOX}${from}`), signal), [flow], [after, lag]);
  const entries = answer.value?.entries ?? [];
  return (
    <Section title="Next in its inbox"
             aside={lag > INBOX && <span class="quiet">of {plural(lag, 'event')}</span>}>
      {entries.length === 0 ? <Empty>{answer.problem?.message ?? 'Nothing waits.'}</Empty> : (
        <ul class="lines">{entries.map((entry) => (
          <li key={entry.position}><EventLink at={entry.position} /> {entry.type}
            <span class="end"><Time at={entry.time} /></span></li>
        ))}</ul>
      )}
    </Section>
  );
}

