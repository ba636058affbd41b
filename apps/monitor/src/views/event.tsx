// One event: its envelope and body, whom it reaches, and what it came from and led to.
import { get, type Event, type Explained, type Traced } from '../data/api';
import { count } from '../data/format';
import { eventAddress } from '../data/route';
import { Empty, EventLink, Failure, Figures, FlowLink, Section, Time, useAnswer }
  from '../parts/basics';
import { Json } from '../parts/json';
import { treeOf, type Branch } from './trace_tree';

export function EventFacts({ event }: { event: Event }) {
  const facts: [string, preact.ComponentChildren][] = [
    ['Position', <EventLink at={event.position} />],
    ['Type', event.type],
    ['Recorded', <Time at={event.time} />],
    ['Cause', <EventLink at={event.cause} />],
  ];
  if (event.emitter) facts.push(['Emitted by', <FlowLink flow={event.emitter} />]);
  if (event.due) facts.push(['Due', <Time at={event.due} />]);
  if (event.id) facts.push(['Id', event.id]);
  if (event.correlation) facts.push(['Correlation', event.correlation]);
  if (event.user) facts.push(['User', event.user]);
  if (event.content_type) facts.push(['Content', event.content_type]);
  return <Figures of={facts} />;
}

export function EventDetail({ position }: { position: number }) {
  const event = useAnswer((signal) => get<Event>(`/v1/events/${position}`, signal), [position]);
  if (!event.value) {
    return event.problem ? <Failure problem={event.problem} /> : <Empty>Reading…</Empty>;
  }
  return (
    <article class="event" aria-label={`Event ${position}`}>
      <header class="view-head">
        <h2><span class="number">{count(position)}</span> {event.value.type}</h2>
      </header>
      <EventFacts event={event.value} />
      <Section title="Body"><Json value={event.value.data} label="Body" /></Section>
      {event.value.headers && <Section title="Headers">
        <Json value={event.value.headers} label="Headers" /></Section>}
      <Explanation position={position} />
      <Causation position={position} />
    </article>
  );
}

const FATES: Record<string, string> = {
  handled: 'good', waits: 'warn', failed: 'bad', 'stopped on': 'bad', skipped: 'quiet',
};

function Explanation({ position }: { position: number }) {
  const answer = useAnswer((signal) =>
    get<Explained>(`/v1/events/${position}/explain`, signal), [position]);
  const flows = answer.value?.flows ?? [];
  return (
    <Section title="Whom it reaches" aside={<span class="quiet">{answer.value?.kind}</span>}>
      <Failure problem={answer.problem} />
      {answer.value && flows.length === 0 && <Empty>No flow.</Empty>}
      {flows.length > 0 && (
        <ul class="lines">{flows.map((one) => (
          <li key={one.flow}>
            <span class="state" data-tone={FATES[one.fate] ?? 'quiet'}>
              <i class="dot" aria-hidden="true" />{one.how}</span>
            <FlowLink flow={one.flow} /> <span class="quiet">{one.why}</span>
          </li>
        ))}</ul>
      )}
    </Section>
  );
}

const BRANCHES_MAX = 300;

function Causation({ position }: { position: number }) {
  const answer = useAnswer((signal) => get<{ events: Traced[] }>(
    `/v1/events/${position}/trace?limit=${BRANCHES_MAX}`, signal), [position]);
  const events = answer.value?.events ?? [];
  return (
    <Section title="Causes and effects" aside={events.length >= BRANCHES_MAX &&
      <span class="quiet">the first {BRANCHES_MAX}</span>}>
      <Failure problem={answer.problem} />
      <ul class="tree">{treeOf(events).map((one) =>
        <Twig key={one.event.position} of={one} current={position} />)}</ul>
    </Section>
  );
}

function Twig({ of, current }: { of: Branch; current: number }) {
  const { event } = of;
  const here = event.position === current;
  return (
    <li>
      <a class="twig" href={eventAddress(event.position)} aria-current={here ? 'true' : undefined}>
        <span class="number">{count(event.position)}</span> {event.type}</a>
      {' '}{event.emitter && <span class="quiet">by <FlowLink flow={event.emitter} /></span>}
      {' '}<span class="quiet">{of.since}</span>
      {of.effects.length > 0 && (
        <ul>{of.effects.map((one) =>
          <Twig key={one.event.position} of={one} current={current} />)}</ul>
      )}
    </li>
  );
}
