import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Expects that axe finds nothing wrong with a page. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  const found = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  expect([page.url(), found]).toEqual([page.url(), []]);
  expect(passes.length).toBeGreaterThan(10);
}

/** Expects that the Tab key reaches everything on a page that can be used. */
export async function expectReachable(page: Page): Promise<void> {
  const wanted = await page.evaluate<number>(
    `document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]').length`,
  );
  await page.evaluate('window.reached = new Set()');
  for (let at = 0; at < wanted; at++) {
    await page.keyboard.press('Tab');
    await page.evaluate('window.reached.add(document.activeElement)');
  }
  expect(await page.evaluate('window.reached.has(document.body)')).toBe(false);
  expect(await page.evaluate('window.reached.size')).toBe(wanted);
}
