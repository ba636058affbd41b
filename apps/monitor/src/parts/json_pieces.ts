// JSON text taken apart for colouring.

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export interface Piece {
  kind: 'name' | 'text' | 'word' | 'number' | 'plain';
  text: string;
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
