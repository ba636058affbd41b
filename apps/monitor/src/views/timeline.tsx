// The timeline: a page of events, places to go to, and one event in full.
import { useEffect, useState } from 'preact/hooks';
import { get, type Event } from '../data/api';
import { overview, world } from '../data/feed';
import { count } from '../data/format';
import { address, go, route } from '../data/route';
import { Empty, EventLink, Failure, FlowLink, Time, useAnswer, useSlowly } from '../parts/basics';
import { EventDetail } from './event';
import { pageBefore, seekTime, type Page } from './timeline_seek';

const PAGE = 100;

async function events(from: number, limit: number, type: string, signal?: AbortSignal) {
  const of = type ? `&type=${encodeURIComponent(type)}` : '';
  return (await get<{ events: Event[] }>(`/v1/events?from=${from}&limit=${limit}${of}`, signal))
    .events;
}

export function Timeline({ item }: { item: string | null }) {
  const { query } = route.value;
  const position = item !== null && /^\d+$/.test(item) ? Number(item) : null;
  return (
    <>
      <header class="view-head"><h1>Timeline</h1></header>
      <Seek type={query.type ?? ''} position={position} />
      <div class="split" data-open={position !== null}>
        <List type={query.type ?? ''} from={query.from} position={position} />
        {position !== null
          ? <aside aria-label="Event"><EventDetail key={position} position={position} /></aside>
          : <aside class="none" aria-label="Event"><Empty>Choose an event to see what it says,
            whom it reaches, and what it came from and led to.</Empty></aside>}
      </div>
    </>
  );
}

function useTail(): number | null {
  const told = useSlowly(overview.value?.tail ?? null, 1000);
  const [asked, setAsked] = useState<number | null>(null);
  useEffect(() => {
    // Without the feed the tail is what a search for the end finds.
    if (told === null && asked === null) {
      seekTime(Infinity, 2 ** 40, (from, limit) => events(from, limit, '')).then(setAsked, () => 0);
    }
  }, [told]);
  return told ?? asked;
}

function List({ type, from, position }: {
  type: string; from: string | undefined; position: number | null;
}) {
  const tail = useTail();
  const page: Page = (start, limit) => events(start, limit, type);
  const fixed = from !== undefined && /^\d+$/.test(from) ? Number(from)
    : position !== null ? Math.max(0, position - 20) : null;
  const newest = fixed === null;
  const answer = useAnswer(async (signal) => {
    if (fixed === null && tail === null) return null;
    const start = fixed ?? await pageBefore(tail!, PAGE, page);
    const shown = await events(start, PAGE, type, signal);
    return newest ? shown.reverse() : shown;
  }, [fixed, newest, type], [newest ? tail : 0]);
  const shown = answer.value ?? [];
  const to = (start: number | null) =>
    address('timeline', null, { type, ...(start !== null && { from: String(start) }) });
  const first = shown.reduce((least, event) => Math.min(least, event.position), Infinity);
  const last = shown.reduce((most, event) => Math.max(most, event.position), -1);
  const earlier = async () => {
    const before = Number.isFinite(first) ? first : fixed ?? 0;
    go(to(await pageBefore(before, PAGE, page)));
  };
  return (
    <section class="events" aria-label="Events">
      <div class="pager">
        <button type="button" disabled={first === 0 || (fixed === 0 && shown.length === 0)}
                onClick={earlier}>Earlier</button>
        <button type="button" disabled={newest || shown.length < PAGE}
                onClick={() => go(to(last + 1))}>Later</button>
        <button type="button" disabled={newest} onClick={() => go(to(null))}>Newest</button>
        <span class="quiet" role="status">{newest ? 'the newest first, as they come'
          : shown.length ? `${count(first)} to ${count(last)}` : ''}
          {tail !== null && !newest && <> of {count(tail)}</>}</span>
      </div>
      <Failure problem={answer.problem} />
      {answer.value && shown.length === 0 &&
        <Empty>No event here{type && ` of type ${type}`}.</Empty>}
      {shown.length > 0 && <Table events={shown} type={type} position={position}
                                  from={newest ? '' : String(fixed)} />}
    </section>
  );
}

function Table({ events: shown, type, from, position }: {
  events: Event[]; type: string; from: string; position: number | null;
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Events of the page">
      <table class="event-list">
        <thead><tr>
          <th scope="col" class="number">Position</th><th scope="col">Recorded</th>
          <th scope="col">Type</th><th scope="col" class="number">Cause</th>
          <th scope="col">Emitted by</th><th scope="col">Body</th>
        </tr></thead>
        <tbody>{shown.map((event) => (
          <tr key={event.position} aria-current={event.position === position ? 'true' : undefined}>
            <th scope="row" class="number">
              <a href={address('timeline', event.position, { type, from })}>
                {count(event.position)}</a></th>
            <td class="number"><Time at={event.time} /></td>
            <td>{event.type}</td>
            <td class="number"><EventLink at={event.cause} /></td>
            <td>{event.emitter ? <FlowLink flow={event.emitter} />
              : <span class="quiet">–</span>}</td>
            <td class="excerpt">{JSON.stringify(event.data)?.slice(0, 160)}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function Seek({ type, position }: { type: string; position: number | null }) {
  const [at, setAt] = useState('');
  const [time, setTime] = useState('');
  const [kind, setKind] = useState(type);
  useEffect(() => setKind(type), [type]);
  const types = [...new Set(world.value?.topology.events.map((one) => one.event))].sort();
  const seek = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = at.replace(/[\s,.']/g, '');
    if (/^\d+$/.test(wanted)) {
      go(address('timeline', wanted, { type: kind }));
    } else if (time) {
      const tail = overview.value?.tail ?? 2 ** 40;
      const start = await seekTime(Date.parse(time), tail, (from, limit) =>
        events(from, limit, ''));
      go(address('timeline', null, { type: kind, from: String(start) }));
    } else {
      go(address('timeline', null, { type: kind }));
    }
    setAt('');
  };
  return (
    <form class="toolbar" role="search" aria-label="Go to" onSubmit={seek}>
      <label>Position <input inputMode="numeric" size={10} value={at} autocomplete="off"
        placeholder={position === null ? '' : String(position)}
        onInput={(event) => setAt(event.currentTarget.value)} /></label>
      <label>Time <input type="datetime-local" step="1" value={time}
        onInput={(event) => setTime(event.currentTarget.value)} /></label>
      <label>Type <input list="event-types" size={18} value={kind} autocomplete="off"
        spellcheck={false} placeholder="all"
        onInput={(event) => setKind(event.currentTarget.value)} /></label>
      <datalist id="event-types">{types.map((one) => <option value={one} />)}</datalist>
      <button type="submit">Go</button>
    </form>
  );
}
