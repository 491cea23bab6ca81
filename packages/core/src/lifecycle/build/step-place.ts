import { join } from 'node:path';
import { DEFINITION_FILE, type Definition } from '../../definition/definition.js';
import { yaml } from '../../definition/libraries.js';
import { readYamlTree, type YamlFile } from '../../definition/read-yaml.js';
import { readTextIfExists } from '../../disk/if-there.js';
import { ImageError, withPlaces, type ErrorPlace } from '../../errors.js';
import type { Recipe } from './recipe.js';

type Built = Pick<Recipe, 'definition' | 'folder' | 'context'>;

/** Does some work of a build. If a step or a test fails, the error gets its line in the Dockerfile or in the definition. */
export async function withStepPlace<T>(built: Built, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ImageError) || error.step === undefined) throw error;
    // A definition that cannot be read any more must not hide why the step failed.
    const place = await placeOf(built, error.step, error.message).catch(() => undefined);
    throw place ? withPlaces(error, [place]) : error;
  }
}

async function placeOf(
  { definition, folder, context }: Built,
  step: string,
  message: string,
): Promise<ErrorPlace> {
  const [text = ''] = message.split('\n');
  const path = join(folder, DEFINITION_FILE);
  if (definition.dockerfile !== undefined && !definition.test.includes(step)) {
    const file = join(context, definition.dockerfile);
    const line = lineInDockerfile(await readTextIfExists(file), step);
    if (line !== undefined) return { path: file, line, text };
  }
  const given = { path, text: await readTextIfExists(path) };
  return { path, ...lineInDefinition(given, definition, step), text };
}

/** The line of an instruction, which a builder repeats in one line; undefined if it is not there. */
export function lineInDockerfile(text: string, step: string): number | undefined {
  const plain = (line: string) => line.replace(/\\?\s*$/, '').trim();
  const lines = text.split('\n').map(plain);
  const wanted = step.trim().replaceAll(/\s+/g, ' ');
  const found = lines.findIndex((line) => {
    const words = line.replaceAll(/\s+/g, ' ');
    return /^[a-z]+ ./i.test(words) && wanted.toLowerCase().startsWith(words.toLowerCase());
  });
  return found < 0 ? undefined : found + 1;
}

/** The place of a test, or of the key that a step of a generated Dockerfile is made from; the first line if neither is known. */
export function lineInDefinition(
  file: YamlFile,
  { run, test }: Pick<Definition, 'run' | 'test'>,
  step: string,
): { readonly line: number; readonly column?: number } {
  const { document, lineAt } = readYamlTree(file);
  // A command of several lines is a string in JSON there.
  const isOf = (command: string) =>
    [command.trim(), JSON.stringify(command.trim()).slice(1, -1)].some((each) =>
      step.includes(each),
    );
  const paths: (string | number)[][] = [];
  if (test.includes(step)) paths.push(['test', test.indexOf(step)]);
  else if (run.some(isOf)) paths.push(['run', run.findIndex(isOf)]);
  else if (/^COPY /i.test(step)) paths.push(['copy']);
  else paths.push(['packages'], ['compilers'], ['tools'], ['base']);
  for (const path of paths) {
    const node: unknown = document.getIn(path, true);
    if (yaml().isNode(node) && node.range) return lineAt(node.range[0]);
  }
  return { line: 1 };
}
