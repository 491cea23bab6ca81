import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { formatIgnoreRules, readIgnoreRules } from './ignore-file.js';
import { parseIgnoreRules, type IgnoreRules } from './ignore-rules.js';

async function contextWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

function ignores(rules: IgnoreRules, path: string): boolean {
  return path.split('/').reduce((at, name) => at.enter(name), rules.root).isIgnored;
}

describe('the rules of a context', () => {
  it('are those beside the Dockerfile, else those of the context, else none', async () => {
    const folder = await contextWith({
      '.dockerignore': 'a\n',
      'sub/Dockerfile.dockerignore': 'b\n',
    });
    const ignored = async (dockerfile?: string) => {
      const rules = await readIgnoreRules(folder, dockerfile);
      return ['a', 'b'].filter((path) => ignores(rules, path));
    };
    expect(await ignored()).toEqual(['a']);
    expect(await ignored('sub/Dockerfile')).toEqual(['b']);
    expect(await ignored('Dockerfile')).toEqual(['a']);
    const none = await readIgnoreRules(await temporaryFolder(), undefined);
    expect(ignores(none, 'a')).toBe(false);
  });

  it('that are wrong say so with their path', async () => {
    const folder = await contextWith({ '.dockerignore': '[a\n' });
    const path = join(folder, '.dockerignore');
    await expect(readIgnoreRules(folder, undefined)).rejects.toMatchObject({
      code: 'INVALID',
      location: path,
      message: expect.stringContaining(path) as string,
    });
  });

  it('are not read from outside of the context, and not without a limit', async () => {
    const folder = await contextWith({ x: '' });
    await expect(readIgnoreRules(folder, '../Dockerfile')).rejects.toMatchObject({
      code: expect.stringMatching(/USAGE|INVALID/) as string,
    });
    await symlink(await contextWith({ '.dockerignore': 'a\n' }), join(folder, 'out'));
    await expect(readIgnoreRules(folder, 'out/Dockerfile')).rejects.toMatchObject({
      code: 'INVALID',
    });
    const large = await contextWith({ '.dockerignore': '\n'.repeat(1024 * 1024 + 1) });
    await expect(readIgnoreRules(large, undefined)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('the text of rules', () => {
  it('leaves out exactly the given paths, whatever characters they have', () => {
    const paths = ['a*', '!b', '#c', 'd e', '[f]', 'g\\h', 'i/j', 'é'];
    const rules = parseIgnoreRules(formatIgnoreRules(paths), 'linux');
    expect(paths.filter((path) => !ignores(rules, path))).toEqual([]);
    expect(['ab', 'b', 'c', 'f', 'x'].filter((path) => ignores(rules, path))).toEqual([]);
    expect(formatIgnoreRules([])).toBe('');
  });
});
