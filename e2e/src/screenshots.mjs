// Takes the pictures of pages in docs/ with Chromium, after a build, of content that is made up: npm run screenshots
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportPage } from '@stowage/core';
import { openRegistryFolder, registryHandler } from '@stowage/core/registry';
import { chromium } from 'playwright-core';

const DOCS = join(import.meta.dirname, '../../docs');
/** The pages name the registry by this port. */
const PORT = 5000;
const MB = 1024 * 1024;
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');
const before = (days) => new Date(NOW - days * DAY).toISOString();

const folder = mkdtempSync(join(tmpdir(), 'stowage-screenshots-'));
const storage = openRegistryFolder(folder);
const server = createServer(registryHandler({ reader: storage }));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  await fill('team/toolchain');
  await new Promise((resolve) => server.listen(PORT, '127.0.0.1', resolve));
  const page = await browser.newPage({ viewport: { width: 1300, height: 560 } });
  await page.goto(`http://127.0.0.1:${PORT}/-/team/toolchain`);
  await page.screenshot({ path: join(DOCS, 'registry.png') });
  await page.setViewportSize({ width: 1100, height: 860 });
  await page.setContent(await reportPage(report()));
  await page.screenshot({ path: join(DOCS, 'report.jpg'), type: 'jpeg', quality: 85 });
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
}

/** Stores images of several versions, which share their lowest layers. */
async function fill(repository) {
  const versions = [
    ['15.2.0', 'latest', 3],
    ['15.1.0', '15.1', 40],
    ['14.3.0', '14', 75],
    ['14.2.0', '14.2', 170],
    ['15.2.0-rc.1', 'edge', 12],
  ];
  for (const [version, other, age] of versions) {
    const layers = [
      await put(repository, 'base', 49 * MB),
      await put(repository, `tools ${version.split('.')[0]}`, 130 * MB),
      await put(repository, version, (60 + age) * MB),
    ].map((layer) => ({ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }));
    const content = { os: 'linux', architecture: 'amd64', created: before(age) };
    const config = await put(repository, JSON.stringify(content));
    config.mediaType = 'application/vnd.oci.image.config.v1+json';
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    const children = [config, ...layers].map(({ digest }) => digest);
    await storage.putManifest(repository, { descriptor, children, bytes }, [version, other]);
  }
}

/** Stores a text as a blob; a manifest may claim another size for it. */
async function put(repository, text, size = text.length) {
  const bytes = Buffer.from(text);
  const id = await storage.uploads.start(repository);
  await storage.uploads.append(repository, id, [bytes]);
  await storage.uploads.finish(repository, id, digestOf(bytes));
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size };
}

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function report() {
  const archives = [
    ['app', 'ubuntu-25.04-gcc15', 540, 0.4, 0.2],
    ['app', 'ubuntu-25.04-clang20', 610, 3, 0.2],
    ['app', 'debian-12-gcc14', 420, 20, 0],
    ['app', 'debian-12-base', 130, 0.2, 1],
    ['firmware', 'alpine-3.22-arm', 260, 1.5, 0.5],
    ['firmware', 'alpine-3.22-riscv', 240, 60, 0.5],
    ['firmware', 'alpine-3.20-arm', 210, 200, 0],
    ['docs', 'debian-12-tex', 380, 9, 0.3],
    ['docs', 'debian-11-tex', 340, 150, 0],
  ].map(([project, variant, size, age, shared]) => ({
    ...{ name: `${project}-${variant}`, project, file: `${project}/${variant}.tar`, pinned: false },
    ...{ bytes: size * MB, sharedBytes: size * MB * shared, state: 'ok' },
    ...{ created: before(age + 5), lastUsed: before(age) },
  }));
  const going = archives.filter(({ lastUsed }) => lastUsed < before(90));
  return {
    ...{ workspace: 'site', created: before(0), archives, problems: [], runs: [] },
    bytes: archives.reduce((sum, { bytes }) => sum + bytes, 0),
    repeatedBytes: 520 * MB,
    prune: {
      decisions: going.map(({ name, file, bytes }) => ({
        ...{ name, path: file, bytes, kind: 'archive', action: 'delete' },
        ...{ rule: 'unused-for', reason: 'unused for more than 90 days' },
      })),
      freedBytes: going.reduce((sum, { bytes }) => sum + bytes, 0),
      ...{ shortfallBytes: 0, shortfalls: [] },
    },
  };
}
