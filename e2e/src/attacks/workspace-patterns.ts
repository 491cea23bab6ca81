import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, put } from '../fixture.js';
import { stowage } from '../run.js';
import { layerPaths } from './layer-paths.js';

/** Patterns, keys and names that once took minutes to process; the timeout of a test is the limit. */
export function slowPatternAttacks(): void {
  it('in .dockerignore with repeated wildcards over a deep folder', async () => {
    const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
    await put(cwd, `${DEFINITION}/files/${'a/'.repeat(40)}x`, 'x');
    await put(cwd, `${DEFINITION}/.dockerignore`, `${'**/'.repeat(8)}y\n`);
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
  });

  it('in patterns with characters of regular expressions, which match literally', async () => {
    const files = ['a.txt', 'ab/z', 'a|b/z', 'c++/y.h', 'app/(m)/p', 'caret^/z', 'sub/s.py'];
    const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
    for (const file of files) await put(cwd, `${DEFINITION}/files/${file}`, file);
    const rules = ['c++', 'app/(m)', 'app/(m', 'a|b', 'caret^', 's+.py'];
    const text = rules.map((rule) => `files/${rule}\n`).join('');
    await put(cwd, `${DEFINITION}/.dockerignore`, text);
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
    const left = ['a.txt', 'ab/z', 'hello', 'sub/s.py'].map((file) => `opt/app/${file}`);
    expect(await layerPaths(join(cwd, ARCHIVE))).toEqual(left);
  });

  it('in settings with 20,000 unknown keys, and in a name of 100,000 dots', async () => {
    const cwd = await createWorkspace();
    const keys = Array.from({ length: 20_000 }, (_, at) => `key${at}: 1`);
    await put(cwd, 'stowage.yaml', keys.join('\n'));
    const { code, stderr } = await stowage(['ls'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('and 19990 more')]);
    await put(cwd, 'stowage.yaml', '');
    const name = `images: [{ name: '${'.'.repeat(100_000)}', file: app/x.tar }]\n`;
    await put(cwd, 'images/image-registry.yml', name);
    await put(cwd, 'images/app/x.tar', 'x');
    expect((await stowage(['doctor'], { cwd })).code).not.toBeNull();
  });
}
