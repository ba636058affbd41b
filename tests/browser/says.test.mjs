// What each view says is what the daemon says: figure by figure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, fill, live, note, openPage } from './lib.mjs';

const KEYS = 30;
const BROKEN = 'Notes|customer-00003';
let daemon;
let page;

before(async () => {
  daemon = await new Daemon().start();
  await fill(daemon, KEYS);
  daemon.breakNotes();
  await daemon.append([note('customer-00003', 7, 'poison')], false);
  await daemon.append([note('customer-00003', 8), note('customer-00003', 9)], false);
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
    ['Timers due', /^Timers due0.*Next in (29|30) min/], ['Disk', /[kMGT]B free.*B store/],
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
