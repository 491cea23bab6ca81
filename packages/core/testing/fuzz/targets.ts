import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseItems } from '../../src/archive/docker-archive.js';
import { indexTar, type TarEntry } from '../../src/archive/tar/tar-index.js';
import { editCatalog, parseCatalog } from '../../src/catalog/yaml/edit.js';
import { formatRecord, parseRecord } from '../../src/catalog/record.js';
import { parseChallenges } from '../../src/distribution/auth/challenge.js';
import { parseImageList } from '../../src/definition/image-list/image-list.js';
import { parseConfig } from '../../src/oci/config.js';
import { parseLayoutIndex } from '../../src/oci/layout.js';
import { parseManifest } from '../../src/oci/manifest.js';
import { MediaType } from '../../src/oci/media-types.js';
import { canonicalReference } from '../../src/oci/reference.js';
import type { Extent } from '../../src/transfer/extent.js';
import type { Files } from '../../src/transfer/files.js';
import { LayoutSource } from '../../src/transfer/layout-source.js';
import { verifySource } from '../../src/verify/verify-source.js';

/** A parser of untrusted input. For any input {@link run} must succeed or throw an ImageError. */
export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  /** Parses the input, and checks the result if it was accepted. */
  readonly run: (bytes: Buffer) => unknown;
}

const GOLDEN = join(import.meta.dirname, '../golden');
const archives = readdirSync(GOLDEN)
  .filter((file) => file.endsWith('.tar'))
  .map((file) => readFileSync(join(GOLDEN, file)));

/** Members of the golden archives, by name. */
const members = await Promise.all(
  archives.map(async (tar) => ({ tar, entries: await index(tar) })),
);

function index(tar: Buffer): Promise<ReadonlyMap<string, TarEntry>> {
  return indexTar(async (at, length) => tar.subarray(at, at + length), tar.byteLength);
}

function contents(isWanted: (name: string, body: Buffer) => boolean): Buffer[] {
  return members.flatMap(({ tar, entries }) =>
    [...entries].flatMap(([name, entry]) => {
      if (entry.type !== 'file') return [];
      const body = tar.subarray(entry.offset, entry.offset + entry.size);
      return isWanted(name, body) ? [body] : [];
    }),
  );
}

const texts = (...all: readonly string[]) => all.map((text) => Buffer.from(text));
const DIGEST = `sha256:${'a1'.repeat(32)}`;

export const TARGETS: Readonly<Record<string, FuzzTarget>> = {
  'tar index': {
    seeds: archives,
    run: async (bytes) => {
      for (const [name, entry] of await index(bytes)) {
        check(!name.startsWith('/') && !name.split('/').includes('..'), `${name} is inside`);
        if (entry.type === 'file')
          check(entry.offset + entry.size <= bytes.byteLength, `${name} is whole`);
      }
    },
  },
  'manifest.json': {
    seeds: contents((name) => name === 'manifest.json'),
    run: (bytes) => parseItems(bytes),
  },
  'index.json': {
    seeds: contents((name) => name === 'index.json'),
    run: (bytes) => {
      for (const { reference } of parseLayoutIndex(bytes, { repository: 'team/app' }))
        if (reference !== undefined) check(canonicalReference(reference) === reference, reference);
    },
  },
  manifest: {
    seeds: contents((_, body) => body.includes('"schemaVersion"')),
    run: (bytes) => {
      const isIndex = bytes.includes('"manifests"');
      return parseManifest(isIndex ? MediaType.index : MediaType.manifest, bytes);
    },
  },
  config: {
    seeds: contents((_, body) => body.includes('"diff_ids"')),
    run: (bytes) => parseConfig(bytes),
  },
  reference: {
    seeds: texts(
      'nginx',
      'user/app:v1',
      'registry.example.com:5000/a/b__c/d-e.f:Tag_1.2-3',
      `localhost/app:1@${DIGEST}`,
      `[::1]:5000/app@${DIGEST}`,
      'a'.repeat(300),
    ),
    run: (bytes) => {
      const once = canonicalReference(bytes.toString());
      check(canonicalReference(once) === once, `${once} is canonical`);
    },
  },
  layout: {
    seeds: contents((name) => name === 'index.json' || name.startsWith('blobs/')),
    run: async (bytes) => {
      // The damaged input replaces the index, or one blob of a valid layout.
      const isIndex = bytes.includes('"manifests"');
      await verifySource(await LayoutSource.open('memory:', new Memory(bytes, isIndex)));
    },
  },
  challenge: {
    seeds: texts(
      'Bearer realm="https://auth.example.com/token",service="s",scope="repository:a/b:pull,push"',
      'Negotiate, Basic realm="a \\"b\\""',
    ),
    run: (bytes) => {
      for (const { scheme } of parseChallenges(bytes.toString()))
        check(scheme === scheme.toLowerCase(), `${scheme} is in lower case`);
    },
  },
  record: {
    seeds: texts(
      JSON.stringify({
        name: 'app-debian-12-gcc12',
        reference: 'docker.io/library/app-debian-12-gcc12:latest',
        digest: DIGEST,
        configDigest: DIGEST,
        diffIds: [DIGEST],
        platform: { os: 'linux', architecture: 'amd64' },
        size: 10240,
        sha256: 'a1'.repeat(32),
        facts: { compilers: ['gcc-12'], packages: ['make'], tools: [] },
      }),
    ),
    run: (bytes) => {
      const record = parseRecord(bytes, 'x.image.json');
      check(formatRecord(record).byteLength > 0, 'a record can be written');
    },
  },
  catalog: {
    seeds: texts(
      [
        '# kept by hand',
        'images:',
        '  - name: app-ubuntu-25.04-gcc15',
        '    file: app/app-ubuntu-25.04-gcc15.tar',
        '    docker_tag: app-ubuntu-25.04-gcc15:latest',
        '    os: ubuntu:25.04',
        '    architecture: x86_64',
        '    packages: [make, git]',
        '    compilers: {gcc: 15}',
        '    size_mb: 812.5',
        '    created: 2026-01-02T03:04:05Z',
        '    usage_count: 3',
        '    pinned: true',
        '',
      ].join('\n'),
      'images: []\n',
      'images: &a [*a]\n',
    ),
    run: (bytes) => {
      const text = bytes.toString();
      return [
        parseCatalog(text, 'image-registry.yml'),
        editCatalog(text, 'image-registry.yml', { upsert: [{ name: 'a', file: 'a.tar' }] }),
      ];
    },
  },
  'image list': {
    seeds: texts(
      'kind: List\nitems:\n  - kind: Pod\n    metadata: {name: p}\n    spec: {containers: [&c {name: a, image: a:1}, *c]}\n',
      'services:\n  a: &a {image: "${R:-docker.io}/a:${T-1}$$"}\n  b: {<<: *a, build: .}\n',
      'docker.io:\n  images:\n    library/nginx: [1.10, latest]\n',
      'kind: Images\nspec:\n  images:\n    - name: ghcr.io/a/b:1\n---\nkind: Charts\n',
      `# list\nnginx:1\nquay.io/a/b@${DIGEST} labels:x\n`,
      'image: {{ .Values.image }}:{{ .x }}\n',
    ),
    run: (bytes) => {
      for (const { reference } of parseImageList({ text: bytes.toString(), path: 'x' }).images)
        check(canonicalReference(reference) === reference, `${reference} is canonical`);
    },
  },
};

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected that ${what}`);
}

/** The files of a golden layout, with one of them replaced. */
class Memory implements Files {
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(bytes: Buffer, isIndex: boolean) {
    const { tar, entries } = members[bytes.byteLength % members.length] ?? {
      tar: bytes,
      entries: new Map<string, TarEntry>(),
    };
    const files = new Map<string, Uint8Array>([['index.json', Buffer.from('{"manifests":[]}')]]);
    for (const [name, entry] of entries)
      if (entry.type === 'file')
        files.set(name, tar.subarray(entry.offset, entry.offset + entry.size));
    const blobs = [...files.keys()].filter((name) => name.startsWith('blobs/'));
    files.set(isIndex ? 'index.json' : (blobs[bytes.byteLength % blobs.length] ?? 'x'), bytes);
    this.#files = files;
  }

  async size(path: string): Promise<number | undefined> {
    return this.#files.get(path)?.byteLength;
  }

  async *read(path: string, { start = 0, end }: { start?: number; end?: number } = {}) {
    yield this.#files.get(path)?.subarray(start, end) ?? new Uint8Array();
  }

  async locate(): Promise<undefined> {
    return undefined;
  }

  async list(): Promise<readonly Extent[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No file is open.
  }
}
