import { existsSync } from 'node:fs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createWorkspace, DEFINITION, put } from '../fixture.js';
import { describeWith, DOCKER } from '../peers.js';
import { CLI, must, stowage, temporaryFolder } from '../run.js';

const HEAD = 'project: app\nos: ubuntu-25.04\nvariant: gcc15\n';
const STEPS = 'apps/app/images/ubuntu-25.04-steps';

async function workspaceOf(yaml: string): Promise<string> {
  const settings = { 'stowage.yaml': 'engine: embedded\n' };
  return createWorkspace({ ...settings, [`${DEFINITION}/image.yaml`]: HEAD + yaml });
}

async function expectRefusal(
  cwd: string,
  text: string,
  ...flags: readonly string[]
): Promise<void> {
  const { code, stdout, stderr } = await stowage(['build', DEFINITION, '--save', ...flags], {
    cwd,
  });
  expect([code, stdout + stderr]).toEqual([expect.any(Number), expect.stringContaining(text)]);
  expect(code).not.toBe(0);
}

/** Definitions that copy files from outside the workspace, or inject Dockerfile instructions. */
export function buildAttacks(): void {
  it.each([
    ['copy: [{ from: ../../../../../../etc/hostname, to: /h }]\n', 'a path in the context'],
    ['copy: [{ from: /etc/hostname, to: /h }]\n', 'a path in the context'],
    ['copy: [{ from: a/../../x, to: /h }]\n', 'a path in the context'],
    ['context: ../../../../..\ncopy: [{ from: x, to: /h }]\n', 'context: expected a folder in'],
    ['context: /etc\ncopy: [{ from: hostname, to: /h }]\n', 'context: expected a folder in'],
  ])('cannot copy files from outside the context: %j', async (yaml, text) => {
    await expectRefusal(await workspaceOf(yaml), text);
  });

  it.each([
    ['files/out', 'copy: [{ from: files/out/secret, to: /s }]\n'],
    ['files/out', 'context: files/out\ncopy: [{ from: secret, to: /s }]\n'],
    ['out', 'dockerfile: out/secret\n'],
  ])('cannot use files through a link %s out of the workspace: %j', async (link, yaml) => {
    const cwd = await workspaceOf(yaml);
    const elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere, 'secret'), 'FROM secret\n');
    await symlink(elsewhere, join(cwd, DEFINITION, link));
    await expectRefusal(
      cwd,
      'expected a',
      ...(yaml.startsWith('docker') ? ['--print-dockerfile'] : []),
    );
  });

  it('cannot read .dockerignore through a link out of the workspace', async () => {
    const cwd = await workspaceOf('copy: [{ from: files, to: /f }]\n');
    await symlink('/etc/hostname', join(cwd, DEFINITION, '.dockerignore'));
    await expectRefusal(cwd, '.dockerignore: expected a path in');
  });

  it.each([
    'workdir: "/a\\nRUN id"',
    'user: "me\\nRUN id"',
    'ports: ["80\\nRUN id"]',
    'env: { "A\\nRUN id": x }',
    'copy: [{ from: files, to: "/a\\nRUN id" }]',
  ])('cannot inject an instruction by a value: %s', async (yaml) => {
    await expectRefusal(await workspaceOf(`base: b\nrun: ['true']\n${yaml}\n`), 'image.yaml:');
  });

  it.each(['ssh://h/$(touch${IFS}x)', 'ssh://-oProxyCommand=touch${IFS}x/', 'ssh://-lx@h'])(
    'cannot inject a command by a host: %s',
    async (host) => {
      const cwd = await createWorkspace({ 'stowage.yaml': `engine: docker\nhost: '${host}'\n` });
      const { code, stderr } = await stowage(['ls', '--engine', 'docker'], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining('expected ssh://')]);
      expect(existsSync(join(cwd, 'x'))).toBe(false);
    },
  );

  describeWith(
    [...DOCKER, 'docker', 'busybox'],
    'with an engine',
    () => {
      it.each([
        ["{ from: '$x', to: /o/f }", { $x: '1' }, '/o/f', '1'],
        ["{ from: x, to: '/o/d$x' }", { x: '1' }, '/o/d$x', '1'],
        ["{ from: x, to: '/o/it''s \"' }", { x: '1' }, '/o/it\'s "', '1'],
        ["{ from: 'a[1]', to: /o/br }", { 'a[1]/f': '2' }, '/o/br/f', '2'],
        ["{ from: 'q\"q', to: /o/ }", { 'q"q': '3' }, '/o/q"q', '3'],
        ['{ from: x, to: /o/x, mode: "0640" }', { x: '1' }, '/o/x', '1'],
      ])('files are copied as they are named: %s', async (copy, files, path, content) => {
        const image = await buildImage(`copy: [${copy}]\n`, files);
        expect(await runInside(image, 'cat', path)).toBe(content);
      });

      it('copies the context and nothing else', async () => {
        const image = await buildImage('copy: [{ from: ., to: /o }]\n', { g: '4' });
        expect(await runInside(image, 'find', '/o', '-type', 'f')).toBe('/o/g\n');
      });

      it('passes values and commands unchanged', async () => {
        const yaml =
          "env: { A: \"l1\\nl2\", B: 'x $A \"\\' }\nworkdir: '/w $A'\nrun: ['echo 1 > /o \\', 'echo 2 >> /o', 'cat /o > /p <<E']\nuser: 5:6\n";
        const image = await buildImage(yaml, {});
        const env = await runInside(image, 'env');
        expect(env).toContain('A=l1\nl2\n');
        expect(env).toContain('B=x $A "\\\n');
        expect(await runInside(image, 'pwd')).toBe('/w $A\n');
        expect(await runInside(image, 'cat', '/o')).toBe('1 \\\n2\n');
        expect(await runInside(image, 'id', '-u')).toBe('5\n');
      });
    },
    { root: true },
  );
}

/** Builds a definition with steps on an image of busybox. @returns the name of the image */
async function buildImage(yaml: string, files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await workspaceOf('copy: [{ from: files, to: /bin }]\n');
  const shell = await must('sh', ['-c', 'command -v busybox']);
  await mkdir(join(cwd, DEFINITION, 'files'), { recursive: true });
  for (const name of ['busybox', 'sh'])
    await copyFile(shell.trim(), join(cwd, DEFINITION, 'files', name));
  await must(process.execPath, [CLI, 'build', DEFINITION, '--save'], { cwd });
  const head = 'project: app\nos: ubuntu-25.04\nvariant: steps\nbase: app-ubuntu-25.04-gcc15\n';
  const run = yaml.includes('run:') ? '' : "run: ['true']\n";
  await put(cwd, `${STEPS}/image.yaml`, head + run + yaml);
  for (const [path, content] of Object.entries(files)) await put(cwd, `${STEPS}/${path}`, content);
  const flags = ['--engine', 'docker', '--host', inject('dockerHost')];
  await must(process.execPath, [CLI, 'build', STEPS, ...flags], { cwd });
  return 'app-ubuntu-25.04-steps:latest';
}

function runInside(image: string, ...command: readonly string[]): Promise<string> {
  const args = ['run', '--rm', '--network=none', '--entrypoint', '/bin/busybox', image, ...command];
  return must('docker', args, { env: { DOCKER_HOST: inject('dockerHost') } });
}
