// Fifteen minutes of one figure, in the corner of its tile.
import { now, world } from '../data/feed';
import { line, type History } from '../data/history';

const WIDTH = 120;
const HEIGHT = 26;

export function Sparkline({ history, column, tone = 'busy', floor = 0 }: {
  history: History; column: number; tone?: string; floor?: number;
}) {
  const at = world.value?.at ?? now.value;
  const values = (history.columns[column] ?? []).filter((y): y is number => y !== null);
  const most = Math.max(floor, ...values);
  const pieces = line(history, column, at, WIDTH, HEIGHT - 2, most);
  const path = pieces.map((points) => points.map(({ x, y }, n) =>
    `${n ? 'L' : 'M'}${x.toFixed(1)} ${(y + 1).toFixed(1)}`).join('')).join('');
  const area = pieces.filter((points) => points.length > 1).map((points) => {
    const [first, last] = [points[0]!, points[points.length - 1]!];
    return `M${first.x.toFixed(1)} ${HEIGHT}` + points.map(({ x, y }) =>
      `L${x.toFixed(1)} ${(y + 1).toFixed(1)}`).join('') + `L${last.x.toFixed(1)} ${HEIGHT}Z`;
  }).join('');
  return (
    <svg class="spark" data-tone={tone} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
         preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={area} />
      <path class="line" d={path} />
    </svg>
  );
}
