import { describe, expect, it } from 'vitest';
import { describe as describeBytes } from './descriptor.js';
import { DEFAULT_LIMITS } from './limits.js';
import {
  blobPath,
  formatLayoutIndex,
  mergeLayoutIndex,
  namesFrom,
  parseLayoutIndex,
} from './layout.js';
import { MediaType } from './media-types.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const REF = 'org.opencontainers.image.ref.name';
const CONTAINERD = 'io.containerd.image.name';
const root = describeBytes(MediaType.manifest, Buffer.from('{}'));
const other = describeBytes(MediaType.manifest, Buffer.from('{ }'));

describe('the index of a layout', () => {
  const named = (annotations: Record<string, string>, repository?: string) =>
    parseLayoutIndex(json({ manifests: [{ ...root, annotations }] }), { repository })[0];

  it('prefers containerd’s full name, and does not accept a tag alone', () => {
    expect(named({ [CONTAINERD]: 'docker.io/library/a:1', [REF]: 'b:1' })?.reference).toBe(
      'docker.io/library/a:1',
    );
    expect(named({ [REF]: 'nginx:1.21' })?.reference).toBe('docker.io/library/nginx:1.21');
    expect(named({ [REF]: 'v1' })?.reference).toBeUndefined();
    expect(named({ [REF]: 'Not A:Name' })?.reference).toBeUndefined();
  });

  it('says the field and the text of a name, complete or not', () => {
    expect(named({ [REF]: 'v1' })?.embedded).toEqual({ field: REF, text: 'v1' });
    expect(named({ [CONTAINERD]: 'a b', [REF]: 'x:1' })).toMatchObject({
      reference: 'docker.io/library/x:1',
      embedded: { field: REF, text: 'x:1' },
    });
    expect(named({ [CONTAINERD]: '', [REF]: '' })).toEqual({
      descriptor: expect.objectContaining({ digest: root.digest }) as object,
    });
  });

  it('makes a tag a name in the repository given', () => {
    expect(named({ [REF]: 'v1' }, 'registry.example/app')?.reference).toBe(
      'registry.example/app:v1',
    );
    expect(named({ [REF]: 'a:v1' }, 'registry.example/app')?.reference).toBe(
      'docker.io/library/a:v1',
    );
  });

  it('can be parsed after it is written', () => {
    const images = [{ descriptor: root, reference: 'docker.io/library/a:1' }, { descriptor: root }];
    expect(parseLayoutIndex(formatLayoutIndex(images)).map(({ reference }) => reference)).toEqual([
      'docker.io/library/a:1',
      undefined,
    ]);
  });

  it('is written without the annotations of a source', () => {
    const annotated = { ...root, annotations: { a: 'b' } };
    const digest = `docker.io/library/a@${root.digest}`;
    expect(
      JSON.parse(String(formatLayoutIndex([{ descriptor: annotated, reference: digest }]))),
    ).toMatchObject({ manifests: [{ annotations: { [CONTAINERD]: digest } }] });
    expect(formatLayoutIndex([{ descriptor: annotated }])).toEqual(
      formatLayoutIndex([{ descriptor: root }]),
    );
  });

  it('may have no manifests, or null as early versions of Docker wrote', () => {
    expect(parseLayoutIndex(json({ manifests: null }))).toEqual([]);
    expect(parseLayoutIndex(json({}))).toEqual([]);
    expect(() => parseLayoutIndex(json({ manifests: 'x' }))).toThrow(code('INVALID'));
    expect(() => parseLayoutIndex(json({ manifests: [root, 1] }))).toThrow(
      'index.json manifests[1]',
    );
  });

  it('above the limits is TOO_LARGE', () => {
    const limits = { ...DEFAULT_LIMITS, manifestBytes: 2 };
    expect(() => parseLayoutIndex(json({ manifests: [] }), { limits })).toThrow(code('TOO_LARGE'));
  });
});

describe('merging into the index of a layout', () => {
  const A = 'docker.io/library/a:1';
  const merged = (before: object, images: Parameters<typeof mergeLayoutIndex>[1]) =>
    JSON.parse(String(mergeLayoutIndex(json(before), images))) as Record<string, unknown>;

  it('creates one where there is none', () => {
    const images = [{ descriptor: root, reference: A }];
    expect(mergeLayoutIndex(undefined, images)).toEqual(formatLayoutIndex(images));
  });

  it('keeps entries of other images, and unknown fields, as they are', () => {
    const kept = { own: 1, ...other, annotations: { [CONTAINERD]: 'docker.io/library/b:1' } };
    const index = merged({ own: { x: 1 }, manifests: [kept] }, [{ descriptor: root }]);
    expect(index['own']).toEqual({ x: 1 });
    expect(index['manifests']).toEqual([kept, root]);
  });

  it('moves a name to the image that has it now', () => {
    const before = { manifests: [{ ...other, annotations: { [REF]: 'a:1' } }] };
    const index = merged(before, [{ descriptor: root, reference: A }]);
    expect(index['manifests']).toEqual([expect.objectContaining({ digest: root.digest })]);
  });

  it('lists an image without a name once, and keeps its entries with names', () => {
    const entry = { ...root, annotations: { [CONTAINERD]: A } };
    const index = merged({ manifests: [root, entry] }, [{ descriptor: root }]);
    expect(index['manifests']).toEqual([entry, root]);
  });

  it('refuses what is no index', () => {
    expect(() => mergeLayoutIndex(Buffer.from('[]'), [])).toThrow(code('INVALID'));
    expect(() => mergeLayoutIndex(json({ manifests: ['x'] }), [])).toThrow(code('INVALID'));
  });
});

describe('names in a layout or an archive', () => {
  it('of RepoTags are one each; an invalid one has no reference', () => {
    expect(namesFrom([])).toEqual([{}]);
    expect(namesFrom(['a:1', '<none>:<none>'])).toEqual([
      { reference: 'docker.io/library/a:1', embedded: { field: 'RepoTags', text: 'a:1' } },
      { embedded: { field: 'RepoTags', text: '<none>:<none>' } },
    ]);
  });

  it('of blobs are checked before they are paths', () => {
    expect(blobPath(root.digest)).toBe(`blobs/sha256/${root.digest.slice(7)}`);
    expect(() => blobPath('sha256:../../x')).toThrow(code('INVALID'));
  });
});
