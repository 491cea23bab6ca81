import { describe, expect, it } from 'vitest';
import { fillRegistry, putBlob, putManifest } from '../../../testing/fill-registry.js';
import { storeWith, writeImage, writeIndex, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDigest } from '../../oci/digest.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { UNRESTRICTED, type Rights } from '../access/access.js';
import { RegistryArchives } from '../archives.js';
import type { RegistryReader } from '../hosted.js';
import { RegistryStore } from '../storage/registry-store.js';
import { renderPage } from './pages.js';
import { PAGES, SPACE } from './paths.js';

const onlyOther: Rights = { allows: (_, name) => name === 'other', readsAll: false, user: 'ada' };

function rendering(reader: RegistryReader) {
  return (path: string, rights: Rights = UNRESTRICTED) => {
    const [before = '', query = ''] = path.split('?');
    const host = 'r.example<';
    return renderPage({ reader, rights, host, path: before, query: new URLSearchParams(query) });
  };
}

async function registry() {
  const reader = new RegistryStore(await temporaryFolder());
  const content = new MemoryStore();
  const image = await writeImage(content, 'r.example/team/app:1.0', { history: true });
  const sbom = await writeReferrer(content, image, { artifactType: 'text/sbom' });
  await writeImage(content, 'r.example/team/app:1.10', { layers: 3 });
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const index = await writeIndex(content, 'r.example/team/tools/all:1', platforms);
  await writeImage(content, 'r.example/other:1', { seed: 'b' });
  await fillRegistry(reader, content);
  return { image, sbom, index, reader, content, render: rendering(reader) };
}

/** The text of a page, without its markup and styles. */
const textOf = (page = '') =>
  page
    .replace(/<(style|script)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the front page', () => {
  it('lists the repositories that the user may read', async () => {
    const { render } = await registry();
    const all = (await render('/')) ?? '';
    expect(all).toContain(`href="${PAGES}team/app"`);
    expect(all).toContain('r.example&lt;');
    expect(textOf(all)).toContain('team/ 2');
    const some = await render('/', onlyOther);
    expect(some).not.toContain('team/app');
    expect(some).toContain(`href="${PAGES}other"`);
  });

  it('finds repositories by a part of their names, among those that the user may read', async () => {
    const { render } = await registry();
    const found = await render('/?q=TEAM/a');
    expect(found).toContain(`href="${PAGES}team/app"`);
    expect(found).not.toContain('tools/all');
    expect(textOf(await render('/?q=team', onlyOther))).toContain('No repository has team');
    expect(await render('/?q=<b>')).not.toContain('<b>');
  });
});

describe('the page of an artifact', () => {
  it('has its type, and no commands that only images understand', async () => {
    const { render, reader, sbom, image } = await registry();
    const config = await putBlob(reader, 'team/app', Buffer.from('{}'));
    const bytes = formatManifest({ ...config, mediaType: 'application/x' }, []);
    await putManifest(reader, 'team/app', { mediaType: MediaType.manifest, bytes, tags: ['a'] });
    const row = textOf(await render(`${PAGES}team/app`));
    expect(row).toMatch(
      /application\/x \d+ B stowage copy r.example&lt;\/team\/app:a artifact.tar/,
    );
    const page = textOf(await render(`${PAGES}team/app@${sbom.digest}`));
    expect(page).toContain('Type text/sbom');
    expect(page).toContain(`Copy stowage copy r.example&lt;/team/app@${sbom.digest} artifact.tar`);
    expect(page).not.toMatch(/docker pull|stowage load/);
    expect(textOf(await render(`${PAGES}team/app@${image.digest}`))).toMatch(/Load stowage load/);
  });
});

describe('the page of a repository', () => {
  it('has its tags with digests, dates and platforms, the newest version first', async () => {
    const { render, image } = await registry();
    const page = (await render(`${PAGES}team/app`)) ?? '';
    expect(page).toContain(`href="${PAGES}team/app@${image.digest}"`);
    expect(page.indexOf('>1.10</a>')).toBeLessThan(page.indexOf('>1.0</a>'));
    expect(textOf(page)).toContain(`1.0 ${image.digest} – linux/amd64`);
    const found = await render(`${PAGES}team/app?q=10`);
    expect(found).toContain('>1.10</a>');
    expect(found).not.toContain('>1.0</a>');
  });

  it('reads only what it shows of ten thousand tags', async () => {
    const { reader } = await registry();
    const tags = Array.from({ length: 10_000 }, (_, at) => `1.${at}`);
    const asked: string[] = [];
    let reads = 0;
    const counting: RegistryReader = Object.assign(Object.create(reader) as RegistryStore, {
      tags: async () => tags,
      manifest: (name: string, reference: string) => {
        asked.push(reference);
        return reader.manifest(name, '1.0');
      },
      read: (...which: Parameters<RegistryReader['read']>) => {
        reads++;
        return reader.read(...which);
      },
    });
    const render = rendering(counting);
    const page = (await render(`${PAGES}team/app`)) ?? '';
    expect(textOf(page)).toContain('Tags 1 to 100 of 10000');
    expect(asked).toEqual(tags.slice(-100).reverse());
    // All tags are of one image: its manifest and its config.
    expect(reads).toBe(2);
    const [, next = ''] = /rel="next"\s+href="([^"]*)"/.exec(page) ?? [];
    const second = await render(next.replace('&amp;', '&'));
    expect(textOf(second)).toContain('Tags 101 to 200 of 10000');
    expect(asked.slice(100)).toEqual(tags.slice(-200, -100).reverse());
  });

  it('compares two tags by their layers', async () => {
    const { render } = await registry();
    const text = textOf(await render(`${PAGES}team/app?one=1.0&other=1.10`));
    expect(text).toMatch(/in shared layers 7 KB/);
    expect(text).toMatch(/only in 1\.0 0 B/);
    expect(text).toMatch(/only in 1\.10 3\.5 KB/);
    expect(await render(`${PAGES}team/app?one=1.0&other=none`)).toBeUndefined();
    expect(await render(`${PAGES}team/app?one=1.0&other=<b>`)).toBeUndefined();
    expect(await render(`${PAGES}team/app?one=1.0&other=1.10`, onlyOther)).toBeUndefined();
  });
});

describe('the page of an image', () => {
  it('has its layers, history, config and referrers', async () => {
    const { render, image, sbom } = await registry();
    const page = await render(`${PAGES}team/app@${image.digest}`);
    const text = textOf(page);
    expect(text).toContain(`Digest ${image.digest} Tags 1.0`);
    expect(text).toMatch(/1 sha256:\w{64} \S+ 3\.5 KB 2 2 sha256/);
    expect(text).toContain('ENV N=0 2026-01-01 00:00 – COPY file-0 / 2026-01-01 00:00 3.5 KB');
    expect(text).toContain('Command &quot;/file-0&quot;');
    expect(page).toContain(`href="${PAGES}team/app@${sbom.digest}"`);
    expect(text).toContain('text/sbom');
    const referrer = textOf(await render(`${PAGES}team/app@${sbom.digest}`));
    expect(referrer).toContain(`Refers to ${image.digest}`);
    expect(referrer).toContain('org.example.by ada');
  });

  it('has the platforms of an index, also where not all are here', async () => {
    const { reader, index, render } = await registry();
    const path = `${PAGES}team/tools/all@${index.digest}`;
    expect(textOf(await render(path))).toMatch(/linux\/amd64 sha256:\S+ 2 7 KB linux\/arm64 /);
    const [, child = ''] = /@(sha256:\w+)">linux\/arm64/.exec((await render(path)) ?? '') ?? [];
    expect(textOf(await render(`${PAGES}team/tools/all@${child}`))).toContain('Layers');
    await reader.removeManifest('team/tools/all', parseDigest(child));
    expect(textOf(await render(path))).toMatch(/linux\/arm64 \(not here\)/);
  });

  it('is bounded and escaped for a hostile config', async () => {
    const { reader, render } = await registry();
    const long = '<script>'.repeat(1000);
    const many = Array.from({ length: 5000 }, (_, at) => `V${at}=<b>\u202e`);
    const config = {
      ...{ os: long, architecture: long, created: `${long}` },
      config: { Env: many, Cmd: [long, 3, null], Labels: { [long]: long, x: 3 }, User: [] },
      history: [null, 7, { created_by: long, created: 'never', comment: [] }, ...many],
    };
    const bytes = Buffer.from(JSON.stringify(config));
    const blob = { ...(await putBlob(reader, 'other', bytes)), mediaType: MediaType.config };
    const manifest = formatManifest(blob, []);
    const put = { mediaType: MediaType.manifest, bytes: manifest, tags: ['bad'] };
    const { digest } = await putManifest(reader, 'other', put);
    const page = (await render(`${PAGES}other@${digest}`)) ?? '';
    expect(page).not.toMatch(/<script>(?!\n)|<b>|\u202e/);
    expect(page).toContain('4800 more are not shown');
    expect(page.length).toBeLessThan(200_000);
    expect(await render(`${PAGES}other`)).toContain('>bad</a>');
  });
});

describe('the page about space', () => {
  it('measures the repositories that the user may read', async () => {
    const { render } = await registry();
    const all = (await render(SPACE)) ?? '';
    expect(all).toMatch(/aria-label="Space by repository: 3 repositories, [\d.]+ KB"/);
    expect(all).toContain(`<a href="${PAGES}team/app" aria-label="team/app: `);
    expect(await render(SPACE, onlyOther)).not.toContain('team');
    expect(await render(`${SPACE}?q=tools`)).not.toContain('team/app');
  });

  it('stops where there is too much to measure', async () => {
    const { reader } = await registry();
    const measured: number[] = [];
    const space = async (_name: string, most: number) => {
      measured.push(most);
      return measured.length === 2 ? undefined : { bytes: 1000, blobs: most - 1000 };
    };
    const text = textOf(await rendering(Object.assign(reader, { space }))(SPACE));
    expect(measured).toEqual([20_000, 1000, 1000]);
    expect(text).toContain('in 2 repositories;');
    expect(text).toContain('Too much to measure at once: team/app.');
  });
});

it('archives have the same pages', async () => {
  const source = await storeWith('r.example/team/app:1.0', { history: true });
  await using reader = await RegistryArchives.open([{ source }]);
  const render = rendering(reader);
  const page = await render(`${PAGES}team/app`);
  const [, digest = ''] = /@(sha256:\w+)">1\.0/.exec(page ?? '') ?? [];
  expect(textOf(await render(`${PAGES}team/app@${digest}`))).toContain('ENV N=0');
  expect(textOf(await render(SPACE))).toMatch(/team\/app 8\.\d KB/);
  expect(await reader.space('team/app', 3)).toBeUndefined();
});

it.each(['/-/none', '/-/../x', '/-/team/app@x', `/-/team/app@sha256:${'0'.repeat(64)}`, '/-/'])(
  'there is no page at %s',
  async (path) => {
    const { render } = await registry();
    expect(await render(path)).toBeUndefined();
  },
);

it('there is no page of what the user may not read', async () => {
  const { render, image } = await registry();
  expect(await render(`${PAGES}team/app`, onlyOther)).toBeUndefined();
  expect(await render(`${PAGES}team/app@${image.digest}`, onlyOther)).toBeUndefined();
});
