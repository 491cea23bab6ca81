import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { generateDockerfile } from '../build/generate-dockerfile.js';
import { isDaemonless } from '../definition/definition.js';
import { ImageError } from '../errors.js';
import type { FoundDefinition } from './recipe.js';

/**
 * The Dockerfile of a definition: its own, or the one generated from its steps. @throws ImageError USAGE (it needs
 * none)
 */
export async function dockerfileOf({ definition, folder }: FoundDefinition): Promise<string> {
  const { name, context, dockerfile } = definition;
  if (dockerfile !== undefined) return await readFile(resolve(folder, context, dockerfile), 'utf8');
  if (!isDaemonless(definition)) return generateDockerfile(definition);
  throw new ImageError('USAGE', `${name}: expected steps or a dockerfile, got neither`, {
    hint: 'It is made of its base and files alone, without an engine, so there is no Dockerfile.',
  });
}
