import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  quirkyRegistry,
  Registry,
  type Quirk,
} from '../../packages/core/testing/quirks/registry.js';
import { QUIRKS } from '../../packages/core/testing/quirks/table.js';
import { goTool } from './go-tools.js';
import { describeWith } from './peers.js';
import { COMMAND, PROGRAM, SCRIPT, must, temporaryFolder } from './run.js';

const README = join(import.meta.dirname, '../../README.md');
const MIB = 1024 * 1024;
/** A client that takes longer for one step has not survived. */
const STEP_TIMEOUT_SECONDS = '120';
/** Number of registries that are asked at once. */
const CONCURRENCY = 4;

/** A client, and the commands by which it pushes a layout, copies inside a registry and pulls into a layout. */
interface Client {
  readonly name: string;
  readonly version: string;
  readonly steps: (host: string, from: string, to: string) => readonly (readonly string[])[];
}

async function clients(): Promise<Client[]> {
  const [crane, regctl] = [await goTool('crane'), await goTool('regctl')];
  const skopeo = ['skopeo', 'copy', '--insecure-policy', '--preserve-digests'];
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const versionOf = async (program: string, args: readonly string[]) =>
    /\d+\.\d+(?:\.\d+)?/.exec(await must(program, args))?.[0] ?? '';
  return [
    {
      name: 'Stowage',
      version: await versionOf(PROGRAM, [...SCRIPT, '--version']),
      steps: (host, from, to) => [
        [...COMMAND, 'push', `oci:${from}`, '--to', host, '--tag', 'a:1'],
        [...COMMAND, 'copy', `${host}/a:1`, `docker://${host}/b:1`],
        [...COMMAND, 'pull', `${host}/b:1`, '-o', `${to}/`, '--no-cache'],
      ],
    },
    {
      name: '`skopeo`',
      version: await versionOf('skopeo', ['--version']),
      steps: (host, from, to) => [
        [...skopeo, ...plain, `oci:${from}:1`, `docker://${host}/a:1`],
        [...skopeo, ...plain, `docker://${host}/a:1`, `docker://${host}/b:1`],
        [...skopeo, ...plain, `docker://${host}/b:1`, `oci:${to}:1`],
      ],
    },
    {
      name: '`crane`',
      version: await versionOf(crane, ['version']),
      steps: (host, from, to) => [
        [crane, 'push', '--insecure', from, `${host}/a:1`],
        [crane, 'copy', '--insecure', `${host}/a:1`, `${host}/b:1`],
        [crane, 'pull', '--insecure', '--format', 'oci', `${host}/b:1`, to],
      ],
    },
    {
      name: '`regctl`',
      version: await versionOf(regctl, ['version']),
      steps: (host, from, to) => [
        [regctl, 'registry', 'set', '--tls', 'disabled', host],
        [regctl, 'image', 'copy', `ocidir://${from}:1`, `${host}/a:1`],
        [regctl, 'image', 'copy', `${host}/a:1`, `${host}/b:1`],
        [regctl, 'image', 'copy', `${host}/b:1`, `ocidir://${to}:1`],
      ],
    },
  ];
}

/** Whether a client brings an image unchanged through a registry with a quirk; otherwise the command that failed. */
async function survives(client: Client, quirk: Quirk, layout: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-quirk-'));
  const server = createServer(quirkyRegistry(new Registry(), quirk));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { HOME: folder, STOWAGE_CACHE_DIR: join(folder, 'cache') };
  try {
    const back = join(folder, 'back');
    for (const step of client.steps(host, layout, back))
      try {
        await must('timeout', [STEP_TIMEOUT_SECONDS, ...step], { env });
      } catch (error) {
        return String(error).slice(0, 1_000);
      }
    const digestIn = async (path: string) =>
      (
        JSON.parse(await readFile(join(path, 'index.json'), 'utf8')) as {
          manifests: readonly { digest: string }[];
        }
      ).manifests[0]?.digest;
    return (await digestIn(back)) === (await digestIn(layout)) ? undefined : 'another digest';
  } finally {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a layout of one image with one layer of that size. @returns its folder */
async function writeLayout(bytes: number): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const put = async (mediaType: string, content: Uint8Array) => {
    const hex = createHash('sha256').update(content).digest('hex');
    await writeFile(join(folder, 'blobs/sha256', hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.byteLength };
  };
  const oci = 'application/vnd.oci.image';
  const layer = await put(`${oci}.layer.v1.tar`, Buffer.alloc(bytes));
  const config = { os: 'linux', architecture: 'amd64', config: {} };
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const manifest = {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: await put(`${oci}.config.v1+json`, Buffer.from(JSON.stringify({ ...config, rootfs }))),
    layers: [layer],
  };
  const root = await put(manifest.mediaType, Buffer.from(JSON.stringify(manifest)));
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  const index = { schemaVersion: 2, manifests: [{ ...root, annotations }] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return folder;
}

describeWith(['skopeo', 'go', 'timeout'], 'registries with a quirk', () => {
  it(
    'are all survived, and the README has the numbers of each client',
    { timeout: 3_000_000 },
    async () => {
      const [small, large] = [await writeLayout(10_240), await writeLayout(35 * MIB)];
      const all = await clients();
      const failures = new Map<string, string>();
      const queue = QUIRKS.flatMap((quirk) => all.map((client) => ({ quirk, client })));
      const work = async (): Promise<void> => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const { client, quirk } = next;
          const why = await survives(client, quirk, quirk.needsChunks ? large : small);
          if (why !== undefined) failures.set(`${client.name}: ${quirk.name}`, why);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
      const counts = all.map(({ name, version }) => {
        const failed = QUIRKS.filter((quirk) => failures.has(`${name}: ${quirk.name}`));
        return { name, version, survived: QUIRKS.length - failed.length };
      });
      const rows = QUIRKS.map(({ name }) => {
        const marks = all.map((client) => (failures.has(`${client.name}: ${name}`) ? '-' : '✓'));
        return [name, ...marks].join(' | ');
      });
      console.log([['quirk', ...all.map(({ name }) => name)].join(' | '), ...rows].join('\n'));
      console.log(counts);
      for (const [what, why] of failures) console.log(`${what}\n${why}`);
      expect([...failures.keys()].filter((each) => each.startsWith('Stowage'))).toEqual([]);
      const [row = ''] =
        /^\| registries with a quirk.*$/m.exec(await readFile(README, 'utf8')) ?? [];
      const [ours] = counts;
      expect(row).toMatch(new RegExp(`of ${QUIRKS.length} .*\\| +${ours?.survived} \\|`));
    },
  );
});
