// Which events reach which flows, and what these emit: as a picture and as a table, which
// say the same.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { world } from '../data/feed';
import { count, rate, short } from '../data/format';
import { address } from '../data/route';
import type { Topology as Edges, World } from '../data/world';
import { Empty, Section, State, type Tone } from '../parts/basics';
import { NODE_HEIGHT, picture, toneOf, type Node } from './topology_layout';

const WORDS: Record<Tone, string> = {
  bad: 'stopped', warn: 'behind', busy: 'busy', quiet: 'at rest', good: 'at rest',
};

export function Topology() {
  const now = world.value;
  return (
    <>
      <header class="view-head">
        <h1>Topology</h1>
        <ul class="legend" aria-label="Colours">
          {(['busy', 'warn', 'bad', 'quiet'] as const).map((tone) =>
            <li key={tone}><State tone={tone} word={WORDS[tone]} /></li>)}
        </ul>
      </header>
      {now ? <><Drawing now={now} /><Twin now={now} /></> : <Empty>Waiting for the daemon…</Empty>}
    </>
  );
}

function Drawing({ now }: { now: World }) {
  const [marked, mark] = useState<string | null>(null);
  const [box, room] = useRoom();
  const of = useMemo(() => picture(now.topology, now.types, room), [now.topology, now.types, room]);
  const near = useMemo(() => neighbours(marked, now.topology), [marked, now.topology]);
  const dim = (id: string) => near !== null && !near.has(id);
  return (
    <div class="scroll drawing" ref={box} tabIndex={0} role="region"
         aria-label="Picture of the topology">
      <svg width={of.width} height={of.height + 4} viewBox={`0 0 ${of.width} ${of.height + 4}`}
           role="group" aria-label="Events, router, flow types and emitted events">
        <g class="heads" aria-hidden="true">{of.heads.map((head) =>
          <text key={head.label} x={head.x} y={head.y}>{head.label}</text>)}</g>
        <g aria-hidden="true">{of.edges.map((edge) => (
          <path key={`${edge.from}>${edge.to}`} class="edge" d={edge.path} data-tone={edge.tone}
                data-dim={dim(edge.from) || dim(edge.to)} stroke-width={edge.width} />
        ))}</g>
        {of.nodes.map((node) => (
          <Box key={node.id} node={node} dim={dim(node.id)} onMark={mark} />
        ))}
      </svg>
    </div>
  );
}

/** The width that there is for the picture. */
function useRoom() {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setRoom((box.current?.clientWidth ?? 0) - 32));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return [box, room] as const;
}

function Box({ node, dim, onMark }: {
  node: Node; dim: boolean; onMark: (id: string | null) => void;
}) {
  const to = node.kind === 'router' ? address('system')
    : node.kind === 'type' ? address('flows', null, { type: node.label })
      : address('timeline', null, { type: node.label });
  const figure = node.rate > 0 && node.kind !== 'router' ? rate(node.rate) : '';
  const room = Math.floor((node.width - 26 - 7 * figure.length) / 6.4);
  const label = node.label.length > room ? node.label.slice(0, room - 1) + '…' : node.label;
  return (
    <a href={to} class="node" data-tone={node.tone} data-kind={node.kind} data-dim={dim}
       aria-label={`${label} ${figure} ${node.kind}, ${WORDS[node.tone]}`}
       onMouseEnter={() => onMark(node.id)} onMouseLeave={() => onMark(null)}
       onFocus={() => onMark(node.id)} onBlur={() => onMark(null)}>
      {label !== node.label && <title>{node.label}</title>}
      <rect x={node.x + 0.5} y={node.y + 0.5} width={node.width - 1} height={NODE_HEIGHT - 1}
            rx={node.kind === 'type' || node.kind === 'router' ? 5 : NODE_HEIGHT / 2} />
      <text x={node.x + 13} y={node.y + 18}>{label}</text>{' '}
      {figure && <text class="rate" x={node.x + node.width - 11} y={node.y + 18}>{figure}</text>}
    </a>
  );
}

/** What is joined to the one that is pointed at, through the router; null: nothing is. */
export function neighbours(id: string | null, of: Edges): Set<string> | null {
  if (id === null || id.startsWith('router ')) return null;
  const name = id.slice(id.indexOf(' ') + 1);
  const near = new Set([id, 'router Router']);
  for (const one of of.observes) {
    if (id === `type ${name}` && one.type === name) near.add(`event ${one.event}`);
    if (id === `event ${name}` && one.event === name) near.add(`type ${one.type}`);
  }
  for (const one of of.emits) {
    if (id === `type ${name}` && one.type === name) near.add(`emitted ${one.event}`);
    if (id === `emitted ${name}` && one.event === name) near.add(`type ${one.type}`);
  }
  return near;
}

function Twin({ now }: { now: World }) {
  const names = [...now.types.keys()].sort();
  return (
    <Section title="The same as a table">
      <div class="scroll" tabIndex={0} role="region" aria-label="Topology as a table">
        <table class="twin stack">
          <thead><tr>
            <th scope="col">Observes</th><th scope="col">Flow type</th>
            <th scope="col">State</th><th scope="col" class="number">Lag</th>
            <th scope="col" class="number">Rate</th><th scope="col">Emits</th>
          </tr></thead>
          <tbody>{names.map((name) => {
            const type = now.types.get(name)!;
            const tone = toneOf(type);
            return (
              <tr key={name}>
                <td class="whole" data-label="Observes">
                  <Events of={now.topology.observes.filter((one) => one.type === name)} /></td>
                <th scope="row"><a href={address('flows', null, { type: name })}>{name}</a></th>
                <td><State tone={tone} word={WORDS[tone]} /></td>
                <td class="number" data-label="Lag">{count(type.lag)}</td>
                <td class="number" data-label="Rate">{rate(type.rate)}</td>
                <td class="whole" data-label="Emits">
                  <Events of={now.topology.emits.filter((one) => one.type === name)} /></td>
              </tr>
            );
          })}</tbody>
        </table>
      </div>
    </Section>
  );
}

function Events({ of }: { of: { event: string; rate: number }[] }) {
  if (of.length === 0) return <span class="quiet">–</span>;
  return (
    <ul class="chips">{of.map((one) => (
      <li key={one.event}><a href={address('timeline', null, { type: one.event })}>{one.event}</a>
        {one.rate > 0 && <span class="quiet"> {short(one.rate)}/s</span>}</li>
    ))}</ul>
  );
}
