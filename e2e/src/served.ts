import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ArchiveWriter, copy, writeAtomically } from '@stowage/core';
import { onTestFinished } from 'vitest';
import { storeWith, writeIndex } from '../../packages/core/testing/image.js';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { PROGRAM, SCRIPT, cleanEnvironment, temporaryFolder } from './run.js';

/** Runs `stowage serve` on a free port until the test ends or it is killed. It logs requests only with `logs`. */
export async function startServe(
  args: readonly string[],
  { logs = false }: { readonly logs?: boolean } = {},
) {
  const quiet = logs ? [] : ['--quiet'];
  const child = spawn(PROGRAM, [...SCRIPT, 'serve', '--json', ...quiet, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => stop('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) =>
      resolve((JSON.parse(line.toString()) as { url: string }).url),
    );
    child.on('close', () => reject(new Error(`stowage serve ended:\n${said}`)));
  });
  /** Closes the pipes of its output. */
  const hangUp = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const hangUpSignal = (): void => void child.kill('SIGHUP');
  return { url, host: new URL(url).host, stop, said: () => said, hangUp, hangUpSignal };
}

export const digestOf = (bytes: Uint8Array | string) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Pushes an image of one layer as most clients do: three uploads, a tag. @returns its digest */
export async function pushSmall(url: string, name: string, tag: string): Promise<string> {
  const blobs = [`a layer of ${name}:${tag}`.repeat(500), '{}'];
  for (const blob of blobs) {
    const begun = await fetch(`${url}/v2/${name}/blobs/uploads/`, { method: 'POST' });
    await begun.arrayBuffer();
    if (begun.status !== 202) throw new Error(`${name}: ${begun.status}`);
    const target = new URL(begun.headers.get('location') ?? '', url);
    const first = Buffer.from(blob.slice(0, 20));
    const patched = await fetch(target, { method: 'PATCH', body: first });
    await patched.arrayBuffer();
    if (patched.status !== 202) throw new Error(`${name}: ${patched.status}`);
    const next = new URL(patched.headers.get('location') ?? target, url);
    next.searchParams.set('digest', digestOf(blob));
    const done = await fetch(next, { method: 'PUT', body: Buffer.from(blob.slice(20)) });
    if (done.status !== 201) throw new Error(`${name}: ${done.status} ${await done.text()}`);
  }
  const described = (mediaType: string, blob = '') => ({
    mediaType,
    digest: digestOf(blob),
    size: Buffer.byteLength(blob),
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: described('application/vnd.oci.empty.v1+json', blobs[1]),
    layers: [described('text/plain', blobs[0])],
  });
  const answer = await fetch(`${url}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: manifest,
  });
  if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  return digestOf(manifest);
}

/** Reads an image as a client does. @returns its digest. @throws when content is missing or damaged */
export async function readSmall(url: string, name: string, reference: string): Promise<string> {
  const read = async (path: string, digest?: string): Promise<string> => {
    const answer = await fetch(`${url}/v2/${name}/${path}`);
    const text = await answer.text();
    if (answer.status !== 200 || (digest !== undefined && digestOf(text) !== digest))
      throw new Error(`${name}: ${path}: ${answer.status} ${text.slice(0, 200)}`);
    return text;
  };
  const manifest = await read(`manifests/${reference}`);
  const { config, layers } = JSON.parse(manifest) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  for (const { digest } of [config, ...layers]) await read(`blobs/${digest}`, digest);
  return digestOf(manifest);
}

/** Writes an archive with an image of one platform or of several. */
export async function archive(
  architectures: readonly string[] = [],
): Promise<{ readonly path: string; readonly digest: string }> {
  const name = 'example.com/team/app:1';
  const path = join(await temporaryFolder(), 'app.tar');
  let content = new MemoryStore();
  if (architectures.length === 0) content = await storeWith(name, { bytes: 300_000, gzip: true });
  else {
    const platforms = architectures.map((architecture) => ({ os: 'linux', architecture }));
    await writeIndex(content, name, platforms);
  }
  await using sink = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  const { digest } = await copy(content, undefined, sink);
  await sink.commit();
  return { path, digest };
}
