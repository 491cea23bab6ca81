import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, relative, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from './browser.js';
import { describeWith } from './peers.js';
import { must } from './run.js';

const ROOT = join(import.meta.dirname, '../..');
const SITE = join(ROOT, 'docs/.vitepress/dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

// VitePress fails for a link to a page that is not there.
beforeAll(() => must('npm', ['run', 'docs'], { cwd: ROOT }), 1_200_000);

describe('the documentation site', () => {
  it('has the target of each link, also within pages', async () => {
    const pages = await pagesOf(SITE);
    expect([...pages.keys()]).toEqual(expect.arrayContaining(['index.html', 'api/index.html']));
    const wrong: string[] = [];
    for (const [page, text] of pages)
      for (const link of attributesOf(text, 'href|src')) {
        if (/^(https?:|mailto:|data:)/.test(link)) continue;
        const [path = '', anchor = ''] = link.split('#');
        const target = path === '' ? page : targetOf(page, path);
        if (!existsSync(join(SITE, target))) wrong.push(`${page}: ${link}`);
        // TypeDoc checks its own.
        else if (anchor !== '' && !page.startsWith('api/') && target.endsWith('.html')) {
          const ids = attributesOf(pages.get(target) ?? '', 'id');
          if (!ids.includes(decodeURIComponent(anchor))) wrong.push(`${page}: ${link}`);
        }
      }
    expect(wrong).toEqual([]);
  });

  it('shows each page of docs in its sidebar, except single decisions', async () => {
    const pages = await pagesOf(SITE);
    const shown = attributesOf(pages.get('docs/overview.html') ?? '', 'href');
    const missing = [...pages.keys()].filter(
      (page) => /^docs\/(?!adr\/\d)/.test(page) && !shown.includes(`/${page}`),
    );
    expect(missing).toEqual([]);
  });

  it('has nothing in its pages that comes from elsewhere', async () => {
    for (const [page, text] of await pagesOf(SITE)) {
      const loaded = [...text.matchAll(/<(?:script|link|img|iframe|source)\b[^>]*>/g)];
      const elsewhere = loaded.filter(([tag]) => /(?:src|href)="(?:https?:)?\/\//.test(tag));
      expect(elsewhere, page).toEqual([]);
    }
  });
});

describeWith(['chromium'], 'the documentation site in a browser', () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const file = join(SITE, targetOf('index.html', pathname));
      readFile(file).then(
        (content) => {
          const type = TYPES[extname(file)] ?? 'application/octet-stream';
          response.writeHead(200, { 'content-type': type }).end(content);
        },
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it('has three doors, finds words, and sends no request to elsewhere', async () => {
    const page = await browser.newPage();
    const [sent, wrong] = [new Set<string>(), [] as string[]];
    page.on('request', (request) => sent.add(new URL(request.url()).origin));
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) wrong.push(response.url());
    });
    await page.goto(url);
    const doors = page.locator('.VPFeature');
    expect(await doors.locator('h2').allTextContents()).toEqual([
      'I have an Nx workspace',
      'I have archives',
      'I need a registry',
    ]);
    await doors.nth(1).click();
    await page.waitForURL('**/docs/archives.html');
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('air-gapped');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/air-gapped/);
    await page.goto(`${url}/api/index.html`);
    expect(wrong).toEqual([]);
    expect([...sent]).toEqual([url]);
    await page.close();
  });

  it.each([
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(27, 27, 31)'],
  ] as const)('follows a preference for %s', async (colorScheme, background) => {
    const page = await browser.newPage({ colorScheme });
    await page.goto(`${url}/docs/overview.html`);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background);
    await page.close();
  });
});

/** The pages below a folder by their path. */
async function pagesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((each) =>
    each.endsWith('.html'),
  );
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}

/** The values of the attributes that a pattern names. */
function attributesOf(text: string, names: string): readonly string[] {
  const found = text.matchAll(new RegExp(`\\s(?:${names})="([^"]*)"`, 'g'));
  return [...found].map(([, value = '']) => value.replaceAll('&amp;', '&'));
}

/** The file that a path in a page leads to, from the site's root. */
function targetOf(page: string, path: string): string {
  const [clean = ''] = path.split('?');
  const from = clean.startsWith('/') ? SITE : dirname(join(SITE, page));
  const target = relative(SITE, resolve(from, `.${clean.startsWith('/') ? '' : '/'}${clean}`));
  return clean.endsWith('/') ? join(target, 'index.html') : target;
}
