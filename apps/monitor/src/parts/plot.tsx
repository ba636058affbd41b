// A plot of the last fifteen minutes of a flow.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { world } from '../data/feed';
import { SPAN, type History } from '../data/history';
import { colour, themeShown } from '../data/theme';

export interface Curve {
  label: string;
  column: number;
  colour: string; // a variable of the theme
}

const HEIGHT = 150;

/** `format` says a value in words; `floor` is the least that the whole height stands for. */
export function Plot({ title, history, curves, format, floor = 1 }: {
  title: string; history: History; curves: Curve[]; floor?: number;
  format: (y: number | null | undefined) => string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = themeShown.value;

  useEffect(() => {
    const element = box.current!;
    const made = new uPlot(options(element.clientWidth, curves, format),
                           [[], ...curves.map(() => [])], element);
    plot.current = made;
    draw(made, history, curves, floor);
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [history, shown]);

  const at = world.value?.at ?? 0;
  useEffect(() => {
    if (plot.current) draw(plot.current, history, curves, floor);
  }, [Math.floor(at / 500)]);

  const last = (column: number) => format(history.columns[column]?.[history.times.length - 1]);
  const words = curves.map((one) => `${one.label} ${last(one.column)}`).join(', ');
  return (
    <figure class="plot">
      <figcaption>{title}
        <span>{curves.map((one) => (
          <span class="key"><i data-colour={one.colour} aria-hidden="true" />{one.label} <b>
            {last(one.column)}</b></span>
        ))}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}, the last 15 minutes; now: ${words}`} />
    </figure>
  );
}

function draw(plot: uPlot, history: History, curves: Curve[], floor: number): void {
  const now = (world.peek()?.at ?? Date.now()) / 1000;
  const times = history.times.map((time) => time / 1000);
  plot.batch(() => {
    plot.setData([times, ...curves.map((one) => history.columns[one.column] ?? [])], false);
    plot.setScale('x', { min: now - SPAN / 1000, max: now });
    const most = Math.max(floor, ...curves.flatMap((one) =>
      (history.columns[one.column] ?? []).filter((y): y is number => y !== null)));
    plot.setScale('y', { min: 0, max: most * 1.1 });
  });
}

function options(width: number, curves: Curve[], format: (y: number) => string): uPlot.Options {
  const [ink, rule] = [colour('muted'), colour('line')];
  const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false },
                 font: '11px system-ui, sans-serif' };
  return {
    width: Math.max(width, 100),
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      { ...axis, size: 24, space: 70,
        values: (_, ticks) => ticks.map((t) => new Date(t * 1000).toTimeString().slice(0, 5)) },
      { ...axis, size: 60, values: (_, ticks) => ticks.map(format) },
    ],
    series: [{}, ...curves.map((one) => ({
      label: one.label, stroke: colour(one.colour), width: 1.5, points: { show: false },
      paths: uPlot.paths.stepped!({ align: 1 }),
    }))],
  };
}
