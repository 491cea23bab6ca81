import { expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { parseDefinition } from '../../definition/definition.js';
import { requirePullable } from './require-pullable.js';

const HEAD = 'project: app\nos: debian-12\nvariant: x\n';
const definition = (yaml: string) => parseDefinition({ text: HEAD + yaml, path: 'image.yaml' });

it('nothing is pulled for an image without steps, or on a base that is given to the engine', async () => {
  const base = { reference: 'docker.io/library/b:1', source: await storeWith('b:1') };
  expect(() => requirePullable(definition('base: b:1\n'), undefined)).toThrow(
    expect.objectContaining({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('an image without steps') as string,
    }),
  );
  expect(() => requirePullable(definition('base: b:1\nrun: [ls]\n'), base)).toThrow(
    expect.objectContaining({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('its base b:1 is not pulled') as string,
    }),
  );
});

it('a base of the engine is pulled, and images that a Dockerfile names', () => {
  const base = { reference: 'docker.io/library/b:1' };
  requirePullable(definition('base: b:1\nrun: [ls]\n'), base);
  requirePullable(definition('dockerfile: Dockerfile\n'), undefined);
});
