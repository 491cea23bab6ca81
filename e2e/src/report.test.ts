import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Report } from '@stowage/core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectReachable } from './accessibility.js';
import { startBrowser } from './browser.js';
import { createWorkspace, DEFINITION, NAME } from './fixture.js';
import { describeWith } from './peers.js';
import { json, stowage } from './run.js';

const OTHER = 'apps/app/images/ubuntu-25.04-clang20';

/** Writes the report of a workspace with an image that is built on another, and a damaged archive. */
async function writeReport(): Promise<{ readonly cwd: string; readonly url: string }> {
  const cwd = await createWorkspace({
    [`${OTHER}/image.yaml`]: `project: app\nos: ubuntu-25.04\nvariant: clang20\nbase: ${NAME}\ncopy: [{ from: files, to: /srv }]\n`,
    [`${OTHER}/files/b`]: 'b'.repeat(300_000),
    'images/app/stray.tar': 'no archive',
  });
  for (const definition of [DEFINITION, OTHER])
    expect((await stowage(['build', definition, '--save'], { cwd })).code).toBe(0);
  const flags = ['report', '--engine', 'embedded', '-o', 'report.html'];
  const { stdout } = await stowage(flags, { cwd });
  expect(stdout).toContain('3 archives');
  expect(stdout).toContain('written to report.html');
  return { cwd, url: pathToFileURL(join(cwd, 'report.html')).href };
}

describeWith(['chromium'], 'the report', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  it('shows disk usage first, and all data in tables, without a network', async () => {
    const { cwd, url } = await writeReport();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const asked: string[] = [];
    const wrong: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => wrong.push(message.text()));
    await page.goto(url);
    const picture = page.getByRole('group', { name: /^Disk by project and image: 3 archives/ });
    expect(await picture.isVisible()).toBe(true);
    const { y } = (await picture.boundingBox()) ?? { y: Infinity };
    expect(y).toBeLessThan(400);
    await page.locator('svg a', { hasText: 'clang20' }).click();
    const row = page.locator('tr:target');
    expect(await row.getByRole('rowheader').textContent()).toBe('app-ubuntu-25.04-clang20');
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Problems',
      'Archives',
      'What prune would delete: nothing',
    ]);
    expect(await page.getByRole('rowheader', { name: /^stray/ }).count()).toBeGreaterThan(0);
    expect([asked.filter((each) => each !== url), wrong]).toEqual([[], []]);
    await context.close();
    const data = await json<Report>(['report', '--engine', 'embedded'], { cwd });
    const shared = data.archives.map(({ name, sharedBytes }) => [name, sharedBytes > 0]);
    expect(Object.fromEntries(shared)).toEqual({
      [NAME]: true,
      'app-ubuntu-25.04-clang20': true,
      stray: false,
    });
    const piped = await stowage(['report', '--engine', 'embedded', '-o', '-'], { cwd });
    expect(piped.stdout).toMatch(/^<!doctype html>/);
  });

  it('is accessible in both colour schemes, fits a small screen, and can be printed', async () => {
    const { url } = await writeReport();
    for (const [colorScheme, background] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(13, 17, 23)'],
    ] as const) {
      const viewport = { width: 360, height: 640 };
      const context = await browser.newContext({ colorScheme, viewport });
      const page = await context.newPage();
      await page.goto(url);
      const shown = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(shown).toBe(background);
      await expectAccessible(page);
      await expectReachable(page);
      const { width } = (await page.locator('main').boundingBox()) ?? { width: 0 };
      expect(width).toBeLessThanOrEqual(360);
      await page.emulateMedia({ media: 'print' });
      expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-');
      await context.close();
    }
  });
});
