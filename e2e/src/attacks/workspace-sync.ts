import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION, NAME } from '../fixture.js';
import { PROGRAM, SCRIPT, must, stowage, temporaryFolder } from '../run.js';
import { digestOf, startServe } from '../served.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
type Manifest = { readonly layers: readonly { readonly digest: string }[] };

async function createSaved(): Promise<string> {
  const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
  await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
  return cwd;
}

/** Replaces the record of an image, as any client with write access to the repository can. */
async function replaceRecord(
  url: string,
  tag: string,
  edit: (record: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const repository = `${url}/v2/ci`;
  const headers = { accept: MANIFEST };
  const manifest = await (
    await fetch(`${repository}/manifests/${NAME}.record`, { headers })
  ).text();
  const { layers } = JSON.parse(manifest) as Manifest;
  const before = layers[0]?.digest ?? '';
  const record = await (await fetch(`${repository}/blobs/${before}`)).text();
  const bytes = JSON.stringify(edit(JSON.parse(record) as Record<string, unknown>));
  const begun = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' });
  await begun.arrayBuffer();
  const target = new URL(begun.headers.get('location') ?? '', url);
  target.searchParams.set('digest', digestOf(bytes));
  await (await fetch(target, { method: 'PUT', body: bytes })).arrayBuffer();
  const body = manifest
    .replace(before, digestOf(bytes))
    .replace(/("size":)\d+(\}\])/, `$1${Buffer.byteLength(bytes)}$2`);
  const answer = await fetch(`${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': MANIFEST },
    body,
  });
  expect([answer.status, await answer.text()]).toEqual([201, expect.anything()]);
}

/** Tests of a repository that machines share, and of a cloned workspace. */
export function syncAttacks(): void {
  it.each([
    [`${NAME}.record`, { reference: 'docker.io/library/node:20' }, 'docker.io/library/node:20'],
    [`${NAME}.record`, { name: 'app-ubuntu-25.04-other' }, 'app-ubuntu-25.04-other'],
    [`${NAME}.record`, { name: '../../x' }, 'the record of an archive'],
  ])('cannot sync a record that does not match its name: %s %j', async (tag, changes, got) => {
    const { url, host } = await startServe(['--root', await temporaryFolder()]);
    await must(PROGRAM, [...SCRIPT, 'sync', './images', `${host}/ci`], {
      cwd: await createSaved(),
    });
    await replaceRecord(url, tag, (record) => ({ ...record, ...changes }));
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'stowage.yaml'), 'engine: embedded\n');
    const { code, stderr } = await stowage(['sync', `${host}/ci`, './images'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toContain(got);
    expect(existsSync(join(cwd, `images/app/${NAME}.tar`))).toBe(false);
  });

  it('cannot load an archive under the name of another image', async () => {
    const cwd = await createSaved();
    const path = join(cwd, `images/app/${NAME}.image.json`);
    const record = await readFile(path, 'utf8');
    for (const [from, to] of [
      [`docker.io/library/${NAME}:latest`, 'docker.io/library/node:20'],
      [`"name": "${NAME}"`, '"name": "app-ubuntu-25.04-other"'],
    ] as const) {
      await writeFile(path, record.replace(from, to));
      for (const verb of ['load', 'verify']) {
        expect((await stowage([verb, NAME], { cwd })).code).not.toBe(0);
      }
    }
    expect((await stowage(['ls', '--engine', 'embedded'], { cwd })).stdout).not.toContain('node');
  });
}
