import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../definition/definition.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { oneChunk } from '../transfer/copy.js';
import { compose, type ComposeOptions } from './compose.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const define = (yaml = '') => parseDefinition({ text: HEAD + yaml, path: 'image.yaml' });
const LAYER = {
  descriptor: describeBytes(MediaType.layer, Buffer.from('layer')),
  open: () => oneChunk(Buffer.from('layer')),
};
const below = describeBytes(MediaType.dockerLayerGzip, Buffer.from('below'));
const baseOf = (config: object) => ({
  config: Buffer.from(JSON.stringify({ rootfs: { diff_ids: [below.digest] }, ...config })),
  layers: [{ ...below, annotations: { a: 'b' } }],
});

interface Config {
  readonly config: Record<string, unknown>;
  readonly history: readonly object[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly [key: string]: unknown;
}

function composed(yaml: string, more: Partial<ComposeOptions> = {}) {
  const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  const options = { base: undefined, layer: LAYER, platform, epoch: 0, ...more };
  const { config, manifest } = compose(define(yaml), options);
  return {
    config: JSON.parse(String(config)) as Config,
    manifest: JSON.parse(String(manifest)) as { layers: { mediaType: string }[]; config: object },
    bytes: config,
  };
}

describe('a composed image', () => {
  it('on scratch has the platform, the time and one layer', () => {
    const { config, manifest, bytes } = composed('', { epoch: 1_767_322_800 });
    expect(config).toMatchObject({
      created: '2026-01-02T03:00:00Z',
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      config: { Cmd: [] },
      rootfs: { type: 'layers', diff_ids: [LAYER.descriptor.digest] },
    });
    expect(config.history).toHaveLength(1);
    expect(manifest.layers).toEqual([LAYER.descriptor]);
    expect(manifest.config).toEqual(describeBytes(MediaType.config, bytes));
  });

  it('on a base has its layers first, under OCI’s types, and keeps the platform of the base', () => {
    const base = baseOf({
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10',
      history: [{}],
    });
    const { config, manifest } = composed('', { base });
    expect(config).toMatchObject({ os: 'windows', 'os.version': '10' });
    expect(config).not.toHaveProperty('variant');
    expect(config.rootfs.diff_ids).toEqual([below.digest, LAYER.descriptor.digest]);
    expect(config.history).toHaveLength(2);
    expect(manifest.layers[0]).toEqual({
      ...below,
      mediaType: MediaType.layerGzip,
      annotations: { a: 'b' },
    });
  });

  it('without files says so in its history', () => {
    const { config } = composed('', { base: baseOf({}), layer: undefined });
    expect(config.history).toMatchObject([{ empty_layer: true }]);
  });

  it('needs a base or files', () => {
    expect(() => composed('', { layer: undefined })).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });

  it('refuses a base whose config is none', () => {
    const base = { config: Buffer.from('['), layers: [] };
    expect(() => composed('', { base })).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });
});

describe('the settings of a composed image', () => {
  const settings = (before: object, yaml: string) =>
    composed(yaml, { base: baseOf({ config: before }) }).config.config;

  it.each([
    [{ Env: ['A=1', 'B=2'] }, 'env: { B: "3", C: "4" }\n', { Env: ['A=1', 'B=3', 'C=4'] }],
    [{ Env: ['A=1=2\nx'] }, '', { Env: ['A=1=2\nx'] }],
    [{ Cmd: ['a'] }, '', { Cmd: ['a'] }],
    [{ Cmd: ['a'] }, 'entrypoint: [e]\n', { Entrypoint: ['e'], Cmd: [] }],
    [{ Cmd: ['a'], Entrypoint: ['x'] }, 'cmd: [b]\n', { Entrypoint: ['x'], Cmd: ['b'] }],
    [{ WorkingDir: '/w' }, 'workdir: sub\n', { WorkingDir: '/w/sub' }],
    [{ WorkingDir: '/w' }, 'workdir: /other\n', { WorkingDir: '/other' }],
    [{ User: 'root' }, 'user: ada\n', { User: 'ada' }],
    [
      { Labels: { b: '1', a: '2' } },
      'labels: { c: x, b: y }\n',
      { Labels: { a: '2', b: 'y', c: 'x' } },
    ],
    [
      { ExposedPorts: { '9/udp': {} } },
      'ports: [80]\n',
      { ExposedPorts: { '80/tcp': {}, '9/udp': {} } },
    ],
    [{ Volumes: { '/v': {} }, Own: 1 }, '', { Volumes: { '/v': {} }, Own: 1 }],
  ])('of %j and %j are %j', (before, yaml, expected) => {
    expect(settings(before, yaml)).toMatchObject(expected);
  });

  it('are in one order', () => {
    const { Labels: labels } = settings({ Labels: { b: '1' } }, 'labels: { a: x }\n');
    expect(Object.keys(labels as object)).toEqual(['a', 'b']);
  });
});
