import { chmod, cp, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createWorkspace } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { outputIn } from './output-in.js';
import { PROGRAM, SCRIPT, must, temporaryFolder } from './run.js';

const BASE = 'stowage-usrmerge:1';
const DEFINITION = 'apps/app/images/debian-12-tool';

/** Each `copy:` entry, and the instruction of a Dockerfile that means the same. */
const COPIES = [
  ['{ from: tool, to: /bin/tool }', 'COPY tool /bin/tool'],
  ['{ from: tool, to: /sbin/ }', 'COPY tool /sbin/'],
  ['{ from: tool, to: /lib }', 'COPY tool /lib'],
  ['{ from: f, to: /tmp/x }', 'COPY f /tmp/x'],
  ['{ from: f, to: /dangling }', 'COPY f /dangling'],
  ['{ from: f, to: /up/y }', 'COPY f /up/y'],
  ['{ from: d, to: /home/ci, owner: "1000:1000" }', 'COPY --chown=1000:1000 d /home/ci'],
  ['{ from: f, to: /opt/new/deep/x, owner: "7:8" }', 'COPY --chown=7:8 f /opt/new/deep/x'],
  ['{ from: f, to: /srv/g/x }', 'COPY f /srv/g/x'],
  ['{ from: f, to: /etc/conf }', 'COPY f /etc/conf'],
  ['{ from: linked, to: /opt/linked }', 'COPY linked /opt/linked'],
  ['{ from: link, to: /opt/file }', 'COPY link /opt/file'],
  ['{ from: own, to: /opt/own, mode: "0700" }', 'COPY own /opt/own'],
] as const;

describeWith(
  [...DOCKER, 'docker', 'busybox', 'tar'],
  'a build without an engine on a base where /bin is a link',
  () => {
    const env = () => ({ DOCKER_HOST: inject('dockerHost'), DOCKER_BUILDKIT: '0' });

    it('has every member that docker build gives, and a shell', async () => {
      await importBase(env());
      const cwd = await createWorkspace({ 'stowage.yaml': 'engine: docker\n' });
      const folder = join(cwd, DEFINITION);
      await writeContext(folder);
      const head = `project: app\nos: debian-12\nvariant: tool\nbase: ${BASE}\n`;
      const copy = COPIES.map(([entry]) => `  - ${entry}\n`).join('');
      await writeFile(join(folder, 'image.yaml'), `${head}copy:\n${copy}`);
      for (const args of [
        ['build', DEFINITION, '--save'],
        ['load', 'app-debian-12-tool'],
      ])
        await must(PROGRAM, [...SCRIPT, ...args, '--host', env().DOCKER_HOST], { cwd });

      const context = await temporaryFolder();
      await writeContext(context);
      await chmod(join(context, 'own'), 0o700);
      const lines = COPIES.map(([, line]) => `${line}\n`).join('');
      await writeFile(join(context, 'Dockerfile'), `FROM ${BASE}\n${lines}`);
      await must('docker', ['build', '-t', 'stowage-by-docker:1', context], { env: env() });

      const ours = await membersOf('app-debian-12-tool', env());
      expect(ours).toEqual(await membersOf('stowage-by-docker:1', env()));
      expect(ours).toContain('lrwxrwxrwx 0/0 bin -> usr/bin');
      expect(ours).toContain('drwxrwxrwt 0/0 tmp/');
      expect(ours).toContain('-rwxr-xr-x 0/0 usr/bin/tool');
      const command = ['/bin/sh', '-c', 'echo ok; /bin/tool'];
      expect(await outputIn('app-debian-12-tool', command, { env: env() })).toBe('ok\ntool\n');
    });
  },
  { root: true },
);

async function importBase(env: Readonly<Record<string, string>>): Promise<void> {
  const folder = await temporaryFolder();
  const root = join(folder, 'root');
  const folders = [
    ...(['usr/bin', 'usr/sbin', 'usr/lib', 'etc', 'var/lib'] as const).map(
      (path) => [path, 0o755] as const,
    ),
    ...([
      ['tmp', 0o1777],
      ['home/ci', 0o700],
      ['srv/g', 0o2775],
      ['opt', 0o755],
    ] as const),
  ];
  for (const [path, mode] of folders) {
    await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, path), mode);
  }
  await lchown(join(root, 'home/ci'), 1000, 1000);
  const shell = (await must('sh', ['-c', 'command -v busybox'])).trim();
  await cp(shell, join(root, 'usr/bin/busybox'), { dereference: true });
  await writeFile(join(root, 'etc/real'), 'of the base\n');
  for (const [path, target] of [
    ['bin', 'usr/bin'],
    ['sbin', '/usr/sbin'],
    ['lib', './usr/../usr/lib'],
    ['up', 'first'],
    ['first', '../../../srv/g'],
    ['dangling', '/var/lib/not/yet'],
    ['etc/conf', 'real'],
    ['usr/bin/sh', 'busybox'],
    ['usr/bin/cat', 'busybox'],
  ] as const)
    await symlink(target, join(root, path));
  const archive = join(folder, 'base.tar');
  await must('tar', [
    '-C',
    root,
    '--owner=+0',
    '--group=+0',
    '-cf',
    archive,
    '--exclude=./home/ci',
    '.',
  ]);
  await must('tar', ['-C', root, '-rf', archive, './home/ci']);
  await must('docker', ['import', archive, BASE], { env });
}

async function writeContext(folder: string): Promise<void> {
  const files = {
    tool: '#!/bin/sh\necho tool\n',
    f: '1\n',
    own: '2\n',
    'd/a': '3\n',
    'd/s/b': '4\n',
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await chmod(dirname(join(folder, path)), 0o755);
    await writeFile(join(folder, path), content);
    await chmod(join(folder, path), path === 'tool' ? 0o755 : 0o644);
  }
  await writeFile(Buffer.from(`${folder}/d/not\xff`, 'latin1'), '5\n');
  await chmod(Buffer.from(`${folder}/d/not\xff`, 'latin1'), 0o644);
  await symlink('a', join(folder, 'd/inner'));
  await symlink('d', join(folder, 'linked'));
  await symlink('d/a', join(folder, 'link'));
}

/** Mode, owner and name of each member of an image's file system, and the target of a link. */
async function membersOf(image: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const container = (await must('docker', ['create', image, '/bin/sh'], { env })).trim();
  const archive = join(await temporaryFolder(), 'export.tar');
  await must('docker', ['export', '-o', archive, container], { env });
  await must('docker', ['rm', container], { env });
  const listing = await must('tar', ['--numeric-owner', '-tvf', archive]);
  return listing
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+) +(\S+) +\d+ \S+ \S+ /, '$1 $2 '))
    .sort();
}
