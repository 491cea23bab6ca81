import { resolve } from 'node:path';
import {
  auditPage,
  shortList,
  verify,
  writeAtomically,
  type ImageProblem,
  type VerifyResult,
} from '@stowage/core';
import type { Command } from 'commander';
import { baseOption } from '../base-option.js';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { imagesFromOption, keepGoingOption, withListedImages } from '../images-from.js';
import { platformsOf, withPlatforms, type PlatformOptions } from '../platform-options.js';
import { first } from '../print/first.js';
import { formatBytes } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions, PlatformOptions {
  readonly allowSparse?: boolean;
  readonly base?: readonly string[];
  readonly manifest?: boolean;
  readonly report?: string;
}

export function verifyCommand(io: Io): Command {
  const command = withRegistry(
    withEngine(
      verb(
        'verify',
        'Verify every byte of archives: digests, diff IDs and layers; exit 4 on any problem.',
        [
          'stowage verify ./from-elsewhere.tar app-ubuntu-25.04-gcc15',
          'stowage verify images/*/*.tar --json | jq ".results[].problems[]"',
          'stowage verify medium/ --manifest --report audit.html',
        ],
      ).summary('check every byte'),
    ),
  )
    .argument('[location...]', 'archives, layout folders, - for stdin, names of the catalog, …')
    .addOption(imagesFromOption())
    .addOption(keepGoingOption())
    .addOption(baseOption());
  return withPlatforms(command, 'platform to verify of a multi-platform image')
    .option(
      '--manifest',
      'compare with the NAME.manifest.json beside each; report what is missing and what is not listed',
    )
    .option('--report <file>', 'also write the results as an HTML page; it needs no network')
    .option('--allow-sparse', 'accept an archive that lists platforms without holding them')
    .action(
      action<Options>(io, async (workspace, locations, { options, call }) => {
        const { allowSparse, base, manifest, report } = options;
        const all = await withListedImages(workspace, locations, { options, call });
        const results = await verify(workspace, all, {
          ...call,
          ...{ allowSparse, base, manifest },
          platforms: platformsOf(options),
        });
        if (report !== undefined) {
          const page = auditPage(results, workspace.surroundings.now());
          await writeAtomically(resolve(io.cwd, report), [Buffer.from(page)]);
        }
        return {
          json: { results },
          text: text`${results.map(describe)}`,
          total: {
            images: results.reduce((sum, { images }) => sum + images, 0),
            bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
          },
          exitCode: results.every(({ ok }) => ok) ? 0 : EXIT_PROBLEMS,
        };
      }),
    );
}

function describe({ location, ok, images, bytes, problems, unreferenced }: VerifyResult): Text {
  const many = `${images} ${images === 1 ? 'image' : 'images'}, ${formatBytes(bytes)}`;
  const found = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  return text`${[
    text`${location}  ${ok ? 'ok' : found} (${many})\n`,
    first(problems, line),
    unreferenced.length > 0 ? text`  not referenced by an image: ${shortList(unreferenced)}\n` : '',
  ]}`;
}

function line({ code, message, offset }: ImageProblem): Text {
  return text`  ${code}  ${message}${offset === null ? '' : ` (at byte ${offset})`}\n`;
}
