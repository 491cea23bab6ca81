import { formatPlatform, inspect, type InspectedImage, type InspectedName } from '@stowage/core';
import type { Command } from 'commander';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { action, verb, withEngine, withRegistry, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly repository?: string;
}

export function inspectCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'inspect',
        'Say what is inside an archive, a layout, a store or an engine, without reading a layer.',
        ['stowage inspect ./app.tar', 'stowage inspect docker-daemon:app:1 --json'],
      ),
    ),
  )
    .argument(
      '<location>',
      'a path, - for stdin, a name of the catalog, docker-daemon:REFERENCE or store:REFERENCE',
    )
    .option('--repository <repository>', 'what names that are only tags are tags of')
    .action(
      action<Options>(io, async (workspace, [location = ''], { options, call }) => {
        const { repository } = options;
        const inspected = await inspect(workspace, location, { ...call, repository });
        const { images, kind, half, compression, notices } = inspected;
        for (const text of notices) call.onEvent?.({ type: 'notice', text });
        const read = half === undefined ? '' : `, its ${half === 'oci' ? 'OCI' : 'docker'} half`;
        const head = `${location}  ${kind}${read}${compression === 'none' ? '' : `, ${compression}`}\n`;
        return {
          json: inspected,
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
  subject,
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
    '\n',
    ...(names.length === 0 ? ['(no name)\n'] : names.map(called)),
    `  digest     ${digest}\n`,
    `  size       ${formatBytes(size)}\n`,
    artifactType === undefined
      ? `  platforms  ${shown.join(', ') || 'none'}\n`
      : `  artifact   ${artifactType}\n`,
    subject === undefined ? '' : `  refers to  ${subject.digest}\n`,
    layers.length === 0 ? '' : indented(formatTable(['LAYER', 'SIZE', 'TYPE', 'PLATFORM'], rows)),
  ].join('');
}

function called({ reference, field, written }: InspectedName): string {
  if (field === null) return `${reference}\n`;
  return `${reference ?? '(no name)'}  (${field}: ${written})\n`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
