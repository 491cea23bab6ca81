import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectReachable } from './accessibility.js';
import { startBrowser } from './browser.js';
import { describeWith } from './peers.js';
import { writeRegistryFolder } from './registry-pages.js';
import { startServe } from './served.js';

/** Starts a registry, with two workers, and lists one page of each kind. */
async function startRegistry() {
  const { root, image, index } = await writeRegistryFolder();
  const { url } = await startServe(['--root', root, '--workers', '2']);
  const paths = [
    ...['/', '/?q=team', '/?q=none', '/-/-space', '/-/team/app', '/-/team/app?q=none'],
    ...[`/-/team/app@${image}`, `/-/team/app@${index}`, '/-/team/app?one=1.9.0&other=1.10.0'],
    '/-/none',
  ];
  return { url, paths };
}

describeWith(['chromium'], 'every page of a registry', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  it.each([
    ['light', 1100],
    ['dark', 360],
  ] as const)(
    'is accessible, can be used by keyboard, and asks for nothing: %s, %i px wide',
    { timeout: 240_000 },
    async (colorScheme, width) => {
      const { url, paths } = await startRegistry();
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      const asked: string[] = [];
      const wrong: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => wrong.push(message.text()));
      for (const path of paths) {
        await page.goto(`${url}${path}`);
        await expectAccessible(page);
        await expectReachable(page);
        const shown = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect([path, shown]).toEqual([path, width]);
      }
      expect(asked).toEqual(paths.map((path) => `${url}${path}`));
      expect(wrong.filter((text) => !text.includes('404'))).toEqual([]);
      await context.close();
    },
  );

  it('has the same content without script', async () => {
    const { url, paths } = await startRegistry();
    const texts: string[][] = [];
    for (const javaScriptEnabled of [true, false]) {
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      const found: string[] = [];
      for (const path of paths) {
        await page.goto(`${url}${path}`);
        const text = (await page.locator('body').textContent()) ?? '';
        // The text of the script is part of the body; it is not shown.
        const [content = ''] = text.split("\nconst status = document.createElement('p')");
        found.push(content.replaceAll('Copy', '').replaceAll(/\s+/g, ' ').trim());
      }
      texts.push(found);
      await context.close();
    }
    expect(texts[0]).toEqual(texts[1]);
  });

  it.each([true, false])(
    'copies commands and digests; the clipboard of browsers: %s',
    async (has) => {
      const { url } = await startRegistry();
      const context = await browser.newContext({
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      await page.goto(`${url}/-/team/app`);
      // Browsers have it only for HTTPS and localhost.
      await page.evaluate('window.clipboard = navigator.clipboard; 0');
      if (!has) await page.evaluate("Object.defineProperty(navigator, 'clipboard', {})");
      const command = `docker pull ${new URL(url).host}/team/app:1.10.0`;
      await page.getByRole('button', { name: `Copy ${command}` }).click();
      await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' });
      expect(await page.evaluate('window.clipboard.readText()')).toBe(command);
      await context.close();
    },
  );

  it('leads to repositories by a search, and to what two tags share', async () => {
    const { url } = await startRegistry();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('searchbox', { name: 'Search repositories' }).fill('APP');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'team/app' }).click();
    await page.getByRole('combobox', { name: 'Tag' }).fill('1.9.0');
    await page.getByRole('combobox', { name: 'with' }).fill('1.10.0');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/-/team/app?one=1.9.0&other=1.10.0');
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Shared layers',
      'Only in 1.10.0',
    ]);
    await page.goto(`${url}/-/-space`);
    await page.getByRole('link', { name: /^team\/tools\/gcc: / }).click();
    await page.waitForURL('**/-/team/tools/gcc');
    await context.close();
  });
});
