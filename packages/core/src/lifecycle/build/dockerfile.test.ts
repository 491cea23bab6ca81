import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { BASE, HEAD, workspaceOf } from '../../../testing/workspace.js';
import { readDefinition } from '../workspace/definitions.js';
import { dockerfileOf } from './dockerfile.js';

async function textOf(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const { workspace, call, cwd } = await workspaceOf({
    [`${BASE}/image.yaml`]: HEAD + yaml,
    ...files,
  });
  const text = async () =>
    dockerfileOf(workspace.root, await readDefinition(workspace, BASE, call));
  return { text, folder: join(cwd, BASE) };
}

describe('the Dockerfile of a definition', () => {
  it('is its own', async () => {
    const { text } = await textOf('dockerfile: D\n', { [`${BASE}/D`]: 'FROM x\n' });
    expect(await text()).toBe('FROM x\n');
  });

  it('is generated from its steps, with files and folders told apart', async () => {
    const { text } = await textOf(
      'base: debian:12\nrun: [echo 1]\ncopy: [{ from: files, to: /d }, { from: files/a, to: /f }]\n',
    );
    expect(await text()).toMatch(/RUN/);
  });

  it('that is missing is NOT_FOUND; one outside of the context is INVALID', async () => {
    const missing = await textOf('dockerfile: D\n');
    await expect(missing.text()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { text, folder } = await textOf('dockerfile: out/D\n');
    await symlink(await temporaryFolder(), join(folder, 'out'));
    await expect(text()).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is none where no step needs one', async () => {
    const { text } = await textOf('copy: [{ from: files, to: /d }]\n');
    await expect(text()).rejects.toMatchObject({ code: 'USAGE' });
  });
});
