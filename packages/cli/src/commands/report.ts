import { resolve } from 'node:path';
import { report, reportPage, worded, writeAtomically, type Report } from '@stowage/core';
import type { ServedReport } from '@stowage/core/registry';
import type { Command } from 'commander';
import { formatBytes, formatTable } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io, type Outcome } from '../verb.js';

interface Options extends CommonOptions {
  readonly output?: string;
  readonly root?: string;
}

export function reportCommand(io: Io): Command {
  return withEngine(
    verb(
      'report',
      'Report the archives: their sizes, shared layers and problems, what prune would delete, and how they were built.',
      [
        'stowage report -o report.html',
        'stowage report -o - > report.html',
        'stowage report --root /srv/registry -o registry.html',
        "stowage report --json | jq '.archives[] | select(.sharedBytes == 0).name'",
      ],
    ).summary('show sizes and problems'),
  )
    .option('-o, --output <file>', 'write an HTML page that needs no network; - for stdout')
    .option('--root <folder>', 'report the folder of a served registry')
    .action(
      action<Options>(io, async (workspace, _, { options: { output, root }, call, speech }) => {
        if (root !== undefined) {
          const { reportServed, servedReportPage } = await import('@stowage/core/registry');
          const served = await reportServed(workspace, { ...call, root });
          const said = servedSummary(served);
          return outcome(io, {
            json: served,
            said,
            output,
            render: () => servedReportPage(served),
          });
        }
        const result = worded(await report(workspace, call), speech);
        const said = summary(result);
        return outcome(io, { json: result, said, output, render: () => reportPage(result) });
      }),
    );
}

interface Reported {
  readonly json: unknown;
  readonly said: Text;
  readonly output: string | undefined;
  readonly render: () => string | Promise<string>;
}

/** Writes the page, if one is wanted. */
async function outcome(io: Io, { json, said, output, render }: Reported): Promise<Outcome> {
  if (output === undefined)
    return { json, text: text`${said}Use -o FILE to write an HTML page.\n` };
  const document = await render();
  if (output === '-') return { json, document };
  await writeAtomically(resolve(io.cwd, output), [Buffer.from(document)]);
  return { json, text: text`${said}written to ${output}\n` };
}

function summary({ archives, bytes, repeatedBytes, prune, problems }: Report): Text {
  return text`${[
    text`${archives.length} archives, ${formatBytes(bytes)}; ${formatBytes(repeatedBytes)} in duplicate layers\n`,
    text`prune would free ${formatBytes(prune.freedBytes)}\n`,
    problems.map(({ kind, name, detail }) => text`${name}: ${kind}: ${detail}\n`),
  ]}`;
}

function servedSummary(served: ServedReport): Text {
  const { images, repositories, bytes, sharedBytes, garbage } = served;
  const rows = repositories.map((each) => [each.name, `${each.images}`, formatBytes(each.bytes)]);
  return text`${[
    formatTable(['REPOSITORY', 'IMAGES', 'SIZE'], rows),
    text`${images.length} images, ${formatBytes(bytes)}; ${formatBytes(sharedBytes)} saved by shared layers\n`,
    text`gc would free ${formatBytes(garbage.bytes)} (${garbage.blobs} blobs, ${garbage.uploads} uploads)\n`,
  ]}`;
}
