// What each view says is what the daemon says: figure by figure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, fill, live, note, openPage } from './lib.mjs';

const KEYS = 30;
const STOPPED = 'customer-00003';
const BROKEN = `Notes|${STOPPED}`;
const LIVELY = 'customer-00007';
let daemon;
let poisoned;
let page;

before(async () => {
  daemon = await new Daemon().start();
  await fill(daemon, KEYS);
  daemon.breakNotes();
  [poisoned] = await daemon.append([note(STOPPED, 7, 'poison')], false);
  await daemon.append([note(STOPPED, 8), note(STOPPED, 9)], false);
});

after(async () => {
  await closeBrowser();
  await daemon.stop();
});

const ask = async (target) => (await daemon.ask(target)).json();
const number = (text) => Number(text.replace(/,/g, ''));

/** Waits until the page shows what it is to show. */
async function shows(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}

/** A figure's value, by its name, of a list of figures. */
const figure = (name) => page.locator('dl > div', { has: page.locator('dt', { hasText:
  new RegExp(`^${name}$`) }) });

test('the overview says how everything is', async () => {
  page = await openPage(daemon);
  await live(page);
  await shows(page.locator('h1'), 'Running, 1 flow stopped');
  const listed = (await ask('/v1/statistics')).statistics;
  const all = listed.find((row) => row.name === null);
  await shows(page.locator('.headline'),
    new RegExp(`Since .*${all.flows} flows, ${all.pending} with events waiting\\.`));
  const tail = number((await daemon.ask('/v1/events?limit=1')).headers.get('millrace-tail'));
  await shows(figure('Head'), (tail - 1).toLocaleString('en-US'));
  for (const [name, text] of [
    ['Append rate', /\d.*commits/], ['Worst lag', /3 events/], ['Worst lag', BROKEN],
    ['Oldest waiting', /\d (s|min)/], ['Oldest waiting', BROKEN], ['Stopped', /^Stopped1/],
    ['Timers due', /^Timers due0.*Next in \d+ min/], ['Disk', /[kMGT]B free.*B store/],
    ['Flush p99', /(µs|ms|s).*p50/]]) await shows(figure(name), text);
  assert.equal(await page.locator('.tile svg.spark').count(), 8, 'a past for each');
  await shows(page.locator('.attention li'), /stopped.*cannot digest poison/);
  for (const name of ['Notes', 'OpenOrders', 'PaymentReminder']) {
    const type = listed.find((row) => row.name === name);
    const row = page.getByRole('row', { name: new RegExp(`^${name} `) });
    await shows(row, name);
    for (const [label, key] of [['Flows', 'flows'], ['Waiting', 'pending'],
                                ['Stopped', 'stopped'], ['Lag', 'lag']]) {
      assert.equal(number(await row.locator(`[data-label="${label}"]`).innerText()), type[key],
        `${name} ${label}`);
    }
  }
  await page.context().close();
});

test('the table of flows has a column for each figure', async () => {
  page = await openPage(daemon, '#/flows', { width: 1920 });
  const heads = await page.getByRole('columnheader').allInnerTexts();
  assert.deepEqual(heads.map((head) => head.trim()), ['State', 'Flow', 'Position', 'Lag', 'Age',
    'Rate', 'Batch', 'Flush', 'Mailbox']);
  const cell = (key, column) =>
    page.getByRole('row', { name: new RegExp(key) }).locator(`[data-column="${column}"]`);
  const said = async (key, column) => (await cell(key, column).innerText()).trim();
  const flow = await ask(`/v1/flows/${encodeURIComponent(BROKEN)}`);
  await shows(cell(STOPPED, 'status'), 'stopped');
  assert.equal(number(await said(STOPPED, 'position')), flow.checkpoint);
  assert.equal(await cell(STOPPED, 'position').locator('.bar[data-waits="true"]').count(), 1);
  assert.equal(number(await said(STOPPED, 'lag')), 3);
  assert.match(await said(STOPPED, 'age'), /\d/);
  for (const column of ['rate', 'batch', 'cause', 'waiting']) { // it is not in memory any more
    assert.equal(await said(STOPPED, column), '–', column);
    assert.equal(await cell(STOPPED, column).locator('[title="not in memory"]').count(), 1, column);
  }
  const [at] = await daemon.append([note(LIVELY, 5)]);
  await shows(cell(LIVELY, 'position'), at.toLocaleString('en-US'));
  for (const [column, text] of [['status', 'idle'], ['lag', /^0$/], ['age', '–'],
    ['rate', /^[\d.]+\/s$/], ['batch', /^\d+ \/ \d+$/], ['cause', /^(dry|reading|aged)$/],
    ['waiting', /^0$/]]) await shows(cell(LIVELY, column), text);
  assert.equal(await cell(LIVELY, 'position').locator('.bar[data-waits="false"]').count(), 1);
  await page.context().close();
});

test('the topology is drawn from events to what flows emit, and told as a table', async () => {
  page = await openPage(daemon, '#/topology');
  const { observes, emits } = await topology();
  assert.ok(observes.length >= 7 && emits.length >= 1, JSON.stringify({ observes, emits }));
  for (const kind of ['event', 'router', 'type', 'emitted']) {
    await page.locator(`.node[data-kind="${kind}"]`).first().waitFor();
  }
  await shows(page.locator('.node[data-kind="type"][data-tone="bad"]'), 'Notes');
  const drawn = await page.locator('.edge').count();
  const names = new Set(observes.map((one) => one.event));
  assert.ok(drawn >= names.size + emits.length, `${drawn} edges`);
  const rows = page.locator('table.twin tbody tr');
  for (const { type, event } of observes) {
    await shows(rows.filter({ hasText: type }).locator('[data-label="Observes"]'), event);
  }
  for (const { type, event } of emits) {
    await shows(rows.filter({ hasText: type }).locator('[data-label="Emits"]'), event);
  }
  await page.context().close();
});

/** As the monitor tells it. */
const topology = () => page.evaluate(() => new Promise((done, failed) => {
  const socket = new WebSocket(new URL('/v1/monitor', location.href.replace('http', 'ws')),
    ['millrace.v1']);
  socket.onerror = failed;
  socket.onmessage = ({ data }) => {
    socket.close();
    done(JSON.parse(data).topology);
  };
}));

test('a flow that works has figures of what it does', async () => {
  const [at] = await daemon.append([note(LIVELY, 6)]);
  page = await openPage(daemon, `#/flows/${encodeURIComponent(`Notes|${LIVELY}`)}`);
  await daemon.append([note(LIVELY, 6)]);
  for (const [name, text] of [['Position', (at + 1).toLocaleString('en-US')],
    ['Lag', '0 events'], ['Oldest waiting', 'none'], ['Rate', /[\d.]+\/s/], ['Mailbox', /Mailbox0/],
    ['Handled since loaded', /\d/], ['Batch, half / 95 %', /\d+ \/ \d+$/],
    ['Flushed mostly when', /dry|reading|aged/]]) await shows(figure(name), text);
  await page.context().close();
});

test('a flow has figures, plots, its last error with the event, and its state', async () => {
  page = await openPage(daemon, `#/flows/${encodeURIComponent(BROKEN)}`);
  const flow = await ask(`/v1/flows/${encodeURIComponent(BROKEN)}`);
  await shows(figure('Position'), flow.checkpoint.toLocaleString('en-US'));
  for (const [name, text] of [['Routed up to', flow.latest.toLocaleString('en-US')],
    ['Lag', '3 events'], ['Oldest waiting', /\d/], ['Rate', '–'], ['Mailbox', 'not in memory'],
    ['Batch, half / 95 %', '–'], ['Skipped', '0']]) await shows(figure(name), text);
  for (const title of ['Lag', 'Rate', 'Batch size']) {
    await page.locator('.plots figure', { hasText: title }).first().waitFor();
  }
  assert.equal(await page.locator('.plots canvas').count(), 3);
  await shows(page.locator('section', { hasText: 'Last error' }), poisoned.toLocaleString('en-US'));
  await shows(page.locator('section', { hasText: 'Last error' }), 'cannot digest poison');
  await shows(page.locator('pre.json'), '"poison"');
  await shows(page.locator('pre.json'), '"count"');
  await page.context().close();
});

test('an event has its envelope, body, whom it reaches, and causes', async () => {
  page = await openPage(daemon, `#/timeline/${poisoned}`);
  await shows(page.locator('article.event'), 'Noted');
  await shows(figure('Position'), poisoned.toLocaleString('en-US'));
  await shows(page.locator('pre.json'), '"poison"');
  await shows(page.locator('section', { hasText: 'Whom it reaches' }), BROKEN);
  await shows(page.locator('.tree'), 'Noted');
  await page.context().close();
});

test('the schedule has a row for each timer, and system says what is checked', async () => {
  page = await openPage(daemon, '#/schedule');
  const { schedule } = await ask('/v1/schedule?limit=1000');
  await page.locator(`[role="grid"][aria-rowcount="${schedule.length + 1}"]`).waitFor();
  await shows(page.getByRole('row'), /in \d+ min.*PaymentOverdue.*PaymentReminder\|order-/);
  await page.evaluate(() => { location.hash = '#/system'; });
  for (const { check } of (await ask('/readyz')).checks) await shows(page.locator('main'), check);
  for (const name of ['flush', 'commit']) {
    await page.locator('main', { hasText: new RegExp(name, 'i') }).waitFor();
  }
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});
