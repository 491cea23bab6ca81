import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { describeWith } from './peers.js';
import { must, run, temporaryFolder } from './run.js';

describeWith(['man', 'groff'], 'the manual pages', () => {
  it('are installed with the command, and shown without a warning', async () => {
    const prefix = await temporaryFolder();
    const registry = ['--userconfig', inject('npmrc')];
    await must('npm', ['install', '--global', '--prefix', prefix, ...registry, '@stowage/cli']);
    const folder = join(prefix, 'share/man/man1');
    const pages = await readdir(folder);
    expect(pages).toEqual(expect.arrayContaining(['stowage.1', 'stowage-load.1']));
    const env = { LC_ALL: 'C.UTF-8', MANWIDTH: '80' };
    for (const page of pages) {
      const path = join(folder, page);
      expect(await run('man', ['--warnings', '--local-file', path], { env })).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(await run('groff', ['-man', '-ww', '-z', '-Tascii', path])).toMatchObject({
        code: 0,
        stderr: '',
      });
    }
    const { stdout } = await run('man', ['--local-file', join(folder, 'stowage-load.1')], { env });
    expect(stdout).toMatch(/^ +stowage load \[options\] \[input\.\.\.\]$/m);
    expect(stdout).toMatch(/^ +\$? *stowage load \.\/app\.tar --as app:dev$/m);
  });
});
