import { existsSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION } from '../fixture.js';
import { stowage, temporaryFolder } from '../run.js';

const HEAD = 'project: app\nos: ubuntu-25.04\nvariant: gcc15\n';

async function workspaceOf(yaml: string): Promise<string> {
  const settings = { 'stowage.yaml': 'engine: embedded\n' };
  return createWorkspace({ ...settings, [`${DEFINITION}/image.yaml`]: HEAD + yaml });
}

async function refused(cwd: string, text: string, ...flags: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await stowage(['build', DEFINITION, '--save', ...flags], {
    cwd,
  });
  expect([code, stdout + stderr]).toEqual([expect.any(Number), expect.stringContaining(text)]);
  expect(code).not.toBe(0);
}

/** Definitions that take files from elsewhere, or write instructions of their own. */
export function buildAttacks(): void {
  it.each([
    ['copy: [{ from: ../../../../../../etc/hostname, to: /h }]\n', 'a path in the context'],
    ['copy: [{ from: /etc/hostname, to: /h }]\n', 'a path in the context'],
    ['copy: [{ from: a/../../x, to: /h }]\n', 'a path in the context'],
    ['context: ../../../../..\ncopy: [{ from: x, to: /h }]\n', 'is not a folder in'],
    ['context: /etc\ncopy: [{ from: hostname, to: /h }]\n', 'is not a folder in'],
  ])('a context is not left: %j', async (yaml, text) => {
    await refused(await workspaceOf(yaml), text);
  });

  it.each([
    ['files/out', 'copy: [{ from: files/out/secret, to: /s }]\n', 'a symbolic link'],
    ['files/out', 'context: files/out\ncopy: [{ from: secret, to: /s }]\n', 'is not a folder in'],
    ['out', 'dockerfile: out/secret\n', 'a symbolic link'],
  ])('a link %s that leads out is not followed: %j', async (link, yaml, text) => {
    const cwd = await workspaceOf(yaml);
    const elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere, 'secret'), 'FROM secret\n');
    await symlink(elsewhere, join(cwd, DEFINITION, link));
    await refused(cwd, text, ...(yaml.startsWith('docker') ? ['--print-dockerfile'] : []));
  });

  it('.dockerignore is not read through a link that leads out', async () => {
    const cwd = await workspaceOf('copy: [{ from: files, to: /f }]\n');
    await symlink('/etc/hostname', join(cwd, DEFINITION, '.dockerignore'));
    await refused(cwd, '.dockerignore: a symbolic link that leads out of');
  });

  it.each([
    'workdir: "/a\\nRUN id"',
    'user: "me\\nRUN id"',
    'ports: ["80\\nRUN id"]',
    'env: { "A\\nRUN id": x }',
    'copy: [{ from: files, to: "/a\\nRUN id" }]',
  ])('no value becomes an instruction: %s', async (yaml) => {
    await refused(await workspaceOf(`base: b\nrun: ['true']\n${yaml}\n`), 'image.yaml:');
  });

  it.each(['ssh://h/$(touch${IFS}x)', 'ssh://-oProxyCommand=touch${IFS}x/', 'ssh://-lx@h'])(
    'no host becomes a command: %s',
    async (host) => {
      const cwd = await createWorkspace({ 'stowage.yaml': `engine: docker\nhost: '${host}'\n` });
      const { code, stderr } = await stowage(['ls', '--engine', 'docker'], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining('expected ssh://')]);
      expect(existsSync(join(cwd, 'x'))).toBe(false);
    },
  );
}
