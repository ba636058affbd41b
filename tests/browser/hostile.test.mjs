// Names, bodies and strangers that mean harm.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closeBrowser, Daemon, live, note, openPage, order, view } from './lib.mjs';

const HOSTILE = ['<img src=x onerror="window.hacked=1">', '"><script>window.hacked=1</script>',
  'javascript:window.hacked=1', '{{constructor.constructor("window.hacked=1")()}}', '../../etc',
  '__proto__', '\u202egnp.exe', 'a\u0000b', 'x'.repeat(500), '#/flows/other?filter=x', '%3Cb%3E'];

after(closeBrowser);

test('hostile names and bodies are shown as they are, and do nothing', async () => {
  const daemon = await new Daemon().start();
  try {
    const events = HOSTILE.flatMap((text) => [note(text, 1, text), order(text)]);
    const positions = await daemon.append(events);
    const page = await openPage(daemon, '#/flows');
    await live(page);
    await page.getByText(HOSTILE[0]).first().waitFor();
    for (const [n, text] of HOSTILE.entries()) {
      await view(page, `#/flows/${encodeURIComponent('Notes|' + text)}`, /^Notes\|/);
      const shown = await page.locator('h1').textContent();
      assert.equal(shown, 'Notes|' + text);
      await page.evaluate((to) => { location.hash = to; }, `#/timeline/${positions[2 * n]}`);
      const written = JSON.stringify(text).slice(1, 40);
      await page.locator('pre.json', { hasText: written }).first().waitFor();
    }
    for (const hash of ['#/', '#/topology', '#/schedule', '#/system', '#/timeline']) {
      await page.evaluate((to) => { location.hash = to; }, hash);
      await page.waitForLoadState('networkidle');
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('img, iframe, script:not([src])').count(), 0);
    assert.deepEqual(page.wrong, []);
  } finally {
    await daemon.stop();
  }
});

/** The status that a WebSocket handshake gets. */
function knock(daemon, headers) {
  return new Promise((done, failed) => {
    get({ host: '127.0.0.1', port: daemon.port, path: '/v1/monitor', headers: {
      Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol': 'millrace.v1',
      ...headers } })
      .on('response', (answer) => answer.resume() && done(answer.statusCode))
      .on('upgrade', (answer, socket) => socket.destroy() && done(answer.statusCode))
      .on('error', failed);
  });
}

test('a page of another origin gets nothing', async () => {
  const daemon = await new Daemon().start();
  const foreign = createServer((_, answer) => answer.end('<!doctype html><title>foreign</title>'));
  await once(foreign.listen(0, '127.0.0.1'), 'listening');
  try {
    assert.equal(await knock(daemon, {}), 101);
    assert.equal(await knock(daemon, { Origin: daemon.address }), 101);
    assert.equal(await knock(daemon, { Origin: 'http://evil.example' }), 403);
    assert.equal(await knock(daemon, { Host: 'evil.example' }), 421);
    const page = await openPage({ address: `http://127.0.0.1:${foreign.address().port}` });
    const got = await page.evaluate(async (address) => {
      const socket = new WebSocket(address.replace('http', 'ws') + '/v1/monitor', ['millrace.v1']);
      const heard = await new Promise((done) => {
        socket.onmessage = () => done('message');
        socket.onerror = () => done('refused');
      });
      const read = await fetch(address + '/v1/flows').then(() => 'read', () => 'refused');
      const changed = await fetch(address + '/v1/retry', { method: 'POST', mode: 'no-cors' })
        .then((answer) => answer.status, () => 'refused');
      return [heard, read, changed];
    }, daemon.address);
    assert.deepEqual(got.slice(0, 2), ['refused', 'refused']);
    assert.ok(got[2] === 0 || got[2] === 'refused', got[2]); // opaque: the daemon answered 403
  } finally {
    foreign.close();
    await daemon.stop();
  }
});

test('a wrong token is refused and asked for again, the right one opens the page', async () => {
  const file = join(tmpdir(), `millrace-tokens-${process.pid}`);
  writeFileSync(file, 'read reader-token-1234567890\nall ruler-token-1234567890\n');
  chmodSync(file, 0o600);
  const daemon = await new Daemon('--token-file', file).start();
  try {
    const page = await openPage(daemon, '#/flows');
    await page.getByText('This daemon wants a token.').waitFor();
    await page.getByRole('textbox', { name: /token/ }).or(page.locator('#token')).first()
      .fill('wrong-token-1234567890');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('This token is not right.').waitFor();
    await page.locator('#token').fill('reader-token-1234567890');
    await page.getByRole('button', { name: 'Go on' }).click();
    await live(page);
    await page.getByText('This token is not right.').waitFor({ state: 'detached' });
    await page.reload();
    await live(page); // the tab remembers it
  } finally {
    await daemon.stop();
  }
});
