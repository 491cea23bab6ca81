import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from './distribution-server.js';
import { createWorkspace } from './fixture.js';
import { CLI, run, temporaryFolder } from './run.js';

const DOCS = join(import.meta.dirname, '../../docs');
const PAGES = ['load-in-ci', 'air-gapped', 'local-registry', 'prune-policies', 'definitions'];

/** The commands of a page, in order. */
async function commandsOf(page: string): Promise<string> {
  const text = await readFile(join(DOCS, `${page}.md`), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.join('\n');
}

/** Stops background processes when the script ends. */
const HEAD = `set -e
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
`;

describe('the commands of', () => {
  it.each(PAGES)('docs/%s.md succeed', async (page) => {
    const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
    let script = HEAD + (await commandsOf(page));
    for (const port of ['5000', '5001'])
      script = script.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${await freePort()}`);
    // Silence background processes, and give them time to start.
    script = script.replaceAll(/ &$/gm, ' > /dev/null 2>&1 & sleep 2');
    const bin = await temporaryFolder();
    const command = join(bin, 'stowage');
    await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
    await chmod(command, 0o755);
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const { code, stdout, stderr } = await run('bash', ['-c', script], { cwd, env });
    expect(code, `${stdout}${stderr}`).toBe(0);
  });
});
