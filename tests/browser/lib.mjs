// What the tests of the page share: a daemon over a new store, and a browser that looks at it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.MILLRACE_SHOP ?? 'build/tests/browser_shop';
const LIMIT = 60_000; // ms, for what has no limit of its own, on a machine that is busy

/** `serve` over a store that goes away with it. */
export class Daemon {
  constructor(...words) {
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-page-'));
    this.store = join(this.folder, 'store');
    this.poison = join(this.folder, 'poison');
    this.words = words;
  }

  async start(port = 0) {
    const words = ['--store', this.store, 'serve', '--json', '--listen', `127.0.0.1:${port}`];
    this.process = spawn(PROGRAM, [...words, ...this.words], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MILLRACE_POISON: this.poison },
    });
    const lines = createInterface({ input: this.process.stdout });
    const ended = once(this.process, 'exit').then(([code]) => assert.fail(`it ended: ${code}`));
    ended.catch(() => undefined); // at the end it may
    const [line] = await Promise.race([once(lines, 'line'), ended]);
    this.address = JSON.parse(line).listening;
    this.port = Number(new URL(this.address).port);
    return this;
  }

  async kill(signal = 'SIGKILL') {
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }

  async stop() {
    const runs = this.process?.exitCode === null && this.process.signalCode === null;
    if (runs) await this.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  breakNotes() {
    writeFileSync(this.poison, '');
  }

  mendNotes() {
    if (existsSync(this.poison)) rmSync(this.poison);
  }

  /** A command of the program over the same store: how it ended. */
  async command(words, input = '') {
    const run = spawn(PROGRAM, ['--store', this.store, ...words]);
    run.stdin.on('error', () => undefined); // it need not read all
    run.stdin.end(input);
    const said = { out: '', err: '' };
    run.stdout.on('data', (text) => { said.out += text; });
    run.stderr.on('data', (text) => { said.err += text; });
    const [code] = await once(run, 'close');
    return { code, ...said };
  }

  async ask(target, options = {}) {
    return fetch(this.address + target, options);
  }

  /** Positions of what was appended, after all flows have handled it unless `wait` says not to. */
  async append(events, wait = true) {
    const answer = await this.ask('/v1/events', {
      method: 'POST', body: JSON.stringify(events),
      headers: { 'Content-Type': 'application/json', ...(wait && { Prefer: 'wait=30' }) },
    });
    const said = await answer.json();
    assert.ok(answer.ok, JSON.stringify(said));
    return said.events.map((event) => event.position);
  }
}

export const note = (key, number = 1, text = '') =>
  ({ type: 'Noted', data: { key, number, text } });
export const order = (id) => ({ type: 'OrderPlaced', data: { orderId: id, total: 3 } });

/** Notes of so many keys, some orders, and a reminder for each of these. */
export async function fill(daemon, keys) {
  await daemon.append(Array.from({ length: keys }, (_, n) =>
    note(`customer-${String(n).padStart(5, '0')}`, n, `note ${n}`)));
  await daemon.append(Array.from({ length: 20 }, (_, n) => order(`order-${n}`)));
}

let browser;

export async function openBrowser() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/** A page of a context of its own. `page.wrong` collects errors, and requests of other hosts. */
export async function openPage(daemon, hash = '', look = {}) {
  const { width = 1280, height = 800, dark = false } = look;
  const context = await (await openBrowser()).newContext({
    viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  page.wrong = [];
  page.on('console', (said) => {
    if (['error', 'warning'].includes(said.type())) {
      page.wrong.push(`${said.text()} ${said.location().url}`);
    }
  });
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  const within = (url) => new URL(url).host === new URL(daemon.address).host;
  page.on('request', (request) => {
    if (!within(request.url())) page.wrong.push(`asked for ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (!within(socket.url())) page.wrong.push(`asked for ${socket.url()}`);
  });
  await page.goto(`${daemon.address}/${hash}`);
  return page;
}

export const live = (page) => page.getByText('Live', { exact: true }).waitFor();

/** Goes to a view as a link in the page would, and waits until it is drawn. */
export async function view(page, hash, heading) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
}

/** The best of some measurements is below the limit. On a machine where more programs want to run
 *  than it has processors for, nothing follows from the opposite: it is said, and not held. */
export function inTime(t, what, taken, limit) {
  const busy = loadavg()[0] / availableParallelism();
  t.diagnostic(`${what} after ${taken.join(', ')} ms; load per processor ${busy.toFixed(1)}`);
  if (Math.min(...taken) < limit) return;
  assert.ok(busy > 1.5, `${what} after ${taken} ms, not within ${limit}`);
  t.diagnostic(`not within ${limit} ms: this machine is too busy to tell`);
}

/** How many milliseconds it took until this was so. */
export async function timed(wait) {
  const begin = performance.now();
  await wait();
  return Math.round(performance.now() - begin);
}
