import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createWorkspace, DEFINITION, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { outputIn } from './output-in.js';
import { PROGRAM, SCRIPT, must } from './run.js';

const HEAD = 'project: app\nos: ubuntu-25.04\nvariant: gcc15\n';
const STEPS = 'apps/app/images/ubuntu-25.04-steps';

describeWith(
  [...DOCKER, 'docker', 'busybox'],
  'a generated Dockerfile',
  () => {
    it.each([
      ["{ from: '$x', to: /o/f }", { $x: '1' }, '/o/f', '1'],
      ["{ from: x, to: '/o/d$x' }", { x: '1' }, '/o/d$x', '1'],
      ["{ from: x, to: '/o/it''s \"' }", { x: '1' }, '/o/it\'s "', '1'],
      ["{ from: 'a[1]', to: /o/br }", { 'a[1]/f': '2' }, '/o/br/f', '2'],
      ["{ from: 'q\"q', to: /o/ }", { 'q"q': '3' }, '/o/q"q', '3'],
      ['{ from: x, to: /o/x, mode: "0640" }', { x: '1' }, '/o/x', '1'],
    ])('files are copied as they are named: %s', async (copy, files, path, content) => {
      const image = await built(`copy: [${copy}]\n`, files);
      expect(await inside(image, 'cat', path)).toBe(content);
    });

    it('the whole context is copied, and nothing besides', async () => {
      const image = await built('copy: [{ from: ., to: /o }]\n', { g: '4' });
      expect(await inside(image, 'find', '/o', '-type', 'f')).toBe('/o/g\n');
    });

    it('values and commands stay what they are', async () => {
      const yaml =
        "env: { A: \"l1\\nl2\", B: 'x $A \"\\' }\nworkdir: '/w $A'\nrun: ['echo 1 > /o \\', 'echo 2 >> /o', 'cat /o > /p <<E']\nuser: 5:6\n";
      const image = await built(yaml, {});
      const env = await inside(image, 'env');
      expect(env).toContain('A=l1\nl2\n');
      expect(env).toContain('B=x $A "\\\n');
      expect(await inside(image, 'pwd')).toBe('/w $A\n');
      expect(await inside(image, 'cat', '/o')).toBe('1 \\\n2\n');
      expect(await inside(image, 'id', '-u')).toBe('5\n');
    });
  },
  { root: true },
);

/** Builds with steps on an image of busybox. */
async function built(yaml: string, files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await createWorkspace({
    'stowage.yaml': 'engine: embedded\n',
    [`${DEFINITION}/image.yaml`]: `${HEAD}copy: [{ from: files, to: /bin }]\n`,
  });
  const shell = await must('sh', ['-c', 'command -v busybox']);
  await mkdir(join(cwd, DEFINITION, 'files'), { recursive: true });
  for (const name of ['busybox', 'sh'])
    await copyFile(shell.trim(), join(cwd, DEFINITION, 'files', name));
  await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
  const head = 'project: app\nos: ubuntu-25.04\nvariant: steps\nbase: app-ubuntu-25.04-gcc15\n';
  const run = yaml.includes('run:') ? '' : "run: ['true']\n";
  await put(cwd, `${STEPS}/image.yaml`, head + run + yaml);
  for (const [path, content] of Object.entries(files)) await put(cwd, `${STEPS}/${path}`, content);
  const flags = ['--engine', 'docker', '--host', inject('dockerHost')];
  await must(PROGRAM, [...SCRIPT, 'build', STEPS, ...flags], { cwd });
  return 'app-ubuntu-25.04-steps:latest';
}

function inside(image: string, ...command: readonly string[]): Promise<string> {
  const env = { DOCKER_HOST: inject('dockerHost') };
  return outputIn(image, command, { env, entrypoint: '/bin/busybox' });
}
