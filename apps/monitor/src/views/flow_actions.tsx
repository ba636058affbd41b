// Repairs of a flow. Each shows first what it would do; what cannot be undone wants its name typed.
import { useState } from 'preact/hooks';
import { flowTarget, get, post, Problem, type FlowDetail, type InboxEntry, type WhatIf }
  from '../data/api';
import { plural } from '../data/format';
import { EventLink, Failure, useAnswer } from '../parts/basics';
import { Dialog } from '../parts/dialog';
import { Json } from '../parts/json';

type Action = 'retry' | 'skip' | 'reset' | 'what-if';

const BUTTONS: [Action, string][] = [['retry', 'Retry'], ['skip', 'Skip'], ['what-if', 'What if'],
                                     ['reset', 'Reset']];

export function Actions({ flow, detail, onDone }: {
  flow: string; detail: FlowDetail; onDone: () => void;
}) {
  const [action, setAction] = useState<Action | null>(null);
  const [done, setDone] = useState('');
  const stopped = detail.error_position !== null && detail.error_position !== undefined;
  const isType = detail.flow_type !== undefined;
  return (
    <div class="actions" role="group" aria-label="Actions">
      {BUTTONS.filter(([name]) => !isType || name !== 'what-if').map(([name, label]) => (
        <button type="button" disabled={!stopped && (name === 'retry' || name === 'skip')}
                class={name === 'retry' && stopped ? 'main' : ''}
                onClick={() => {
                  setDone('');
                  setAction(name);
                }}>{label}…</button>
      ))}
      <span class="quiet" role="status">{done}</span>
      {action && <ActionDialog action={action} flow={flow} detail={detail}
                               onClose={() => setAction(null)}
                               onDone={(said) => {
                                 setAction(null);
                                 setDone(said);
                                 onDone();
                               }} />}
    </div>
  );
}

interface Props {
  action: Action;
  flow: string;
  detail: FlowDetail;
  onClose: () => void;
  onDone: (said: string) => void;
}

const TITLES: Record<Action, string> = {
  retry: 'Try the event again', skip: 'Pass the event by', reset: 'Begin anew',
  'what-if': 'What the next event would do',
};

const DONE: Record<Action, string> = {
  retry: 'It tries again.', skip: 'The event is passed by.', reset: 'It begins anew.',
  'what-if': '',
};

function ActionDialog({ action, flow, detail, onClose, onDone }: Props) {
  const [typed, setTyped] = useState('');
  const [accept, setAccept] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const typedConfirmation = action === 'skip' || action === 'reset';
  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const query = action === 'reset' && accept ? '?accept_history=true' : '';
      await post(flowTarget(flow, `/${action}${query}`));
      onDone(DONE[action]);
    } catch (error) {
      setProblem(error as Problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={TITLES[action]} onClose={onClose}>
      <Explanation action={action} detail={detail} />
      {action !== 'reset' && !detail.flow_type &&
        <DryRun flow={flow} skipping={action === 'skip'} />}
      {action === 'reset' && !detail.flow_type && <Again flow={flow} detail={detail} />}
      {action !== 'what-if' && (
        <form onSubmit={run}>
          {action === 'reset' && <label class="check">
            <input type="checkbox" checked={accept}
                   onChange={(event) => setAccept(event.currentTarget.checked)} />
            Take what is recorded as decided, also where the present code would decide otherwise
          </label>}
          {typedConfirmation && <label class="confirm">
            <span>To go on, type its name: <code>{flow}</code></span>
            <input type="text" value={typed} autocomplete="off" spellcheck={false}
                   onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>}
          <Failure problem={problem} />
          <footer>
            <button type="button" onClick={onClose}>Cancel</button>
            <button type="submit" class={typedConfirmation ? 'danger' : 'main'}
                    disabled={busy || (typedConfirmation && typed !== flow)}>
              {BUTTONS.find(([name]) => name === action)?.[1]}</button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

function Explanation({ action, detail }: { action: Action; detail: FlowDetail }) {
  const at = <EventLink at={detail.error_position} />;
  switch (action) {
    case 'retry': return <p>Event {at} is tried again, with the program that runs now, and then what
      waits behind it. Nothing else is replayed.</p>;
    case 'skip': return <p>Event {at} is never handled here. That is recorded, also for every later
      replay, and cannot be undone; a reset does not bring it back either.</p>;
    case 'reset': return <p>The state is forgotten, and the whole inbox handled again, from the
      first event. Reactions are compared with those that are recorded: nothing is appended
      twice, and a difference stops the flow.</p>;
    case 'what-if': return <p>The present code, on the stored state. Nothing is saved.</p>;
  }
}

/** What a reset handles again. */
function Again({ flow, detail }: { flow: string; detail: FlowDetail }) {
  const { value, problem } = useAnswer((signal) =>
    get<{ entries: InboxEntry[] }>(flowTarget(flow, '/inbox?limit=1'), signal), [flow]);
  const first = value?.entries[0];
  if (problem) return <Failure problem={problem} />;
  return (
    <section class="dry-run" aria-label="Dry run" aria-live="polite">
      {first && <p>What was routed to it from event <EventLink at={first.position} /> to
        event <EventLink at={detail.latest} /> is handled again.</p>}
    </section>
  );
}

/** What the present code makes of the event, in its own words. */
function DryRun({ flow, skipping }: { flow: string; skipping: boolean }) {
  const { value, problem, busy } =
    useAnswer(() => post<WhatIf>(flowTarget(flow, '/what-if')), [flow]);
  if (problem) return <Failure problem={problem} />;
  if (!value) return <p class="quiet" aria-live="polite">{busy ? 'Trying it…' : ''}</p>;
  return (
    <section class="dry-run" aria-label="Dry run" aria-live="polite">
      <h3>{skipping ? 'The event that is passed by' : 'Dry run'}</h3>
      {value.error_message
        ? <p class="failure">Event <EventLink at={value.position} /> fails:
            {' '}{value.error_message}</p>
        : <p class="success">Event <EventLink at={value.position} /> {value.passes_by
          ? 'does not concern it and is passed by' : 'succeeds'}:
            {' '}{plural(value.reactions.length, 'reaction')}
            {value.done && ', and the flow ends'}.</p>}
      {value.reactions.map((one, n) => (
        <details key={n}><summary>{one.type}{one.due && ` due ${one.due}`}</summary>
          <Json value={one.data} label={`Body of ${one.type}`} /></details>
      ))}
      {value.event && <details open={skipping}><summary>Event: {value.event.type}</summary>
        <Json value={value.event.data} label="Body of the event" /></details>}
      {value.state !== null && <details><summary>State after it</summary>
        <Json value={value.state} label="State after the event" /></details>}
    </section>
  );
}
