import {
  formatPlatform,
  inspectAll,
  shortList,
  type InspectedImage,
  type InspectedName,
  type Inspection,
} from '@stowage/core';
import type { Command } from 'commander';
import { keepGoingOption } from '../images-from.js';
import { first } from '../print/first.js';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { text, Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly repository?: string;
}

export function inspectCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'inspect',
        'Show the images of an archive, a layout, a store or an engine, without reading a layer.',
        [
          'stowage inspect ./app.tar',
          "stowage inspect 'images/*/*.tar' medium/",
          'stowage inspect docker-daemon:app:1 --json',
        ],
      ).summary('show images; read no layer'),
    ),
  )
    .argument(
      '<location...>',
      'archives by path or pattern, folders, - for stdin, a name of the catalog, docker-daemon:REFERENCE or store:REFERENCE',
    )
    .addOption(keepGoingOption())
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .action(
      action<Options>(io, async (workspace, locations, { options, call }) => {
        const { repository } = options;
        const all = await inspectAll(workspace, locations, { ...call, repository });
        for (const { location, notices } of all)
          for (const notice of notices) {
            const text = all.length === 1 ? notice : `${location}: ${notice}`;
            call.onEvent?.({ type: 'notice', text });
          }
        const [only] = all;
        const isOne = locations.length === 1 && only?.location === locations[0];
        return {
          json: isOne ? only : { locations: all },
          text: text`${all.map((each, at) => [at === 0 ? '' : text`\n`, describeLocation(each)])}`,
        };
      }),
    );
}

function describeLocation({ location, images, kind, half, compression }: Inspection): Text {
  const read = half === undefined ? '' : `, its ${half === 'oci' ? 'OCI' : 'docker'} half`;
  const packed = compression === 'none' ? '' : `, ${compression}`;
  return text`${location}  ${kind}${read}${packed}\n${first(images, describe)}`;
}

/** Layers that the text output lists for each image. */
const MAX_LAYERS = 100;

function describe({
  names,
  digest,
  size,
  platforms,
  layers,
  artifactType,
  subject,
}: InspectedImage): Text {
  const rows = layers
    .slice(0, MAX_LAYERS)
    .map((layer) => [
      shortDigest(layer.digest),
      formatBytes(layer.size),
      layer.mediaType.replace(/^application\/vnd\./, ''),
      layer.platform ? formatPlatform(layer.platform) : '',
    ]);
  const shown = platforms.map(
    (platform) => `${formatPlatform(platform)}${platform.present ? '' : ' (not included)'}`,
  );
  return text`${[
    text`\n`,
    names.length === 0 ? text`(no name)\n` : first(names, nameLine, 10),
    text`  digest     ${digest}\n`,
    text`  size       ${formatBytes(size)}\n`,
    artifactType === undefined
      ? text`  platforms  ${shortList(shown) || 'none'}\n`
      : text`  artifact   ${artifactType}\n`,
    subject === undefined ? '' : text`  refers to  ${subject.digest}\n`,
    layers.length === 0 ? '' : indent(formatTable(['LAYER', 'SIZE', 'TYPE', 'PLATFORM'], rows)),
    layers.length > MAX_LAYERS
      ? text`  … and ${layers.length - MAX_LAYERS} more layers; --json lists all\n`
      : '',
  ]}`;
}

function nameLine({ reference, field, written }: InspectedName): Text {
  if (field === null) return text`${reference}\n`;
  return text`${reference ?? '(no name)'}  (${field}: ${written})\n`;
}

function indent({ content }: Text): Text {
  return new Text(content.replace(/^(?=.)/gm, '  '));
}
