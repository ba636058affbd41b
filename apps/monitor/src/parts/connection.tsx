// Whether what is shown is true: live, or stale since when.
import { useState } from 'preact/hooks';
import { now, retryAt, retryNow, staleSince, world } from '../data/feed';
import { setToken, token, tokenWanted } from '../data/api';
import { clock, duration } from '../data/format';

export function Connection() {
  const stale = staleSince.value !== null;
  const state = stale ? 'bad' : world.value ? 'good' : 'quiet';
  return (
    <p class="connection" data-tone={state}>
      <i class="dot" aria-hidden="true" />
      {stale ? 'Stale' : world.value ? 'Live' : 'Connecting'}
    </p>
  );
}

export function StaleBanner() {
  const since = staleSince.value;
  // Who has not been let in yet is asked for a token, and sees nothing that could be stale.
  if (since === null || (tokenWanted.value && !world.value)) return <div role="alert" />;
  const left = Math.max(0, Math.ceil(((retryAt.value ?? 0) - now.value) / 1000));
  const age = duration(Math.max(0, Math.round((now.value - since) / 1000)));
  return (
    <div class="banner">
      <p role="alert"><strong>Stale since {clock(since, now.value)}.</strong> The connection to the
        daemon is lost.</p>
      <p class="quiet">{world.value ? `What is shown is ${age} old. ` : ''}
        {left > 0 ? `Next try in ${left} s.` : 'Trying…'}</p>
      <button type="button" onClick={retryNow}>Try now</button>
    </div>
  );
}

/** For a daemon with a token file. The token stays in this tab. */
export function TokenForm() {
  const [text, setText] = useState('');
  if (!tokenWanted.value) return null;
  return (
    <form class="banner" data-tone="quiet" onSubmit={(event) => {
      event.preventDefault();
      setToken(text);
      retryNow();
    }}>
      <label for="token">
        <strong>{token.value ? 'This token is not right.' : 'This daemon wants a token.'}</strong>
        {' '}It stands in the daemon's token file, behind “read” or “all”.</label>
      <input id="token" type="password" autocomplete="off" value={text}
             onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit">Go on</button>
    </form>
  );
}
