// What happens to the daemon is seen on the page, and what has to be done can be done there.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { closeBrowser, Daemon, fill, inTime, live, note, openPage, timed, view } from './lib.mjs';

const KEY = 'Notes|customer-00003';
let daemon;
let page;

beforeEach(async () => {
  daemon = await new Daemon().start();
  await fill(daemon, 30);
});

afterEach(async () => {
  await page?.context().close();
  await daemon.stop();
});

after(closeBrowser);

test('a daemon that was killed is seen within 3 s, and the page heals with it', async (t) => {
  page = await openPage(daemon);
  await live(page);
  const port = daemon.port;
  await daemon.kill();
  const seen = await timed(() => page.getByText(/Stale since \d\d:\d\d:\d\d/).waitFor());
  t.diagnostic(`stale after ${seen} ms`);
  assert.ok(seen < 3000, `${seen} ms`);
  await view(page, '#/flows', 'Flows'); // what was known is still shown
  await page.getByRole('row', { name: /customer-00003/ }).waitFor();
  await daemon.start(port);
  const healed = await timed(() => live(page));
  t.diagnostic(`live again ${healed} ms after the daemon`);
  assert.ok(healed < 16_000, `${healed} ms`);
  assert.equal(await page.getByText('Stale since').count(), 0);
  await daemon.append([note('a-newcomer')]);
  await page.getByRole('row', { name: /a-newcomer/ }).waitFor();
});

test('a daemon that hangs is stale, too', async () => {
  page = await openPage(daemon);
  await live(page);
  daemon.process.kill('SIGSTOP');
  try {
    const seen = await timed(() => page.getByText('Stale since').waitFor());
    assert.ok(seen < 4500, `${seen} ms`);
  } finally {
    daemon.process.kill('SIGCONT');
  }
  await live(page);
});

test('a poisoned event shows as stopped within 1 s, and retry clears it', async (t) => {
  page = await openPage(daemon, '#/flows?status=stopped');
  await live(page);
  daemon.breakNotes();
  // By the page's own clock: what drives the browser takes its time, too.
  await page.evaluate(() => {
    window.shown = {};
    const look = () => document.querySelectorAll('[role="row"]').forEach((row) => {
      const key = /stopped.*(customer-\d{5})/.exec(row.textContent)?.[1];
      if (key) window.shown[key] ??= Date.now();
    });
    new MutationObserver(look).observe(document.body,
      { subtree: true, childList: true, characterData: true });
  });
  const taken = [];
  let row;
  let position;
  for (const key of ['customer-00001', 'customer-00002', 'customer-00003']) {
    const begin = Date.now();
    [position] = await daemon.append([note(key, 7, 'poison')], false);
    row = page.getByRole('row', { name: new RegExp(`stopped.*${key}`) });
    await row.waitFor();
    taken.push(await page.evaluate((of) => window.shown[of], key) - begin);
  }
  t.diagnostic(`each: ${taken.join(', ')} ms`);
  inTime(t, 'the slowest of three stopped', [Math.max(...taken)], 1000);
  await row.getByRole('link').click();
  await page.getByText('cannot digest poison').first().waitFor();
  await page.getByText('"poison"').waitFor(); // the body of the event
  await page.getByRole('button', { name: 'Retry…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`Event ${position} fails: `).waitFor();
  daemon.mendNotes();
  await dialog.getByRole('button', { name: 'Retry', exact: true }).click();
  await page.getByText('It tries again.').waitFor();
  await page.locator('h1 + .state', { hasText: 'idle' }).waitFor();
  await page.getByText('Last error').waitFor({ state: 'detached' });
  await page.locator('.badge', { hasText: '2' }).waitFor(); // the two others
});

test('skip and reset want the name typed, and do what they say', async () => {
  daemon.breakNotes();
  await daemon.append([note('customer-00003', 7, 'poison')], false);
  page = await openPage(daemon, `#/flows/${encodeURIComponent(KEY)}`);
  await page.getByRole('button', { name: 'Skip…' }).click();
  const dialog = page.getByRole('dialog');
  const skip = dialog.getByRole('button', { name: 'Skip', exact: true });
  await dialog.getByLabel(/type its name/).fill('Notes|customer-0000');
  assert.ok(await skip.isDisabled());
  await dialog.getByLabel(/type its name/).fill(KEY);
  await skip.click();
  await page.locator('h1 + .state', { hasText: 'idle' }).waitFor();
  await page.getByRole('heading', { name: 'Skipped' }).waitFor();

  await page.getByRole('button', { name: 'Reset…' }).click();
  await dialog.getByLabel(/type its name/).fill(KEY);
  await dialog.getByRole('button', { name: 'Reset', exact: true }).click();
  await page.getByText('It begins anew.').waitFor();
  await page.getByText('generation 1').waitFor();
});

test('a dry run shows what a flow would do, and does nothing', async () => {
  daemon.breakNotes();
  const [position] = await daemon.append([note('customer-00003', 7, 'poison')], false);
  page = await openPage(daemon, `#/flows/${encodeURIComponent(KEY)}`);
  await page.getByText('Last error').waitFor();
  daemon.mendNotes();
  await page.getByRole('button', { name: 'What if…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`Event ${position} succeeds: 0 reactions`).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const flow = await (await daemon.ask(`/v1/flows/${encodeURIComponent(KEY)}`)).json();
  assert.equal(flow.error_position, position);
});

test('all can be done with the keyboard alone', async () => {
  daemon.breakNotes();
  await daemon.append([note('customer-00003', 7, 'poison')], false);
  page = await openPage(daemon);
  await live(page);
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  const tabTo = async (text) => {
    for (let n = 0; n < 60; ++n) {
      await press('Tab');
      if (text.test(await focused())) return;
    }
    assert.fail(`no way to ${text}`);
  };

  await press('Tab');
  assert.equal(await focused(), 'Skip to content');
  await tabTo(/^Flows/);
  await press('Enter');
  await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor();
  await tabTo(/customer-00003/); // into the grid: one stop, at the first row, which is stopped
  await press('ArrowDown', 'ArrowDown', 'End');
  const last = await page.locator('[role="grid"]').getAttribute('aria-rowcount');
  const index = await page.evaluate(() => document.activeElement.getAttribute('aria-rowindex'));
  assert.equal(index, last);
  await press('Home', 'Enter');
  await page.getByRole('heading', { name: KEY, level: 1 }).waitFor();
  await page.getByText('Last error').waitFor();
  daemon.mendNotes();
  await tabTo(/^Retry…$/);
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(), 'Retry…'); // where one was
  await press('Enter');
  await page.getByRole('dialog').getByText('succeeds').waitFor();
  await tabTo(/^Retry$/);
  await press('Enter');
  await page.locator('h1 + .state', { hasText: 'idle' }).waitFor();
});

test('the timeline is sought by position, time and type', async () => {
  page = await openPage(daemon, '#/timeline');
  await page.getByLabel('Position').fill('17');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '17 Noted' }).waitFor();
  await page.locator('pre', { hasText: '"customer-00017"' }).waitFor();
  await page.getByRole('link', { name: 'Notes|customer-00017' }).first().waitFor(); // explain
  await page.getByLabel('Type').fill('OrderPlaced');
  await page.getByRole('button', { name: 'Go' }).click();
  const rows = page.locator('.event-list tbody tr');
  await page.waitForFunction(() => document.querySelectorAll('.event-list tbody tr').length === 20);
  assert.equal(await rows.filter({ hasText: 'OrderPlaced' }).count(), 20);
  await page.getByLabel('Type').fill('');
  await page.getByLabel('Time').fill('2020-01-01T00:00:00');
  await page.getByRole('button', { name: 'Go' }).click();
  await rows.first().getByRole('link', { name: '0', exact: true }).waitFor();
});

test('an order leads to its reminder: a timer, and a tree of causes', async () => {
  page = await openPage(daemon, '#/schedule');
  await page.getByText('20 timers').waitFor();
  await page.getByLabel('Filter by event or flow').fill('order-7');
  await page.getByRole('row', { name: /PaymentOverdue.*order-7/ }).waitFor();
  const row = page.getByRole('row', { name: /PaymentOverdue/ });
  assert.equal(await row.count(), 1);
  await row.focus();
  await page.keyboard.press('Enter');
  const tree = page.locator('.tree');
  await tree.getByRole('link', { name: /OrderPlaced/ }).waitFor();
  await tree.locator('li li').getByRole('link', { name: /PaymentOverdue/ }).waitFor();
});

test('a filter and an order are part of the address', async () => {
  page = await openPage(daemon, '#/flows?filter=order&sort=-flow');
  await page.getByRole('row', { name: /order-9/ }).waitFor();
  assert.match(await page.locator('[role="row"][aria-rowindex="2"]').innerText(), /order-9/);
  await page.getByRole('button', { name: 'Lag' }).click();
  await page.waitForURL(/sort=-lag/);
  await page.getByLabel('Filter by name').fill('order-1');
  await page.waitForURL(/filter=order-1/);
});

test('a command of the application reads its input, with a daemon and without', async () => {
  page = undefined;
  const count = (input) => daemon.command(['count-lines'], input);
  const lines = 'ü\n'.repeat(100_000);
  assert.deepEqual(await count(lines), { code: 0, out: '100000\n', err: '' });
  assert.deepEqual(await count(''), { code: 0, out: '0\n', err: '' });
  const tooMuch = await count('x\n'.repeat(17 << 20));
  assert.match(`${tooMuch.code} ${tooMuch.err}`, /^1 .*at most/);
  assert.match((await count(Buffer.from([0xff]))).err, /UTF-8/);
  await daemon.kill('SIGTERM');
  assert.deepEqual(await count(lines), { code: 0, out: '100000\n', err: '' });
});

test('a daemon ends in order though a command of the application does not end', async () => {
  page = undefined;
  const run = await daemon.ask('/v1/run/stubborn',
    { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
  const { value } = await run.body.getReader().read();
  assert.match(new TextDecoder().decode(value), /here/);
  const taken = await timed(() => daemon.kill('SIGTERM'));
  assert.ok(taken > 1000 && taken < 40_000, `${taken} ms`);
  assert.equal(daemon.process.exitCode, 1); // and not by a signal
  await daemon.start(daemon.port);
  const { tail, caught_up } = await (await daemon.ask('/v1/progress?wait=30s')).json();
  assert.ok(caught_up && tail >= 50);
});
