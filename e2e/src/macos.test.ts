import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { json, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const digestOf = async (archive: string) =>
  (await json<Inspection>(['inspect', archive])).images[0]?.digest;

describe('as on macOS', () => {
  it('every command works below a link, as /var is one to /private/var', async () => {
    const [real, links] = [await createWorkspace(), join(await temporaryFolder(), 'var')];
    await symlink(await temporaryFolder(), links);
    await symlink(real, join(links, 'workspace'));
    const at = (path: string) => join(links, path);
    for (const name of ['tmp', 'home']) await mkdir(at(name));
    const cwd = at('workspace');
    const env = { TMPDIR: at('tmp'), HOME: at('home'), STOWAGE_CACHE_DIR: at('cache'), PWD: cwd };
    const { host, stop } = await startServe(['--root', at('registry')]);
    const must = async (...args: readonly string[]) => {
      const { code, stderr } = await stowage(args, { cwd, env });
      expect(code, `${args.join(' ')}\n${stderr}`).toBe(0);
    };
    const archive = join(cwd, ARCHIVE);
    await must('build', join(cwd, DEFINITION), '--save', '--engine', 'embedded');
    await must('verify', archive);
    await must('load', archive, '--engine', 'embedded');
    await must('load', NAME, '--engine', 'embedded');
    await must('save', NAME, '--engine', 'embedded');
    await must('push', archive, '--to', `${host}/team`, '--tag', 'app:1');
    await must('pull', `${host}/team/app:1`, '--output', at('pulled.tar'));
    await must('copy', archive, `oci:${at('layout')}`);
    await must('copy', `oci:${at('layout')}`, at('copied.tar'));
    await must('sync', join(cwd, 'images'), `${host}/ci`);
    await must('attach', `${host}/team/app:1`, join(cwd, 'stowage.yaml'), '--type', 'text/x');
    await must('artifact', 'pull', `${host}/team/app:1`, '--type', 'text/x', '-o', at('files'));
    await put(cwd, 'images.txt', `${host}/team/app:1\n`);
    await must('load', '--images-from', cwd + '/images.txt', '--engine', 'embedded');
    await must('doctor', '--engine', 'embedded');
    await must('prune', '--keep-newest', '1', '--engine', 'embedded');
    await must('report', '--output', at('report.html'));
    await stop('SIGTERM');
    for (const verb of ['gc', 'scrub']) await must(verb, '--root', at('registry'));
    await must('prune', '--root', at('registry'), '--keep-newest', '1');
    const digest = await digestOf(archive);
    for (const path of ['pulled.tar', 'layout', 'copied.tar'])
      expect(await digestOf(at(path))).toBe(digest);
  });

  it('a name is in the image as it is on disk: other Unicode forms are other images', async () => {
    const digestWith = async (name: string) => {
      const cwd = await createWorkspace({ [`${DEFINITION}/files/${name}`]: 'x' });
      const build = ['build', DEFINITION, '--save', '--engine', 'embedded'];
      expect(await stowage(build, { cwd })).toMatchObject({ code: 0 });
      return digestOf(join(cwd, ARCHIVE));
    };
    const [nfc, again, nfd] = [
      await digestWith('caf\u00e9'),
      await digestWith('caf\u00e9'),
      await digestWith('cafe\u0301'),
    ];
    expect(again).toBe(nfc);
    expect(nfd).not.toBe(nfc);
  });
});
