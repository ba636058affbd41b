// Time series in the cache of a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, openPage } from './lib.mjs';

const BEGIN = Date.UTC(2014, 8, 29, 23, 50);
const COUNT = 60; // events, 7 seconds apart
let daemon;

before(async () => {
  daemon = await new Daemon().start();
  const lines = Array.from({ length: COUNT }, (_, position) => JSON.stringify({
    position, type: 'Past', time: new Date(BEGIN + 7000 * position).toISOString(),
    content_type: 'application/json', data: { position },
  }));
  const answer = await daemon.ask('/v1/imports', {
    method: 'POST', body: `${lines.join('\n')}\n`,
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  assert.equal(answer.status, 200, await answer.text());
});

after(async () => {
  await closeBrowser();
  await daemon.stop();
});

/** How many calls of series the daemon has answered. */
async function calls() {
  const text = await (await daemon.ask('/metrics')).text();
  return text.split('\n')
    .filter((line) => /^millrace_http_calls_total.*\/v1\/series/.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
}

/** From the newest ten seconds into the past, as a page would: positions of the events. */
const walk = async () => {
  const seen = [];
  for (let target = '/v1/series'; target;) {
    const answer = await fetch(target);
    seen.unshift(...(await answer.json()).events.map((event) => event.position));
    const links = (answer.headers.get('link') ?? '').split(', ');
    target = links.find((link) => link.endsWith('rel="prev"'))?.match(/<(.*)>/)[1];
  }
  return seen;
};

test('a second walk into the past costs one request', async () => {
  const page = await openPage(daemon);
  const begun = await calls();
  const first = await page.evaluate(walk);
  assert.deepEqual(first, Array.from({ length: first.length }, (_, n) => n));
  assert.ok(first.length >= COUNT - 2, 'all that is settled');
  const walked = await calls();
  assert.ok(walked - begun > 30, `${walked - begun} calls`);
  assert.deepEqual(await page.evaluate(walk), first);
  assert.equal(await calls() - walked, 1);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});
