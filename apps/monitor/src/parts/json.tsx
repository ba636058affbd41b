// A document as people read it. All of it is text nodes: whatever it says, it stays text.
import { useMemo, useState } from 'preact/hooks';
import { bytes } from '../data/format';
import { beginningOf, pieces } from './json_pieces';

const FIRST = { lines: 400, size: 40_000 };
const WHOLE = { lines: 20_000, size: 1_000_000 }; // more than that no browser likes to draw

export function Json({ value, label }: { value: unknown; label: string }) {
  const [whole, setWhole] = useState(false);
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  if (value === undefined || value === null) return <p class="empty">Nothing.</p>;
  const shown = beginningOf(text, whole ? WHOLE : FIRST);
  return (
    <>
      <pre class="json" tabIndex={0} aria-label={label} role="region">
        {pieces(shown).map(({ kind, text: part }) =>
          kind === 'plain' ? part : <span data-kind={kind}>{part}</span>)}
      </pre>
      {shown.length < text.length && (whole
        ? <p class="quiet">The first {bytes(shown.length)} of {bytes(text.length)}.</p>
        : <button type="button" class="small" onClick={() => setWhole(true)}>
            Show more of {bytes(text.length)}</button>)}
    </>
  );
}
