// A table of flow types: one line a type, in the order of their names.
import type { ComponentChildren } from 'preact';
import { computed } from '@preact/signals';
import { world } from '../data/feed';
import type { TypeRow } from '../data/world';
import { Empty, Section } from './basics';

const types = computed(() => world.value?.types);
const rows = computed(() => [...(types.value?.values() ?? [])]
  .sort((a, b) => a.name < b.name ? -1 : 1));

/** `figures` are the columns of numbers; `last` is one more, of words. */
export function TypeTable({ title, figures, last, line }: {
  title: string; figures: string[]; last?: string; line: (row: TypeRow) => ComponentChildren;
}) {
  return (
    <Section title={title}>
      {rows.value.length === 0 ? <Empty>This application has no flows.</Empty> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={title}>
          <table class="stack">
            <thead><tr>
              <th scope="col">Type</th>
              {figures.map((name) => <th scope="col" class="number" key={name}>{name}</th>)}
              {last && <th scope="col">{last}</th>}
            </tr></thead>
            <tbody>{rows.value.map((row) => <tr key={row.name}>{line(row)}</tr>)}</tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
