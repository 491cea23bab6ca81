import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createWorkspace, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { PROGRAM, SCRIPT, must, temporaryFolder } from './run.js';

const ROOT = 'apps/app/images/ubuntu-25.04-ignored';
const HEAD = 'project: app\nos: ubuntu-25.04\nvariant: ignored\n';
const FILES = ['a.txt', 'b.log', '.env', 'src/a.txt', 'src/keep/x.log', 'src/keep/y', 'c++/y.h'];

/** Rules that docker 20.10 reads as later versions do. */
const CASES: readonly string[] = [
  '*.log\n',
  '**/*.log\n!src/keep/x.log\n',
  'src/\n!src/keep/y\n',
  '*\n!src\nsrc/keep\n',
  '\uFEFF# all\r\n  .env  \r\n\r\n# src\r\n',
  '!a.txt\n*.txt\n',
  '[^a]*\n',
  '/src/*/?\n./src/../a.txt\n',
  'Dockerfile\n.dockerignore\n',
];

describeWith(
  [...DOCKER, 'docker', 'tar'],
  'a context with .dockerignore',
  () => {
    it('has the files that docker build sends, with an own Dockerfile and without an engine', async () => {
      const cwd = await workspace();
      for (const rules of CASES) {
        await put(cwd, `${ROOT}/.dockerignore`, rules);
        const expected = await dockerBuild(cwd);
        const image = {
          'with a Dockerfile': 'dockerfile: Dockerfile',
          copied: 'copy: [{ from: ., to: / }]',
        };
        for (const [how, yaml] of Object.entries(image)) {
          expect.soft(await built(cwd, yaml), `${JSON.stringify(rules)} ${how}`).toEqual(expected);
        }
      }
    });

    it('is listed by the rules beside the Dockerfile, which never reaches the image', async () => {
      const cwd = await workspace();
      await put(cwd, `${ROOT}/.dockerignore`, 'src\n');
      await put(cwd, `${ROOT}/Dockerfile.dockerignore`, '*\n!a.txt\n!c++\n');
      expect(await built(cwd, 'dockerfile: Dockerfile')).toEqual(['a.txt', 'c++/y.h']);
    });
  },
  { root: true },
);

async function workspace(): Promise<string> {
  const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
  for (const path of FILES) await put(cwd, `${ROOT}/${path}`, path);
  await put(cwd, `${ROOT}/Dockerfile`, 'FROM scratch\nCOPY . /\nCMD ["/x"]\n');
  await mkdir(join(cwd, ROOT, 'empty'));
  return cwd;
}

async function dockerBuild(cwd: string): Promise<string[]> {
  // docker must not find the definition, which Stowage never copies.
  await must('rm', ['-f', join(cwd, ROOT, 'image.yaml')]);
  await docker('build', '--tag', 'ignored:docker', join(cwd, ROOT));
  return filesOf(cwd, 'ignored:docker');
}

async function built(cwd: string, yaml: string): Promise<string[]> {
  await put(cwd, `${ROOT}/image.yaml`, `${HEAD}${yaml}\n`);
  const flags = ['--engine', 'docker', '--host', inject('dockerHost')];
  await must(PROGRAM, [...SCRIPT, 'build', ROOT, ...flags], { cwd });
  return filesOf(cwd, 'app-ubuntu-25.04-ignored:latest');
}

/** Without what a container adds. */
async function filesOf(cwd: string, image: string): Promise<string[]> {
  const tar = join(cwd, 'image.tar');
  await docker('save', '--output', tar, image);
  const text = await must('tar', ['-xOf', tar, 'manifest.json']);
  const [{ Layers: layers } = { Layers: [] }] = JSON.parse(text) as { Layers: string[] }[];
  const saved = await temporaryFolder();
  await must('tar', ['-xf', tar, '-C', saved, ...layers]);
  // Engines with containerd's image store write compressed layers.
  const listed = await Promise.all(layers.map((layer) => must('tar', ['-tf', join(saved, layer)])));
  return listed
    .join('')
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/'))
    .sort();
}

function docker(...args: readonly string[]): Promise<string> {
  return must('docker', args, {
    env: { DOCKER_HOST: inject('dockerHost'), DOCKER_BUILDKIT: '0' },
  });
}
