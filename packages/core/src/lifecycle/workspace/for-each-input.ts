import { ImageError } from '../../errors.js';
import type { VerbOptions } from './call.js';

/**
 * Runs `work` for each input, in order. With `onFailure`, an input that fails is given to it and left out. Otherwise inputs
 * that are not there are named together after the last one, and any other failure ends at once.
 *
 * @throws ImageError NOT_FOUND (one or several inputs); the first other error of `work`
 */
export async function forEachInput<T>(
  inputs: Iterable<T>,
  work: (input: T) => Promise<void>,
  { onFailure, signal }: Pick<VerbOptions, 'onFailure' | 'signal'>,
): Promise<void> {
  const missing: ImageError[] = [];
  for (const input of inputs) {
    signal?.throwIfAborted();
    try {
      await work(input);
    } catch (error) {
      if (!(error instanceof ImageError) || signal?.aborted) throw error;
      if (onFailure) onFailure(error);
      else if (error.code === 'NOT_FOUND') missing.push(error);
      else throw error;
    }
  }
  const [first, ...others] = missing;
  if (first && others.length === 0) throw first;
  if (first) throw severalMissing(missing);
}

/** Names all of them: their number is that of the inputs. */
function severalMissing(errors: readonly ImageError[]): ImageError {
  const lines = errors.map(({ message }) => message);
  const message = [`${errors.length} images are missing:`, ...lines].join('\n');
  return new ImageError('NOT_FOUND', message, { cause: errors[0] });
}
