import { formatPlatform, inspect, type InspectedImage } from '@stowage/core';
import type { Command } from 'commander';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { action, verb, withEngine, type Io } from '../verb.js';

export function inspectCommand(io: Io): Command {
  return withEngine(
    verb(
      'inspect',
      'Say what is inside an archive, a layout, a store or an engine, without reading a layer.',
      ['stowage inspect ./app.tar', 'stowage inspect docker-daemon:app:1 --json'],
    ),
  )
    .argument(
      '<location>',
      'a path, - for stdin, a name of the catalog, docker-daemon:REFERENCE or store:REFERENCE',
    )
    .action(
      action(io, async (workspace, [location = ''], { call }) => {
        const { images, kind, compression, notices } = await inspect(workspace, location, call);
        for (const text of notices) call.onEvent?.({ type: 'notice', text });
        const head = `${location}  ${kind}${compression === 'none' ? '' : `, ${compression}`}\n`;
        return {
          json: { location, kind, compression, images, notices },
          text: head + images.map(describe).join(''),
        };
      }),
    );
}

function describe({
  names,
  digest,
  size,
  platforms,
  layers,
  artifactType,
}: InspectedImage): string {
  const rows = layers.map((layer) => [
    shortDigest(layer.digest),
    formatBytes(layer.size),
    layer.mediaType.replace(/^application\/vnd\./, ''),
    layer.platform ? formatPlatform(layer.platform) : '',
  ]);
  const shown = platforms.map(
    (platform) => `${formatPlatform(platform)}${platform.present ? '' : ' (not here)'}`,
  );
  return [
    `\n${names.join(', ') || '(no name)'}\n`,
    `  digest     ${digest}\n`,
    `  size       ${formatBytes(size)}\n`,
    artifactType === undefined
      ? `  platforms  ${shown.join(', ') || 'none'}\n`
      : `  artifact   ${artifactType}\n`,
    layers.length === 0 ? '' : indented(formatTable(['LAYER', 'SIZE', 'TYPE', 'PLATFORM'], rows)),
  ].join('');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
