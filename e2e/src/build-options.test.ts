import {
  build as buildImage,
  copyImages,
  openWorkspace,
  readDefinition,
  saveDefinition,
  type BuildOptions,
} from '@stowage/core';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storeWith } from '../../packages/core/testing/image.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { archiveOf } from './engines/images.js';
import { openEngine, putImage } from './engines/open.js';
import { put } from './fixture.js';
import { startServe } from './served.js';
import { temporaryFolder } from './run.js';

const HEAD =
  'project: app\nos: debian-12\nvariant: options\nnetwork: none\ndockerfile: Dockerfile\n';
const BASE = 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n';
const SETTINGS = `add_hosts: { mirror.test: 10.9.8.7, six.test: '2001:db8::7' }
shm_size: 3m
ulimits: { nofile: '77:88' }
`;
/** Fails unless a step has all that `SETTINGS` says. */
const CHECKS = [
  String.raw`busybox grep -q '^10\.9\.8\.7.*mirror\.test' /etc/hosts`,
  `busybox grep -q '^2001:db8::7.*six.test' /etc/hosts`,
  `busybox df -k /dev/shm | busybox grep -qw 3072`,
  `test "$(ulimit -Sn) $(ulimit -Hn)" = "77 88"`,
];

/** Fails unless the user of the base runs it, in a folder of root. */
const WORKDIR_CHECK =
  'test "$(busybox id -u) $PWD $(busybox stat -c %u:%g:%a .)" = "7 /srv/new/work 0:0:755"';

describeEngines(
  (engine) => {
    it('gives steps the hosts, the shared memory and the limits of the definition', async () => {
      const dockerfile = BASE + CHECKS.map((check) => `RUN ${check}\n`).join('');
      const built = await prepare(engine, dockerfile, { more: SETTINGS });
      await expect(built.build()).resolves.toMatchObject({ action: 'built' });
      await built.remove();
      const without = await prepare(engine, dockerfile);
      await expect(without.build()).rejects.toMatchObject({ code: 'INVALID' });
    });

    it('runs every step again without the cache, and only then', async () => {
      const dockerfile = `${BASE}RUN busybox cat /proc/sys/kernel/random/uuid > /id\n`;
      const { build, remove } = await prepare(engine, dockerfile);
      const first = await build();
      expect(await build()).toMatchObject({ action: 'skipped' });
      expect((await build({ force: true })).imageId).toBe(first.imageId);
      const again = await build({ noCache: true });
      expect(again.action).toBe('built');
      expect(again.imageId).not.toBe(first.imageId);
      await remove();
    });

    it('gives a working directory that it creates to root, whoever the base runs as', async () => {
      const cwd = await temporaryFolder();
      const head = 'project: app\nos: debian-12\nnetwork: none\n';
      const copies = ['busybox', 'sh'].map((name) => `{ from: busybox, to: /bin/${name} }`);
      copies.push('{ from: passwd, to: /etc/passwd }', '{ from: group, to: /etc/group }');
      for (const [variant, yaml] of [
        ['base', `copy: [${copies.join(', ')}]\nworkdir: /srv\nuser: '7'\n`],
        ['steps', `base: app-debian-12-base\nworkdir: new/work\nrun: ['${WORKDIR_CHECK}']\n`],
      ] as const)
        await put(cwd, `${variant}/image.yaml`, `${head}variant: ${variant}\n${yaml}`);
      await put(cwd, 'base/passwd', 'seven:x:7:7::/:/bin/sh\n');
      await put(cwd, 'base/group', 'seven:x:7:\n');
      await copyFile('/bin/busybox', join(cwd, 'base/busybox'));
      const { kind, host } = engine.started();
      const call = { cwd, engine: kind, host } as const;
      const workspace = await openWorkspace(cwd);
      await saveDefinition(workspace, await readDefinition(workspace, 'base', call), call);
      const found = await readDefinition(workspace, 'steps', call);
      const { reference } = await buildImage(workspace, found, call);
      await using opened = await openEngine(engine);
      await opened.remove(reference);
    });
  },
  {
    among: [
      ...(['docker-20.10', 'docker-28-classic', 'docker-28-containerd', 'docker-29'] as const),
      'podman-5.8',
    ],
  },
);

describeEngines(
  (engine) => {
    // Its steps run where control groups are those of version 2 alone.
    it('takes the hosts, the shared memory and the limits of the definition', async () => {
      const { build, remove } = await prepare(engine, BASE, { more: SETTINGS });
      await expect(build({ noCache: true })).resolves.toMatchObject({ action: 'built' });
      await remove();
    });
  },
  { among: ['podman-4.3'] },
);

describeEngines(
  (engine) => {
    it('asks the registry for a base that the engine has, when told to', async () => {
      const { host } = await startServe(['--root', join(await temporaryFolder(), 'r')]);
      const from = `${host}/team/base:1`;
      const dockerfile = 'ARG BASE\nFROM ${BASE}\nCOPY Dockerfile /\n';
      const { build, call, workspace, remove } = await prepare(engine, dockerfile, {
        more: `base: ${from}\n`,
      });
      const old = await storeWith(from, { seed: `${engine.name}-old` });
      await using opened = await openEngine(engine);
      await putImage(opened, old, from);
      const archive = await archiveOf(await storeWith(from, { seed: `${engine.name}-new` }), from);
      await copyImages(workspace, archive, `docker://${from}`, { ...call, stdout });
      const first = await build();
      expect((await build({ force: true })).imageId).toBe(first.imageId);
      expect((await build({ pull: true })).imageId).not.toBe(first.imageId);
      await remove();
      await opened.remove(from);
    });
  },
  { among: ['docker-20.10', 'docker-28-classic', 'docker-28-containerd', 'docker-29'] },
);

describeEngines(
  (engine) => {
    it('copies files of further contexts, without a program beside the engine', async () => {
      const dockerfile = `${BASE.replace('scratch', 'scratch AS made')}${CHECKS.map((check) => `RUN ${check}\n`).join('')}COPY --from=shared deep /deep
ARG WANTED
RUN test "$(busybox cat /deep/er/file) $WANTED" = "one two" && busybox test ! -e /deep/left-out
FROM shared AS files
`;
      const contexts = 'build_contexts: { shared: shared }\ntarget: made\nargs: { WANTED: two }\n';
      const more = SETTINGS + contexts;
      const { build, cwd, remove } = await prepare(engine, dockerfile, { more });
      await put(cwd, 'shared/deep/er/file', 'one');
      await put(cwd, 'shared/deep/left-out', '');
      await put(cwd, 'shared/.dockerignore', 'deep/left-out\n');
      expect(await build()).toMatchObject({ action: 'built' });
      expect(await build()).toMatchObject({ action: 'skipped' });
      await put(cwd, 'shared/deep/er/file', 'two');
      await expect(build()).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringMatching(
          /step .*\(RUN test .*(?:exit code: 1|exit status 1)/s,
        ) as string,
      });
      await put(cwd, 'shared/deep/er/file', 'one');
      expect(await build({ noCache: true })).toMatchObject({ action: 'built' });
      await remove();
    });
  },
  { among: ['docker-28-classic', 'docker-28-containerd', 'docker-29', 'podman-5.8'] },
);

describeEngines(
  (engine) => {
    it('refuses further contexts where the builder does not know them', async () => {
      const { build, cwd } = await prepare(engine, BASE, {
        more: 'build_contexts: { shared: shared }\n',
      });
      await put(cwd, 'shared/file', '');
      await expect(build()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(
          'does not take them: it needs BuildKit in Docker 23',
        ) as string,
      });
    });
  },
  { among: ['docker-20.10', 'podman-4.3'] },
);

describeEngines(
  (engine) => {
    it('refuses limits for a BuildKit that leaves them out', async () => {
      const env = { DOCKER_BUILDKIT: '1' };
      const { build } = await prepare(engine, BASE, { env, more: 'shm_size: 3m\n' });
      await expect(build()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('needs Docker 23') as string,
      });
    });
  },
  { among: ['docker-20.10'] },
);

/** Nothing here writes to standard output. */
const stdout = () => Promise.reject(new Error('unexpected write to standard output'));

/** A workspace with one definition, and its build. */
async function prepare(
  engine: EngineUnderTest,
  dockerfile: string,
  { env = {}, more = '' }: { env?: Readonly<Record<string, string>>; more?: string } = {},
) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'image.yaml'), HEAD + more);
  await writeFile(join(cwd, 'Dockerfile'), dockerfile);
  await writeFile(join(cwd, '.dockerignore'), '.stowage\n');
  await copyFile('/bin/busybox', join(cwd, 'busybox'));
  const { kind, host } = engine.started();
  const call = { cwd, engine: kind, host } satisfies Partial<BuildOptions>;
  const workspace = await openWorkspace(cwd, { surroundings: { env: { ...process.env, ...env } } });
  const found = await readDefinition(workspace, '.', call);
  return {
    call,
    cwd,
    workspace,
    build: (options: Partial<BuildOptions> = {}) =>
      buildImage(workspace, found, { ...call, ...options }),
    remove: async () => {
      await using opened = await openEngine(engine);
      await opened.remove(found.definition.reference);
    },
  };
}
