// The frame of every view: where one is, whether it is true, and the way to the other views.
import { useEffect, useRef } from 'preact/hooks';
import { computed } from '@preact/signals';
import { overview, staleSince } from './data/feed';
import { address, route, VIEWS, type View } from './data/route';
import { THEMES, theme, type Theme } from './data/theme';
import { Connection, StaleBanner, TokenForm } from './parts/connection';
import { count } from './data/format';
import { Flow } from './views/flow';
import { Flows } from './views/flows';
import { Overview } from './views/overview';
import { Schedule } from './views/schedule';
import { System } from './views/system';
import { Timeline } from './views/timeline';
import { Topology } from './views/topology';

const LABELS: Record<View, string> = {
  overview: 'Overview', flows: 'Flows', topology: 'Topology', timeline: 'Timeline',
  schedule: 'Schedule', system: 'System',
};

const stopped = computed(() => overview.value?.stopped ?? 0);
const application = computed(() => overview.value?.application ?? '');

export function App() {
  const { view, item } = route.value;
  const main = useRef<HTMLElement>(null);
  const place = `${view}/${item ?? ''}`;
  const first = useRef(true);
  useEffect(() => {
    const where = item && view !== 'timeline' ? item : LABELS[view];
    document.title = [where, application.value, 'millrace'].filter(Boolean).join(' · ');
  }, [place, application.value]);
  useEffect(() => {
    // Who follows a link goes on at the new content, not at the top of the page.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [place]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        main.current?.focus();
      }}>Skip to content</a>
      <header class="rail">
        <a class="mark" href={address('overview')}>
          <Mark />
          <span>millrace<small>{application.value}</small></span>
        </a>
        <Navigation current={view} />
        <div class="rail-end">
          <Connection />
          <ThemeSwitch />
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1} data-view={view}
            data-stale={staleSince.value !== null}>
        <StaleBanner />
        <TokenForm />
        <Content view={view} item={item} />
      </main>
    </>
  );
}

function Content({ view, item }: { view: View; item: string | null }) {
  switch (view) {
    case 'overview': return <Overview />;
    case 'flows': return item === null ? <Flows /> : <Flow key={item} flow={item} />;
    case 'topology': return <Topology />;
    case 'timeline': return <Timeline item={item} />;
    case 'schedule': return <Schedule />;
    case 'system': return <System />;
  }
}

function Navigation({ current }: { current: View }) {
  return (
    <nav aria-label="Views">
      {VIEWS.map((view) => (
        <a href={address(view)} aria-current={view === current ? 'page' : undefined}>
          {LABELS[view]}
          {view === 'flows' && stopped.value > 0 &&
            <span class="badge bad">{count(stopped.value)}<span class="hidden"> stopped</span>
            </span>}
        </a>
      ))}
    </nav>
  );
}

const THEME_LABELS: Record<Theme, string> = { auto: 'Auto', light: 'Light', dark: 'Dark' };

function ThemeSwitch() {
  return (
    <fieldset class="segments" data-small>
      <legend class="hidden">Colours</legend>
      {THEMES.map((one) => (
        <label>
          <input type="radio" name="theme" checked={theme.value === one}
                 onChange={() => (theme.value = one)} />
          <span>{THEME_LABELS[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Mark() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M5 10c3.7-3.2 7.3-3.2 11 0s7.3 3.2 11 0M5 17c3.7-3.2 7.3-3.2 11 0s7.3
               3.2 11 0M5 24c3.7-3.2 7.3-3.2 11 0s7.3 3.2 11 0" />
    </svg>
  );
}

