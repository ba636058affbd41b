// How the page looks: soon, at every width, in both themes, and for those who do not see it.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, fill, inTime, live, note, openPage, view } from './lib.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const PICTURES = 'build/browser';
const VIEWS = [['', 'Running', 'overview'], ['#/flows', 'Flows', 'flows'],
  ['#/flows/Notes%7Ccustomer-00007', 'Notes|customer-00007', 'flow'],
  ['#/flows/Notes%7Ccustomer-00042', 'Notes|customer-00042', 'stopped'],
  ['#/topology', 'Topology', 'topology'], ['#/timeline', 'Timeline', 'timeline'],
  ['#/timeline/5', 'Timeline', 'event'], ['#/schedule', 'Schedule', 'schedule'],
  ['#/system', 'System', 'system']];
let daemon;

before(async () => {
  daemon = await new Daemon().start();
  await fill(daemon, 1000);
  daemon.breakNotes();
  await daemon.append([note('customer-00042', 1, 'poison')], false);
  mkdirSync(PICTURES, { recursive: true });
});

after(async () => {
  await closeBrowser();
  await daemon.stop();
});

test('1,000 flows are drawn within a second', async (t) => {
  const page = await openPage(daemon, '#/flows');
  await page.addInitScript(() => {
    const look = () => {
      const drawn = document.querySelectorAll('[aria-rowcount="1022"] [role="row"]').length > 5;
      if (drawn) window.drawn = Math.round(performance.now());
      else requestAnimationFrame(look);
    };
    look();
  });
  const taken = [];
  while (taken.length < 5 && !(Math.min(...taken) < 1000)) { // others use this machine, too
    await page.reload();
    taken.push(await (await page.waitForFunction(() => window.drawn)).jsonValue());
  }
  inTime(t, 'drawn', taken, 1000);
  await page.context().close();
});

test('the overview has a past when it is opened', async () => {
  const page = await openPage(daemon);
  const begin = async () => {
    await live(page);
    const path = await page.locator('.spark .line').first().getAttribute('d');
    return Number(/^M([\d.]+)/.exec(path)?.[1]); // of 120, which are 15 minutes
  };
  while (!(await begin() < 119)) await page.reload();
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test('thousands of rows scroll without stutter, as few of them exist', async (t) => {
  const page = await openPage(daemon, '#/flows');
  await page.locator('[role="grid"] [role="row"]').nth(5).waitFor();
  const round = () => page.evaluate(async () => {
    const grid = document.querySelector('[role="grid"]');
    grid.scrollTop = 0;
    const times = [];
    for (let frame = 0; frame < 60; ++frame) {
      grid.scrollTop += 500;
      times.push(await new Promise((done) => requestAnimationFrame(done)));
    }
    const frames = times.slice(1).map((time, n) => time - times[n]).sort((a, b) => a - b);
    return { rows: grid.querySelectorAll('[role="row"]').length, half: Math.round(frames[30]),
             butOne: Math.round(frames[57]) };
  });
  const rounds = [];
  while (rounds.length < 5 && !rounds.some((one) => one.half < 34 && one.butOne < 50)) {
    rounds.push(await round()); // others use this machine, too
  }
  for (const { rows } of rounds) assert.ok(rows < 80, `${rows} rows exist`);
  inTime(t, 'half of the frames', rounds.map((one) => one.half), 34);
  inTime(t, 'all of the frames but one', rounds.map((one) => one.butOne), 50);
  await page.context().close();
});

// By the processor time of the page's own thread, with all that it draws.
test('no frame of the table asks for more than 34 ms of work, while figures come', async (t) => {
  const page = await openPage(daemon, '#/flows');
  await page.locator('[role="grid"] [role="row"]').nth(5).waitFor();
  const inside = await page.context().newCDPSession(page);
  await inside.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => {
    const { metrics } = await inside.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const frame = () => page.evaluate(async () => {
    const grid = document.querySelector('[role="grid"]');
    const down = grid.scrollTop + 500;
    grid.scrollTop = down > grid.scrollHeight - grid.clientHeight ? 0 : down;
    for (let n = 0; n < 2; ++n) await new Promise((done) => requestAnimationFrame(done));
  });
  const round = async () => {
    const taken = [];
    while (taken.length < 60) {
      if (taken.length % 20 === 0) {
        await daemon.append([note(`customer-${String(taken.length).padStart(5, '0')}`)], false);
      }
      const before = await worked();
      await frame();
      taken.push(await worked() - before);
    }
    return taken.sort((a, b) => a - b);
  };
  const most = [];
  while (most.length < 5 && !(Math.min(...most) < 34)) {
    const taken = await round();
    assert.ok(taken[30] > 0.1, 'something was measured');
    t.diagnostic(`ms of work, half of the frames: ${taken[30].toFixed(1)}`);
    most.push(Math.round(taken[59]));
  }
  inTime(t, 'ms of work, the most of a frame', most, 34);
  await page.context().close();
});

test('no view says an error or asks elsewhere, and the policy is in force', async () => {
  const page = await openPage(daemon);
  await live(page);
  for (const [hash, heading] of VIEWS) await view(page, hash || '#/', heading);
  const policy = (await daemon.ask('/')).headers.get('Content-Security-Policy');
  assert.match(policy, /default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/);
  assert.deepEqual(page.wrong, []);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const style = document.createElement('style');
    style.textContent = 'body { display: none }';
    document.body.append(style);
    return [window.ran, getComputedStyle(document.body).display];
  });
  assert.deepEqual(ran, [undefined, 'block']);
  await page.context().close();
});

for (const dark of [false, true]) {
  test(`axe finds nothing serious, ${dark ? 'dark' : 'light'}`, async () => {
    const page = await openPage(daemon, '', { dark });
    await live(page);
    await page.evaluate(AXE);
    for (const [hash, heading, name] of VIEWS) {
      await view(page, hash || '#/', heading);
      await settled(page);
      assert.deepEqual(await seriousOf(page), [], name);
    }
    await view(page, '#/flows/Notes%7Ccustomer-00042', 'Notes|customer-00042');
    for (const action of ['Retry…', 'Skip…', 'Reset…']) {
      await page.getByRole('button', { name: action, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      await settled(page);
      assert.deepEqual(await seriousOf(page), [], action);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.context().close();
  });
}

for (const width of [360, 1280, 1920]) {
  test(`nothing is cut off at ${width} pixels`, async () => {
    for (const dark of [false, true]) {
      const page = await openPage(daemon, '', { width, height: width < 500 ? 740 : 900, dark });
      await live(page);
      for (const [hash, heading, name] of VIEWS) {
        await view(page, hash || '#/', heading);
        await settled(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${name} is ${wide} pixels wide`);
        assert.deepEqual(await sideways(page), [], `${name} has to be scrolled sideways`);
        await page.screenshot({
          path: `${PICTURES}/${name}-${width}-${dark ? 'dark' : 'light'}.png` });
      }
      await page.context().close();
    }
  });
}

/** What is wider than where it is shown. */
const sideways = (page) => page.evaluate(() =>
  [...document.querySelectorAll('main *')].filter((one) =>
    ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) &&
    one.scrollWidth > one.clientWidth + 1).map((one) => one.className || one.tagName));

async function seriousOf(page) {
  const found = await page.evaluate(async () => (await window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  })).violations.map(({ id, impact, nodes }) =>
    `${impact} ${id}: ${nodes[0].target} of ${nodes.length}: ${nodes[0].failureSummary}`));
  return found.filter((one) => /^(serious|critical)/.test(one));
}

/** Until no call is under way. */
async function settled(page) {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() =>
    requestAnimationFrame(done))));
}
