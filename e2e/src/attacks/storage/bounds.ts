import { lstat, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { json, temporaryFolder } from '../../run.js';
import { digestOf, pushSmall, readSmall, startServe } from '../../served.js';
import { INDEX, pathsIn, putIndex, spaceOf } from './raw.js';

const MIB = 1024 * 1024;

export function boundAttacks(): void {
  it.each<[string, (url: string, at: number) => Promise<Response>]>([
    ['empty uploads', (url, at) => fetch(`${url}/v2/a${at}/blobs/uploads/`, { method: 'POST' })],
    [
      'small manifests',
      (url, at) => putIndex(url, 'a', { fields: { annotations: { a: `${at}` } } }),
    ],
    [
      'annotations of referrers',
      (url, at) => {
        const subject = { mediaType: INDEX, digest: digestOf(`${at}`), size: 1 };
        const annotations = { long: 'x'.repeat(200_000) };
        return putIndex(url, 'a', { fields: { subject, annotations } });
      },
    ],
  ])('cannot use more space than --max-used: %s', async (_, fill) => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root, '--max-used', '3MB']);
    const digest = await pushSmall(url, 'kept', '1');
    const statuses = new Set<number>();
    for (let at = 0; at < 1500 && !statuses.has(507); at++) {
      const answer = await fill(url, at);
      await answer.arrayBuffer();
      statuses.add(answer.status);
    }
    expect([...statuses]).toContain(507);
    expect(await spaceOf(root)).toBeLessThan(3.5 * MIB);
    expect(await readSmall(url, 'kept', '1')).toBe(digest);
  });

  it('has its unfinished uploads removed, with their folders', async () => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root]);
    const digest = await pushSmall(url, 'kept', '1');
    for (let at = 0; at < 20; at++) {
      const begun = await fetch(`${url}/v2/many/a${at}/blobs/uploads/`, { method: 'POST' });
      const body = at % 2 === 0 ? 'some bytes' : '';
      await fetch(`${url}${begun.headers.get('location')}`, { method: 'PATCH', body });
    }
    const age = async (): Promise<void> => {
      const long = new Date(Date.now() - 2 * 24 * 3_600_000);
      for (const path of await pathsIn(join(root, 'repositories/many')))
        await utimes(join(root, 'repositories/many', path), long, long);
    };
    await age();
    expect(await json(['gc', '--root', root])).toMatchObject({ uploads: 20 });
    for (let level = 0; level < 2; level++) {
      await age();
      await json(['gc', '--root', root]);
    }
    expect(await pathsIn(join(root, 'repositories/many'))).toEqual([]);
    expect(await readSmall(url, 'kept', '1')).toBe(digest);
  });

  it('gets referrers with long annotations in pages; the annotations are stored once', async () => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root]);
    const subject = { mediaType: INDEX, digest: digestOf('subject'), size: 7 };
    const annotations = (at: number) => ({ at: `${at}`, long: 'x'.repeat(MIB) });
    for (let at = 0; at < 12; at++) {
      const answer = await putIndex(url, 'a', {
        fields: { subject, annotations: annotations(at) },
      });
      expect(answer.status).toBe(201);
    }
    const links = join(root, 'repositories/a/_manifests');
    for (const name of await readdir(links))
      expect((await lstat(join(links, name))).size).toBeLessThan(1000);
    const found: string[] = [];
    for (let next: string | undefined = `/v2/a/referrers/${subject.digest}`; next !== undefined; ) {
      const answer: Response = await fetch(`${url}${next}`);
      const text = await answer.text();
      expect(text.length).toBeLessThan(6 * MIB);
      const { manifests } = JSON.parse(text) as {
        manifests: { annotations: { at: string; long: string } }[];
      };
      for (const each of manifests) expect(each.annotations.long.length).toBe(MIB);
      found.push(...manifests.map((each) => each.annotations.at));
      next = /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(found.sort()).toEqual(Array.from({ length: 12 }, (_, at) => `${at}`).sort());
  });

  it('gets an error that names at most ten missing layers', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const manifests = Array.from({ length: 15_000 }, (_, at) => ({
      mediaType: INDEX,
      digest: digestOf(`${at}`),
      size: 1,
    }));
    const answer = await putIndex(url, 'a', { reference: '1', fields: { manifests } });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([404, expect.stringContaining('14990 more')]);
    expect(text.length).toBeLessThan(2000);
  });
}
