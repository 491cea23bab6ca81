import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createWorkspace, DEFINITION, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { PROGRAM, SCRIPT, must } from './run.js';

const HEAD = 'project: app\nos: ubuntu-25.04\n';
const IMAGES = 'apps/app/images';
/** A file name with characters that Dockerfiles give a meaning. */
const ODD = '$x [1] "q" \\';
const BASE =
  "copy: [{ from: files, to: /bin }]\nenv: { PATH: /bin, A: base, B: base }\nworkdir: /srv/a\nuser: '7'\nports: [70]\nlabels: { l: base, m: base }\nentrypoint: [/bin/busybox]\ncmd: [id]\n";

/** Settings with the same meaning in an image that is made without an engine and in one made from a Dockerfile. */
const CASES: readonly string[] = [
  'copy: [{ from: d, to: /o }, { from: d/x, to: /o/p/ }, { from: d/sub, to: /o/q/ }]',
  'copy: [{ from: d/x, to: /o }]',
  'copy: [{ from: ., to: /o }]',
  "copy: [{ from: d/x, to: /new/parents/f, owner: '5:6', mode: '0755' }]",
  'copy: [{ from: ., to: / }]',
  'copy: [{ from: d, to: /bin }, { from: links, to: /o }]',
  "copy: [{ from: d/x, to: /bin/f, owner: '5:6', mode: '0750' }, { from: d/y, to: /o/g, mode: '0600' }, { from: d, to: /p, owner: '5' }]",
  `copy: [{ from: '${ODD}', to: '/o/${ODD}' }, { from: '${ODD}', to: /p/ }]`,
  'copy: [{ from: links/folder, to: /o }, { from: links/folder/x, to: /q/ }, { from: links/file, to: /r/f }]',
  'copy: [{ from: d/x, to: /bin }, { from: links/file, to: /bin }]',
  "copy: [{ from: d, to: /, mode: '0711' }, { from: links/folder, to: /bin, mode: '1770', owner: '5:6' }]",
  'copy: [{ from: d/x, to: /o/x }]\nworkdir: /new/work\nuser: "5"',
  'env: { A: "$B ${A} \'\\" \\\\ #", C: "l1\\nl2\\n", D: "", e.f-1: " x " }\nworkdir: b\nports: [80, 80/udp, 9000-9002, 9001-9003/udp, "0053/sctp"]',
  'labels: { m: "$A ${B:-x} \\"\\\\\'", n: "l1\\nl2", "o.p/q r": "" }\nworkdir: ../c//d/\nuser: "1:2"\ncmd: ["$A", "a b"]',
  'workdir: /w/../v/\nuser: a.b-c@d\nentrypoint: [/bin/busybox, "$A", "\\"\\\\[ é \\n"]',
  "workdir: './$A b'\nentrypoint: [/a]\ncmd: [b]",
];

describeWith(
  [...DOCKER, 'docker', 'busybox', 'tar'],
  'an image made without an engine and one from a generated Dockerfile',
  () => {
    it('have the same configuration and files', async () => {
      const cwd = await workspaceWithBase();
      for (const yaml of CASES)
        expect
          .soft(await made(cwd, 'files', yaml), yaml)
          .toEqual(await made(cwd, 'steps', `${yaml}\nrun: ['true']`));
    });
  },
  { root: true },
);

/** A workspace with an image of busybox, and the files of two definitions on it. */
async function workspaceWithBase(): Promise<string> {
  const cwd = await createWorkspace({
    'stowage.yaml': 'engine: embedded\n',
    [`${DEFINITION}/image.yaml`]: `${HEAD}variant: gcc15\n${BASE}`,
  });
  for (const name of ['busybox', 'true', 'sh'])
    await copyFile('/bin/busybox', join(cwd, DEFINITION, 'files', name));
  await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
  for (const variant of ['files', 'steps']) {
    const root = `${IMAGES}/ubuntu-25.04-${variant}`;
    for (const path of ['d/x', 'd/y', 'd/sub/z', ODD]) await put(cwd, `${root}/${path}`, path);
    await mkdir(join(cwd, root, 'd/empty'));
    await mkdir(join(cwd, root, 'links'));
    await symlink('../d', join(cwd, root, 'links/folder'));
    await symlink('../d/y', join(cwd, root, 'links/file'));
    await symlink('/absent', join(cwd, root, 'links/dangling'));
  }
  return cwd;
}

/** Builds an image on the base and returns what the engine says of it, and its files. */
async function made(cwd: string, variant: string, yaml: string) {
  const root = `${IMAGES}/ubuntu-25.04-${variant}`;
  const head = `${HEAD}variant: ${variant}\nbase: app-ubuntu-25.04-gcc15\n`;
  await put(cwd, `${root}/image.yaml`, `${head}${yaml}\n`);
  const flags = ['--engine', 'docker', '--host', inject('dockerHost')];
  await must(PROGRAM, [...SCRIPT, 'build', root, ...flags], { cwd });
  const image = `app-ubuntu-25.04-${variant}:latest`;
  const config = JSON.parse(
    await docker('inspect', '--format', '{{json .Config}}', image),
  ) as Record<string, unknown>;
  const { Env, WorkingDir, User, ExposedPorts, Entrypoint, Cmd, Labels } = config;
  const tar = join(cwd, `${variant}.tar`);
  const container = (await docker('create', image, '-')).trim();
  await docker('export', '--output', tar, container);
  await docker('rm', container);
  const listing = await must('tar', ['--numeric-owner', '--full-time', '-tvf', tar]);
  const digest = await must('sh', ['-c', 'tar -xOf "$0" | sha256sum', tar]);
  return {
    config: { Env, WorkingDir, User, ExposedPorts, Entrypoint, Labels, Cmd: Cmd ?? [] },
    // Without times: those of copied files are the ones of the build.
    files: listing.split('\n').map((line) => line.replace(/ \d{4}-\d\d-\d\d [\d:.]+ /, ' ')),
    digest,
  };
}

function docker(...args: readonly string[]): Promise<string> {
  return must('docker', args, { env: { DOCKER_HOST: inject('dockerHost') } });
}
