// A trace, which is a list, as the tree that it means.
import type { Traced } from '../data/api';
import { duration } from '../data/format';

export interface Branch {
  event: Traced;
  since: string; // how long after its cause: "+3.2 ms"
  effects: Branch[];
}

/** Events whose cause is not among them are roots. Order of positions everywhere. */
export function treeOf(events: Traced[]): Branch[] {
  const all = new Map<number, Branch>();
  for (const event of [...events].sort((a, b) => a.position - b.position)) {
    all.set(event.position, { event, since: '', effects: [] });
  }
  const roots: Branch[] = [];
  for (const branch of all.values()) {
    const { cause, time, position } = branch.event;
    const above = cause === null || cause >= position ? undefined : all.get(cause);
    if (!above) {
      roots.push(branch);
      continue;
    }
    const passed = (Date.parse(time) - Date.parse(above.event.time)) / 1000;
    branch.since = passed >= 0 ? `+${duration(passed)}` : '';
    above.effects.push(branch);
  }
  return roots;
}
