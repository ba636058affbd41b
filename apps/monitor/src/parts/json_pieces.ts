// JSON text taken apart for colouring.

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export interface Piece {
  kind: 'name' | 'text' | 'word' | 'number' | 'plain';
  text: string;
}

/** So much of the text as is within the bounds: whole lines, but for one that is too long alone. */
export function beginningOf(text: string, most: { lines: number; size: number }): string {
  let end = 0;
  for (let lines = 0; lines < most.lines; ++lines) {
    const next = text.indexOf('\n', end);
    if (next < 0) return text.length <= most.size ? text : text.slice(0, end || most.size);
    if (next > most.size) return text.slice(0, end || most.size);
    end = next + 1;
  }
  return text.slice(0, end);
}

/** The pieces of JSON text, in order; together they are the text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    if (match.index > end) found.push({ kind: 'plain', text: text.slice(end, match.index) });
    const [whole, quoted, colon, word] = match;
    if (quoted && colon) {
      found.push({ kind: 'name', text: quoted }, { kind: 'plain', text: colon });
    } else {
      found.push({ kind: quoted ? 'text' : word ? 'word' : 'number', text: whole });
    }
    end = match.index + whole.length;
  }
  if (end < text.length) found.push({ kind: 'plain', text: text.slice(end) });
  return found;
}
