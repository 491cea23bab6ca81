import { copyFile, mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { PushResult } from '@stowage/core';
import { expect, it, vi } from 'vitest';
import { runPage } from './docs-page.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { put } from './fixture.js';
import { goTool } from './go-tools.js';
import { json, must, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const DEFINITION = 'apps/tools/images/debian-12-base';
const BINARIES = join(import.meta.dirname, '../../node_modules/.bin');

/** The programs of busybox that the client of development containers calls. */
const PROGRAMS = ['cat', 'chmod', 'chown', 'env', 'id', 'ls', 'mkdir', 'sh', 'sleep', 'uname'];

/** Creates a workspace with an image that has a shell. @returns it and an environment with clients of the engine */
async function createTools(engine: EngineUnderTest) {
  // The engine sees its own folder alone, and mounts the workspace into a container.
  const cwd = await mkdtemp(join(engine.started().folder, 'workspace-'));
  const bin = join(cwd, DEFINITION, 'files/bin');
  await mkdir(bin, { recursive: true });
  await copyFile('/bin/busybox', join(bin, 'busybox'));
  for (const each of PROGRAMS) await symlink('busybox', join(bin, each));
  await put(cwd, `${DEFINITION}/files/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\n');
  await put(cwd, `${DEFINITION}/files/etc/tools`, 'tools\n');
  await put(
    cwd,
    `${DEFINITION}/image.yaml`,
    'project: tools\nos: debian-12\nvariant: base\ncopy: [{ from: files, to: / }]\nentrypoint: [/bin/cat, /etc/tools]\n',
  );
  await put(cwd, 'stowage.yaml', '');
  const plugins = join(cwd, 'docker/cli-plugins');
  await mkdir(plugins, { recursive: true });
  await symlink(join(engine.started().programs, 'docker-compose'), join(plugins, 'docker-compose'));
  const env = { ...engine.started().env, HOME: cwd, DOCKER_CONFIG: dirname(plugins) };
  return { cwd, env: { ...env, STOWAGE_CACHE_DIR: join(cwd, 'cache') } };
}

describeEngines(
  (engine) => {
    it('the commands of the page about other tools succeed', async () => {
      const { cwd, env } = await createTools(engine);
      const programs = [dirname(await goTool('helm')), BINARIES, process.env['PATH']];
      vi.stubEnv('PATH', programs.join(delimiter));
      await runPage('interop', { cwd, env });
    });

    it('the client of development containers starts an image of a registry of ours', async () => {
      const { cwd, env } = await createTools(engine);
      expect(await stowage(['build', DEFINITION, '--save'], { cwd, env })).toMatchObject({
        code: 0,
      });
      const { host } = await startServe(['--root', await temporaryFolder()]);
      const push = ['push', 'tools-debian-12-base', '--to', `${host}/team`, '--tag', 'tools:1'];
      const { results } = await json<{ results: PushResult[] }>(push, { cwd, env });
      const image = `${host}/team/tools:1`;
      expect(results).toMatchObject([{ reference: image, action: 'pushed' }]);

      // With comments and a comma at the end, as people write it.
      const file = `// The tools of this repository.\n{\n\t"image": "${image}", // as CI has it\n}\n`;
      await put(cwd, '.devcontainer/devcontainer.json', file);
      const client = (command: string, ...args: readonly string[]) =>
        must(join(BINARIES, 'devcontainer'), [command, '--workspace-folder', cwd, ...args], {
          cwd,
          env,
        });
      const read = JSON.parse(await client('read-configuration')) as object;
      expect(read).toMatchObject({ configuration: { image } });
      expect(JSON.parse(await client('up'))).toMatchObject({ outcome: 'success' });
      expect(await client('exec', 'cat', '/etc/tools')).toBe('tools\n');
    });
  },
  { among: ['docker-29'], programs: ['go'] },
);
