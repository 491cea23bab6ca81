import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createWorkspace, DEFINITION, NAME } from './fixture.js';
import { damagingProxy, type Damage } from './damaging-proxy.js';
import { describeWith, DOCKER } from './peers.js';
import { run, stowage } from './run.js';

const within = (text: string) => (archive: Buffer) => archive.indexOf(text) + 2;
const part = (share: number) => (archive: Buffer) => Math.floor(archive.length * share);

/** Damages, each with its position in the archive that docker sends. */
const DAMAGES: readonly [string, NonNullable<Damage>][] = [
  ...[0.1, 0.5].flatMap((share): [string, NonNullable<Damage>][] => [
    [`ends after ${share * 100} %`, { kind: 'ends', at: part(share) }],
    [`breaks off after ${share * 100} %`, { kind: 'breaks', at: part(share) }],
  ]),
  ['has a byte changed in a layer', { kind: 'changes', at: within('hello of this test') }],
  ['has a byte changed in the config', { kind: 'changes', at: within('"diff_ids"') }],
  [
    'has a byte changed in a header',
    { kind: 'changes', at: (archive) => archive.indexOf('ustar') },
  ],
];

describeWith(
  [...DOCKER, 'docker'],
  'an archive from an engine',
  () => {
    it.each(DAMAGES)(
      'is not saved when it %s',
      async (_, damage) => {
        const cwd = await createWorkspace({
          [`${DEFINITION}/files/hello`]: 'hello of this test\n',
        });
        const host = inject('dockerHost');
        const built = await stowage(['build', DEFINITION, '--engine', 'docker', '--host', host], {
          cwd,
        });
        expect(built.code, built.stderr).toBe(0);
        onTestFinished(
          async () =>
            void (await run('docker', ['image', 'rm', NAME], { env: { DOCKER_HOST: host } })),
        );
        const before = await readdir(cwd, { recursive: true });
        const proxy = await damagingProxy(host, damage);
        for (const args of [
          ['save', NAME],
          ['save', NAME, '-o', 'x.tar'],
          ['copy', `docker-daemon:${NAME}`, 'oci:layout'],
        ]) {
          const { code, stdout, stderr } = await stowage(
            [...args, '--engine', 'docker', '--host', proxy],
            { cwd },
          );
          expect([1, 4, 6], `${args.join(' ')}\n${stdout}${stderr}`).toContain(code);
          expect(stdout).toBe('');
          const after = await readdir(cwd, { recursive: true });
          expect(
            after.filter((file) => !before.includes(file) && !isState(file)),
            args.join(' '),
          ).toEqual([]);
        }
        const sound = await damagingProxy(host, undefined);
        expect(
          (
            await stowage(['save', NAME, '-o', 'x.tar', '--engine', 'docker', '--host', sound], {
              cwd,
            })
          ).code,
        ).toBe(0);
        expect(await readdir(cwd)).toContain('x.tar');
      },
      60_000,
    );
  },
  { root: true },
);

/** Whether a path is a folder or lock without content. */
function isState(file: string): boolean {
  return /^\.stowage(?:$|[\\/])/.test(file)
    ? !/\.(?:spool|partial|tar)$/.test(file)
    : file === 'images' || file === join('images', 'app');
}
