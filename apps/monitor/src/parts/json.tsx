// A document as people read it. All of it is text nodes: whatever it says, it stays text.
import { useState } from 'preact/hooks';
import { pieces } from './json_pieces';

const LINES_MAX = 400;

export function Json({ value, label }: { value: unknown; label: string }) {
  const [whole, setWhole] = useState(false);
  if (value === undefined || value === null) return <p class="empty">Nothing.</p>;
  const lines = JSON.stringify(value, null, 2).split('\n');
  const cut = !whole && lines.length > LINES_MAX;
  const text = (cut ? lines.slice(0, LINES_MAX) : lines).join('\n');
  return (
    <>
      <pre class="json" tabIndex={0} aria-label={label} role="region">
        {pieces(text).map(({ kind, text: part }) =>
          kind === 'plain' ? part : <span data-kind={kind}>{part}</span>)}
      </pre>
      {cut && <button type="button" class="small" onClick={() => setWhole(true)}>
        Show all {lines.length.toLocaleString('en-US')} lines</button>}
    </>
  );
}
