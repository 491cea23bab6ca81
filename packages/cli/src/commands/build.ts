import {
  build,
  dockerfileOf,
  eachDefinition,
  familiarReference,
  parsePlatform,
  parseReference,
  readDefinition,
  refuseNamesakes,
  saveDefinition,
  updateBase as updateBaseLock,
  type BuildResult,
  type FoundDefinition,
  type Platform,
  type Workspace,
} from '@stowage/core';
import type { Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import { shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import {
  action,
  verb,
  wantsCache,
  withEngine,
  type Call,
  type CommonOptions,
  type Io,
} from '../verb.js';
import { savedLine } from './save.js';

interface Options extends CommonOptions {
  readonly force?: boolean;
  readonly save?: boolean;
  readonly platform?: readonly string[];
  readonly printDockerfile?: boolean;
  readonly updateBase?: boolean;
  readonly pull?: boolean;
}

export function buildCommand(io: Io): Command {
  return withEngine(
    verb(
      'build',
      'Make the image of a definition (image.yaml) and put it into an engine, or into an archive.',
      [
        'stowage build apps/capy/images/ubuntu-25.04-gcc15',
        'stowage build apps/capy/images/ubuntu-25.04-gcc15 --save',
      ],
    ).summary("make a definition's image"),
  )
    .argument('<definition...>', 'image.yaml, or the folder that holds it')
    .option(
      '--save',
      'save it as an archive; with record and catalog entry; needs an engine only for steps or a Dockerfile',
    )
    .option(
      '--platform <platform...>',
      'target platforms; os[(version)]/architecture[/variant]; several become one index',
    )
    .option('--force', 'build even if the image exists already')
    .option('--dry-run', 'say what would be built, and build nothing')
    .optionsGroup(GROUPS.further)
    .option(
      '--print-dockerfile',
      'print the Dockerfile that would be sent to an engine, and build nothing',
    )
    .option(
      '--update-base',
      'write the current digest of the base to image.lock.yaml, and build nothing',
    )
    .option('--no-cache', "as --force, and run every step again, without the engine's cache")
    .option('--pull', 'as --force, and ask registries for the base, also if the engine has it')
    .action(
      action<Options>(io, async (workspace, definitions, { options, call }) => {
        const platforms = options.platform?.map(parsePlatform);
        const lines: Text[] = [];
        const documents: string[] = [];
        const results: unknown[] = [];
        const all = await Promise.all(
          definitions.map((path) => readDefinition(workspace, path, call)),
        );
        await refuseNamesakes(workspace, all);
        const process = (found: FoundDefinition, signal: AbortSignal) =>
          processDefinition(workspace, found, {
            ...options,
            platforms,
            call: { ...call, signal },
            cwd: io.cwd,
          });
        const processed = await eachDefinition(workspace, all, process, call);
        for (const { json, said, document } of processed) {
          results.push(json);
          if (said) lines.push(said);
          if (document !== undefined) documents.push(document);
        }
        const json = { results };
        return documents.length > 0
          ? { json, document: documents.join('') }
          : { json, text: text`${lines}` };
      }),
    );
}

interface DefinitionOptions extends Omit<Options, 'platform'> {
  readonly platforms: readonly Platform[] | undefined;
  readonly call: Call;
  readonly cwd: string;
}

/** Prints the Dockerfile of one definition, locks its base, saves its image or builds it: whichever the flags ask for. */
async function processDefinition(
  workspace: Workspace,
  found: FoundDefinition,
  { printDockerfile, updateBase, save, call, cwd, ...given }: DefinitionOptions,
): Promise<{ readonly json: unknown; readonly said?: Text; readonly document?: string }> {
  const { name } = found.definition;
  const { force, pull, platforms } = given;
  const options = { ...call, platforms, force, pull, noCache: !wantsCache(given) };
  if (printDockerfile) {
    const dockerfile = await dockerfileOf(workspace.root, found);
    return { json: { name, dockerfile }, document: dockerfile };
  }
  if (updateBase) {
    const lock = await updateBaseLock(workspace, found, call);
    return { json: { name, ...lock }, said: text`${lock.base}  locked at ${lock.digest}\n` };
  }
  if (save) {
    const result = await saveDefinition(workspace, found, options);
    return { json: result, said: savedLine(result, cwd) };
  }
  const result = await build(workspace, found, options);
  return { json: result, said: line(result) };
}

const WHAT: Readonly<Record<BuildResult['action'], string>> = {
  built: 'built',
  skipped: 'is built already',
  remote: 'fetched from the share',
};

function line({ reference, engine, imageId, action: done }: BuildResult): Text {
  const what = WHAT[done];
  return text`${familiarReference(parseReference(reference))}  ${what} (${engine}, ${shortDigest(imageId)})\n`;
}
