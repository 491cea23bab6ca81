import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from './browser.js';
import { describeWith } from './peers.js';
import { temporaryFolder } from './run.js';
import { pushSmall, startServe } from './served.js';

describeWith(['chromium'], 'the page of a registry', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  it('leads from the registry to the layers of an image, by keyboard and without scripts', async () => {
    const { url, host } = await startServe(['--root', await temporaryFolder()]);
    const digest = await pushSmall(url, 'team/app', '1.0');
    await pushSmall(url, 'team/app', '1.1');
    await pushSmall(url, 'tools/gcc', '15');
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => wrong.push(message.text()));
    await page.goto(url);
    expect(await page.title()).toBe(`${host} · Stowage`);
    for (let tabs = 0; tabs < 8; tabs++) {
      const focused = await page.evaluate<string>('document.activeElement.textContent');
      if (focused === 'team/app') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL('**/-/team/app');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('team/app');
    const rows = page.getByRole('row');
    expect(await rows.count()).toBe(3);
    expect(await rows.nth(2).textContent()).toContain(
      `stowage copy ${host}/team/app:1.0 artifact.tar`,
    );
    expect(await page.getByRole('rowheader').allTextContents()).toEqual(['1.1', '1.0']);
    await page.getByRole('link', { name: '1.0' }).click();
    expect(page.url()).toBe(`${url}/-/team/app@${digest}`);
    expect(await page.getByText(digest).first().isVisible()).toBe(true);
    await page.getByRole('navigation').getByRole('link', { name: 'All repositories' }).click();
    expect(await page.getByRole('listitem').getByRole('link').allTextContents()).toEqual([
      'team/app',
      'tools/gcc',
    ]);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it('follows the preferred colour scheme, and fits a small screen', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    await pushSmall(url, 'team/app', '1.0');
    for (const [colorScheme, background] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(13, 17, 23)'],
    ] as const) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 360, height: 640 },
      });
      const page = await context.newPage();
      await page.goto(`${url}/-/team/app`);
      const shown = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(shown).toBe(background);
      const { width } = (await page.locator('main').boundingBox()) ?? { width: 0 };
      expect(width).toBeLessThanOrEqual(360);
      await context.close();
    }
  });

  it('is fast with ten thousand tags', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const digest = await pushSmall(url, 'a', 'first');
    const manifest = await (await fetch(`${url}/v2/a/manifests/${digest}`)).text();
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    const put = async (from: number) => {
      const tags = Array.from({ length: 100 }, (_, at) => `tag=t${from + at}`).join('&');
      const target = `${url}/v2/a/manifests/${digest}?${tags}`;
      expect((await fetch(target, { method: 'PUT', headers, body: manifest })).status).toBe(201);
    };
    await Promise.all(Array.from({ length: 100 }, (_, at) => put(100 * at)));
    const { tags } = (await (await fetch(`${url}/v2/a/tags/list`)).json()) as { tags: string[] };
    expect(tags).toHaveLength(10_001);
    const page = await browser.newPage();
    await page.goto(`${url}/-/a`);
    expect(await page.getByRole('row').count()).toBe(101);
    await page.getByRole('link', { name: 'More tags' }).click();
    await page.getByText('Tags 101 to 200 of 10001').waitFor();
    expect(await page.getByRole('row').count()).toBe(101);
    await page.close();
  });
});
