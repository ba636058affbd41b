// More flows than a view of the monitor holds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, fill, openPage } from './lib.mjs';

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
