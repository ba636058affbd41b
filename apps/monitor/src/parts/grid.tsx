// A table of many rows of which only those in sight exist. For the keyboard and for screen readers
// it is one grid: each row has its number in the whole, arrows move through all of them, and the
// row that has the focus exists also when it is scrolled away.
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { moved, windowOf } from './rows';

export interface GridColumn<Row, Id extends string> {
  id: Id;
  label: string;
  title?: string;
  number?: boolean;
  cell: (row: Row) => ComponentChildren;
}

interface Props<Row, Id extends string> {
  label: string;
  name: string; // of its class, which has the widths
  rows: Row[];
  columns: GridColumn<Row, Id>[];
  rowKey: (row: Row) => string;
  address: (row: Row) => string;
  tone?: (row: Row) => string | undefined;
  order?: { column: string; descending: boolean };
  onOrder?: (column: Id) => void;
  rowHeight: number;
  empty: ComponentChildren;
}

export function Grid<Row, Id extends string>(props: Props<Row, Id>) {
  const { rows, rowKey, rowHeight } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState<string | null>(null);
  const wantsFocus = useRef(false);

  useEffect(() => {
    const observer = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 600));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const found = active === null ? -1 : rows.findIndex((row) => rowKey(row) === active);
  const current = found < 0 ? 0 : found;
  const shown = windowOf(rows.length, top, height, rowHeight, found);

  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current?.querySelector<HTMLElement>(`[aria-rowindex="${current + 2}"]`)
      ?.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (event.key === 'Enter' && row && (event.target as HTMLElement).role === 'row') {
      location.hash = props.address(row);
      return;
    }
    const to = moved(event.key, current, rows.length, Math.floor(height / rowHeight) - 2);
    const next = to === null ? undefined : rows[to];
    if (to === null || !next) return;
    event.preventDefault();
    setActive(rowKey(next));
    wantsFocus.current = true;
    bringIntoSight(box.current, to, rowHeight);
  };

  return (
    <div class={`grid ${props.name}`} role="grid" aria-label={props.label}
         aria-rowcount={rows.length + 1} ref={box}
         onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <div role="rowgroup" class="grid-head">
        <div role="row" aria-rowindex={1}>
          {props.columns.map((column) => <Head column={column} {...props} />)}
        </div>
      </div>
      <div role="rowgroup" class="grid-body" onKeyDown={onKeyDown}
           style={{ height: `${rows.length * rowHeight}px` }}>
        {shown.map((index) => {
          const row = rows[index]!;
          const key = rowKey(row);
          return <Line key={key} id={key} row={row} index={index} columns={props.columns}
                       tone={props.tone?.(row)} top={index * rowHeight}
                       current={index === current} onFocus={setActive} />;
        })}
      </div>
      {rows.length === 0 && <p class="empty">{props.empty}</p>}
    </div>
  );
}

interface LineProps<Row, Id extends string> {
  id: string;
  row: Row;
  index: number;
  columns: GridColumn<Row, Id>[];
  tone: string | undefined;
  top: number;
  current: boolean;
  onFocus: (id: string) => void;
}

/** Drawn again only when something of it changed, not whenever the grid is scrolled. */
class Line<Row, Id extends string> extends Component<LineProps<Row, Id>> {
  override shouldComponentUpdate(next: LineProps<Row, Id>) {
    const now = this.props;
    const names = Object.keys(next) as (keyof LineProps<Row, Id>)[];
    return names.some((one) => next[one] !== now[one]);
  }

  override render({ id, row, index, columns, tone, top, current, onFocus }: LineProps<Row, Id>) {
    return (
      <div role="row" aria-rowindex={index + 2} data-tone={tone} tabIndex={current ? 0 : -1}
           onFocus={() => onFocus(id)} style={{ top: `${top}px` }}>
        {columns.map((column) => (
          <div role="gridcell" data-column={column.id} class={column.number ? 'number' : ''}>
            {column.cell(row)}
          </div>
        ))}
      </div>
    );
  }
}

function Head<Row, Id extends string>({ column, order, onOrder }: {
  column: GridColumn<Row, Id>;
} & Pick<Props<Row, Id>, 'order' | 'onOrder'>) {
  const sorted = order?.column === column.id;
  const sort = !onOrder ? undefined : !sorted ? 'none'
    : order.descending ? 'descending' : 'ascending';
  return (
    <div role="columnheader" data-column={column.id} class={column.number ? 'number' : ''}
         aria-sort={sort} title={column.title}>
      {onOrder ? <button type="button" onClick={() => onOrder(column.id)}>
        {column.label}<i class="sort" aria-hidden="true" /></button> : column.label}
    </div>
  );
}

/** Scrolls as little as needed; a row is never left below the header. */
function bringIntoSight(box: HTMLElement | null, index: number, rowHeight: number): void {
  if (!box) return;
  const first = index * rowHeight;
  const room = box.clientHeight - 2 * rowHeight;
  if (first < box.scrollTop) box.scrollTop = first;
  else if (first > box.scrollTop + room) box.scrollTop = first - room;
}
