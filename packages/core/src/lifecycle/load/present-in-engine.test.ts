import { expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { ensureInEngine } from '../../build/put-into.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import { parseRepositoryLocation } from '../../location.js';
import { findInEngine } from './present-in-engine.js';

const NAME = 'docker://r.example/app';
const OTHER = `sha256:${'0'.repeat(64)}`;

async function start() {
  const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const { id } = await ensureInEngine(
    engine,
    await storeWith('r.example/app:1'),
    'r.example/app:1',
  );
  const find = (text: string, options = {}) =>
    findInEngine(async () => engine, parseRepositoryLocation(text), options);
  return { id, find };
}

it('an image by digest is looked for, by tag only if the caller is content with any', async () => {
  const { id, find } = await start();
  const skipped = { imageId: id, digest: id, action: 'skipped', bytesSent: 0, engine: 'embedded' };
  expect(await find(`${NAME}:1@${id}`)).toMatchObject({ ...skipped, reference: 'r.example/app:1' });
  expect(await find(`${NAME}:1`)).toBeUndefined();
  expect(await find(`${NAME}:1`, { ifNotPresent: true })).toMatchObject(skipped);
});

it('an image without its name by digest is to be named again, where the engine keeps both', async () => {
  const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  await ensureInEngine(engine, await storeWith('r.example/app:1'), 'r.example/app:1');
  const inspect = async (image: string) => {
    const found = await engine.inspect(image);
    return found && { ...found, withoutDigest: ['r.example/app:1'] };
  };
  const containerd = Object.assign(Object.create(engine) as EmbeddedEngine, { inspect });
  const location = parseRepositoryLocation(`${NAME}:1`);
  expect(
    await findInEngine(async () => containerd, location, { ifNotPresent: true }),
  ).toMatchObject({ action: 'retagged', reference: 'r.example/app:1', bytesSent: 0 });
});

it.each<[string, string, object]>([
  ['has it under another tag', `${NAME}:2`, { ifNotPresent: true }],
  ['has another one under that tag', `${NAME}:1@${OTHER}`, {}],
])('an image is not in the engine if that %s', async (_, text, options) => {
  const { find } = await start();
  expect(await find(text, options)).toBeUndefined();
});

it.each([
  { as: 'x:1' },
  { platform: 'all' as const },
  { platform: { os: 'linux', architecture: 'arm64' } },
])('an image must be compared, and no engine is opened, with %j', async (options) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const location = parseRepositoryLocation(`${NAME}@${digest}`);
  const opened = findInEngine(() => expect.unreachable(), location, options);
  expect(await opened).toBeUndefined();
});
