import { ensureInEngine } from '../../build/put-into.js';
import { requireBuilder } from '../../build/engine/require-builder.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { familiarReference, parseReference } from '../../oci/reference.js';
import type { Source } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Recipe } from './recipe.js';

/** Number of output lines of a failed test in the error, the latest ones. */
const MAX_ERROR_LINES = 20;

/**
 * Runs a definition's tests in its image, each in a container of its own.
 *
 * @throws ImageError INVALID (a test failed), UNAVAILABLE (the engine cannot run commands)
 */
export async function testImage(
  source: Source,
  { definition, network = 'none' }: Recipe,
  engine: Engine,
  options: VerbOptions,
): Promise<void> {
  const { name, reference, test } = definition;
  const builder = requireBuilder(engine, name);
  await ensureInEngine(builder, source, reference, options);
  for (const [at, command] of test.entries()) {
    const title = `test ${at + 1}/${test.length}`;
    options.onEvent?.({ type: 'step', subject: name, text: `${title}: ${command}` });
    const recent: string[] = [];
    const onLine = (text: string) => {
      recent.push(text);
      if (recent.length > MAX_ERROR_LINES) recent.shift();
      options.onEvent?.({ type: 'engine', text });
    };
    const image = { image: reference, command: ['/bin/sh', '-ec', command], network, onLine };
    const code = await builder.run(image, options);
    if (code !== 0)
      throw new ImageError(
        'INVALID',
        [`${name}: ${title} (${command}): failed with exit code ${code}`, ...recent].join('\n'),
        {
          location: builder.location,
          step: command,
          // eslint-disable-next-line no-restricted-syntax -- docker's flags
          hint: `Nothing was saved. To open a shell in the image: docker -H ${builder.host} run --rm -it --entrypoint /bin/sh ${familiarReference(parseReference(reference))}`,
        },
      );
  }
}
