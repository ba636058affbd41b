// More flows than a view of the monitor holds, and more of a state than anybody reads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, fill, live, note, openPage } from './lib.mjs';

let daemon;

before(async () => {
  daemon = await new Daemon().start();
  await fill(daemon, 3000);
});

after(async () => {
  await closeBrowser();
  await daemon.stop();
});

test('a filter finds flows that are not among the first 2,000, and goes on to hold', async () => {
  const page = await openPage(daemon, '#/flows');
  await page.locator('[role="grid"] [role="row"]').nth(5).waitFor();
  for (const number of ['02999', '00000', '01500']) {
    await page.getByLabel('Filter by name').fill(`customer-${number}`);
    await page.getByRole('row', { name: new RegExp(`customer-${number}`) }).waitFor();
    assert.equal(await page.locator('[role="grid"]').getAttribute('aria-rowcount'), '2');
  }
  await page.getByLabel('Filter by name').fill('order-');
  await page.getByRole('row', { name: /order-19/ }).waitFor();
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test('a state of many megabytes is shown while it moves, and the page lives', async (t) => {
  const text = (n) => `${n} `.repeat(100_000);
  for (let n = 0; n < 60; ++n) await daemon.append([note('large', n, text(n))]);
  const page = await openPage(daemon, `#/flows/${encodeURIComponent('Album|large')}`);
  await live(page);
  const moving = setInterval(() => void daemon.append([note('large', 1, text(1))], false), 500);
  try {
    const state = page.getByRole('region', { name: 'State' });
    await state.filter({ hasText: '"open"' }).waitFor();
    assert.ok((await state.textContent()).length <= 40_000);
    await page.getByRole('button', { name: /Show more of \d+(\.\d+)? MB/ }).click();
    await page.getByText(/The first .* of .* MB\./).waitFor();
    assert.ok((await state.textContent()).length <= 1_000_000);
    const longest = await page.evaluate(() => new Promise((done) => {
      let most = 0;
      const observer = new PerformanceObserver((list) => {
        for (const one of list.getEntries()) most = Math.max(most, one.duration);
      });
      observer.observe({ type: 'longtask' });
      setTimeout(() => done(most), 5000);
    }));
    t.diagnostic(`longest task with a state of 20 MB that moves: ${Math.round(longest)} ms`);
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await page.getByText('Stale since').count(), 0);
  } finally {
    clearInterval(moving);
  }
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});
