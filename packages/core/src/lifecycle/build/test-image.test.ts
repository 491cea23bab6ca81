import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDefinition } from '../../definition/definition.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { RunRequest } from '../../engine/engine.js';
import type { LifecycleEvent } from '../workspace/call.js';
import type { Recipe } from './recipe.js';
import { testImage } from './test-image.js';

const TEXT = "project: app\nos: debian-12\nvariant: base\ntest: ['one', 'two']\n";
const definition = parseDefinition({ text: TEXT, path: 'image.yaml' });
const recipe = { definition, network: undefined } as unknown as Recipe;

/** The embedded store as an engine whose commands end with the given codes. */
async function engineWith(...codes: readonly number[]) {
  const runs: RunRequest[] = [];
  const run = async (request: RunRequest) => {
    runs.push(request);
    for (let line = 1; line <= 25; line++) request.onLine?.(`line ${line}`);
    return codes[runs.length - 1] ?? 0;
  };
  const store = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const engine = Object.assign(store, {
    run,
    build: () => expect.unreachable(),
    host: 'unix:///x',
  });
  return { engine, runs };
}

describe('the tests of an image', () => {
  it('run in containers of their own, without a network', async () => {
    const { engine, runs } = await engineWith(0, 0);
    const events: LifecycleEvent[] = [];
    const options = { onEvent: (event: LifecycleEvent) => void events.push(event) };
    await testImage(await storeWith(definition.reference), recipe, engine, options);
    expect(runs.map(({ command, network }) => [command.at(-1), network])).toEqual([
      ['one', 'none'],
      ['two', 'none'],
    ]);
    const titles = events.flatMap((event) => (event.type === 'step' ? event.text : []));
    expect(titles).toEqual(['test 1/2: one', 'test 2/2: two']);
  });

  it('end with the first that fails, with its latest lines', async () => {
    const { engine, runs } = await engineWith(3);
    const testing = testImage(await storeWith(definition.reference), recipe, engine, {});
    await expect(testing).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /test 1\/2 \(one\): failed with exit code 3\nline 6\n/,
      ) as string,
    });
    expect(runs).toHaveLength(1);
  });

  it('need an engine that runs commands', async () => {
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const testing = testImage(await storeWith(definition.reference), recipe, engine, {});
    await expect(testing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
