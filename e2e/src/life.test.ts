import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnsureResult, JobPlan, PruneResult } from '@stowage/core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { DEBIAN, importDebian } from './debian-base.js';
import { goTool } from './go-tools.js';
import { createNxWorkspace, type NxWorkspace } from './nx-workspace.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, stowage } from './run.js';

const GCC = 'app-debian-12-gcc12';
const BASE = 'app-debian-12-base';
const OTHER = 'app-debian-12-plain-file';
const WORKFLOW = '.github/workflows/ci.yml';
const ROOT = 'apps/app/images';

const gcc = (...packages: string[]) =>
  `project: app\nos: debian-12\nvariant: gcc12\nbase: ${BASE}\ncompilers: [gcc-12]\npackages: [${packages.join(', ')}]\ntest: ['$CC --version', 'test -f /etc/built-on-base']\n`;

/** The life of an image in a team's CI, with a real distribution, compiler, engine and act. */
describeWith(
  [...DOCKER, 'docker', 'debootstrap', 'go'],
  'the life of an image',
  () => {
    let workspace: NxWorkspace;
    let act: string;
    const host = inject('dockerHost');
    const env = { DOCKER_HOST: host };
    const ensureJobs = () =>
      json<{ jobs: EnsureResult[] }>(
        ['ensure', '--workflow', WORKFLOW, '--actrc', '--project', 'app'],
        {
          cwd: workspace.root,
          env,
        },
      );
    const docker = (...args: string[]) => must('docker', args, { env });

    beforeAll(async () => {
      act = await goTool('act');
      await importDebian(host);
      workspace = await createNxWorkspace('23.2.1', env);
      await workspace.write('stowage.yaml', 'network: host\nprune: { unused_for: 30d }\n');
      await workspace.write(
        `${ROOT}/debian-12-base/image.yaml`,
        `project: app\nos: debian-12\nvariant: base\nbase: ${DEBIAN}\nrun: ['touch /etc/built-on-base']\n`,
      );
      await workspace.write(`${ROOT}/debian-12-gcc12/image.yaml`, gcc('make'));
      await workspace.write(
        `${ROOT}/debian-12-plain-file/image.yaml`,
        `project: app\nos: debian-12\nvariant: plain-file\nbase: ${BASE}\ncopy: [{ from: x, to: /x }]\n`,
      );
      await workspace.write(`${ROOT}/debian-12-plain-file/x`, 'x\n');
      await workspace.write(
        WORKFLOW,
        `on: push
jobs:
  compile:
    runs-on: debian-12
    strategy: { matrix: { compiler: [gcc], version: [12] } }
    steps:
      - run: |
          printf 'int main(){return 42;}' > a.c
          \${CC} a.c -o a; ./a || test $? = 42
          echo "compiled by \${CC}"
  inside:
    runs-on: debian-12
    container: ${GCC}
    steps:
      - run: make --version && echo "inside \${CC}"
`,
      );
      await workspace.commit('images and a workflow');
    });
    afterAll(async () => {
      await workspace?.remove();
      await docker('image', 'rm', '-f', GCC, BASE, OTHER, DEBIAN);
    });

    async function runAct(): Promise<string> {
      const home = join(workspace.root, 'home');
      await mkdir(home, { recursive: true });
      return must(act, ['push', '-W', WORKFLOW], {
        cwd: workspace.root,
        env: { ...env, HOME: home, XDG_CACHE_HOME: home },
      });
    }

    it('begins with the lock of its outside base', async () => {
      const folder = `${ROOT}/debian-12-base`;
      const unlocked = await stowage(['build', folder, '--dry-run'], { cwd: workspace.root, env });
      expect(unlocked.code).toBe(0);
      await json(['build', folder, '--update-base'], { cwd: workspace.root, env });
      const id = (await docker('image', 'inspect', '-f', '{{.Id}}', DEBIAN)).trim();
      expect(await readFile(join(workspace.root, folder, 'image.lock.yaml'), 'utf8')).toContain(
        `base: "${DEBIAN}"\ndigest: ${id}\n`,
      );
      await workspace.commit('lock');
    });

    it('is built once, bases first, for the jobs of a workflow', async () => {
      const before = await json<{ jobs: JobPlan[] }>(['plan', '--workflow', WORKFLOW], {
        cwd: workspace.root,
      });
      expect(before.jobs.map(({ name, needs_build }) => [name, needs_build])).toEqual([
        [GCC, true],
        [GCC, true],
      ]);
      const { jobs } = await ensureJobs();
      expect(jobs.map(({ name, saved }) => [name, saved.map((each) => each.reference)])).toEqual([
        [GCC, [BASE, GCC].map((name) => `docker.io/library/${name}:latest`)],
        [GCC, []],
      ]);
      expect(await readFile(join(workspace.root, '.actrc'), 'utf8')).toBe(
        `-P debian-12=${GCC}:latest\n--pull=false\n`,
      );
      const again = await ensureJobs();
      expect(again.jobs.map(({ needs_build, saved }) => [needs_build, saved])).toEqual([
        [false, []],
        [false, []],
      ]);
    });

    it('is loaded from its archive when the engine has lost it, and act runs the jobs in it', async () => {
      await docker('image', 'rm', '-f', GCC, BASE);
      const { jobs } = await ensureJobs();
      expect(jobs[0]?.loaded).toMatchObject([{ action: 'loaded' }]);
      const output = await runAct();
      expect(output).toContain('compiled by gcc-12');
      expect(output).toContain('inside gcc-12');
      expect(output.match(/Job succeeded/g)).toHaveLength(2);
    });

    it('is built again, without others, when one of its packages changes', async () => {
      const save = (...args: string[]) => workspace.nx(...args, '-t', 'image-save', '--parallel=1');
      await save('run-many');
      await workspace.write(`${ROOT}/debian-12-gcc12/image.yaml`, gcc('make', 'file'));
      await workspace.commit('one more package');
      const output = await save('affected', '--base=HEAD~1');
      const ran = [...output.matchAll(/^> nx run (\S+):image-save$/gm)].map(([, name]) => name);
      expect(new Set(ran)).toEqual(new Set([GCC]));
      expect(output).toContain(`saved ${GCC}:latest`);
    });

    it('is pruned from a full engine, and restored without a build', async () => {
      await ensureJobs();
      const args = ['prune', '--engine', 'docker', '--max-used', '1KB'];
      const pruned = await json<PruneResult>(args, { cwd: workspace.root, env });
      const gone = pruned.decisions.filter(({ action }) => action === 'delete');
      expect(gone.map(({ kind, name }) => [kind, name])).toContainEqual(['engine', GCC]);
      expect(gone.every(({ kind }) => kind !== 'archive')).toBe(true);
      expect(pruned.shortfallBytes).toBeGreaterThan(0);
      expect(await docker('images', '-q', GCC)).toBe('');
      const { jobs } = await ensureJobs();
      expect(jobs[0]).toMatchObject({
        needs_build: false,
        saved: [],
        loaded: [{ action: 'loaded' }],
      });
      expect(await runAct()).toContain('inside gcc-12');
      expect((await stowage(['doctor'], { cwd: workspace.root, env })).code).toBe(0);
    });

    it('reports a failed step with its last lines and the command for a shell', async () => {
      await workspace.write(`${ROOT}/debian-12-gcc12/image.yaml`, gcc('no-such-package'));
      const { code, stderr } = await stowage(['build', `${ROOT}/debian-12-gcc12`, '--save'], {
        cwd: workspace.root,
        env,
      });
      expect(code).toBe(4);
      expect(stderr).toMatch(/step \d+\/\d+ \(RUN apt-get update .* no-such-package/);
      expect(stderr).toContain('Unable to locate package no-such-package');
      expect(stderr).toMatch(
        // The classic builder keeps the image before the step, BuildKit does not.
        /shell( right before this step)?: docker -H \S+ run --rm -it ([0-9a-f]{12} \/bin\/sh|--entrypoint \/bin\/sh)/,
      );
    });

    it('is not saved when one of its tests fails', async () => {
      const definition = gcc('make').replace('test: [', "test: ['echo looking && false', ");
      await workspace.write(`${ROOT}/debian-12-gcc12/image.yaml`, definition);
      const before = await readFile(join(workspace.root, `images/app/${GCC}.image.json`), 'utf8');
      const { code, stderr } = await stowage(['build', `${ROOT}/debian-12-gcc12`, '--save'], {
        cwd: workspace.root,
        env,
      });
      expect(code).toBe(4);
      expect(stderr).toContain(
        `${GCC}: test 1/3 (echo looking && false): failed with exit code 1\n  | looking`,
      );
      expect(await readFile(join(workspace.root, `images/app/${GCC}.image.json`), 'utf8')).toBe(
        before,
      );
    });

    it('is not built on a base other than the locked one', async () => {
      await workspace.write(
        `${ROOT}/debian-12-base/image.lock.yaml`,
        `base: ${DEBIAN}\ndigest: sha256:${'0'.repeat(64)}\n`,
      );
      const { code, stderr } = await stowage(['build', `${ROOT}/debian-12-base`, '--save'], {
        cwd: workspace.root,
        env,
      });
      expect(code).toBe(8);
      expect(stderr).toContain(`base ${DEBIAN}: `);
      expect(stderr).toContain('but image.lock.yaml says');
      expect(stderr).toContain('--update-base');
    });
  },
  { root: true },
);
