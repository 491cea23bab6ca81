import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf, readPage, runPage } from './docs-page.js';
import { createWorkspace } from './fixture.js';
import { temporaryFolder } from './run.js';
import { startServe } from './served.js';

/** Pages for users whose commands run in a workspace without Nx. */
const PAGES = [
  'overview',
  'archives',
  'load-in-ci',
  'air-gapped',
  'local-registry',
  'sync',
  'share',
  'prune-policies',
  'definitions',
];

/** Pages whose commands run elsewhere, or are for people who work on Stowage. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  interop: 'interop-page.test.ts',
  'release-images': 'nx.test.ts',
  tutorial: 'tutorial.test.ts',
  'code-map': 'for people who work on Stowage',
  debugging: 'for people who work on Stowage',
  engines: 'for people who work on Stowage',
  releasing: 'for people who work on Stowage',
  'windows-and-macos': 'for people who work on Stowage',
};

describe('the commands of', () => {
  it.each(PAGES)('docs/%s.md succeed', async (page) => {
    const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
    const { host } = await startServe(['--root', await temporaryFolder()]);
    await runPage(page, { cwd, replace: { 'registry.example.com': host } });
  });

  it('every page are run', async () => {
    const names = (await readdir(join(import.meta.dirname, '../../docs')))
      .filter((name) => name.endsWith('.md'))
      .map((name) => name.replace(/\.md$/, ''));
    const withCommands: string[] = [];
    for (const name of names)
      if (commandsOf(await readPage(name)).length > 0) withCommands.push(name);
    expect(withCommands.sort()).toEqual([...PAGES, ...Object.keys(ELSEWHERE)].sort());
  });
});
