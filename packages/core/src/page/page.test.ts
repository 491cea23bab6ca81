import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Html } from './html.js';
import { page, PAGE_POLICY } from './page.js';

const parts = { title: '<title>', header: new Html('<nav></nav>'), body: new Html('<p>body</p>') };

it('makes a page with an escaped title', () => {
  const text = page(parts);
  expect(text).toContain('<title>&lt;title&gt; · Stowage</title>');
  expect(text).toContain('<header><nav></nav></header>');
  expect(text).toContain('<main><p>body</p></main>');
  expect(text).not.toContain('<script');
});

it('allows its styles and its script by their hashes, and nothing else', () => {
  const text = page({ ...parts, hasCopyButtons: true });
  for (const element of ['style', 'script']) {
    const [, content = ''] = new RegExp(`<${element}>([^]*?)</${element}>`).exec(text) ?? [];
    const hash = createHash('sha256').update(content).digest('base64');
    expect(PAGE_POLICY).toContain(`${element}-src 'sha256-${hash}'`);
  }
  expect(PAGE_POLICY).not.toContain('unsafe');
  expect(text).not.toMatch(/ (?:style|on[a-z]+)="/);
});
