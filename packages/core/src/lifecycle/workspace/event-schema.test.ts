import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { schemaOf } from '../../definition/read-yaml.js';
import { digestOf } from '../../oci/digest.js';
import { eventSchema } from './event-schema.js';
import { copyImages } from '../copy/copy-images.js';
import { load } from '../load/load.js';

const isEvent = schemaOf(eventSchema)();

it('accepts every event that verbs report', async () => {
  const { workspace, call, events } = await workspaceOf();
  await savePath(workspace, BASE, call);
  for (let times = 0; times < 2; times++) await load(workspace, [NAME], call);
  const stdout = () => Promise.reject(new Error('unexpected write to stdout'));
  await copyImages(workspace, NAME, 'set.tar', { ...call, stdout, split: '1KB' });
  const files = (await readdir(call.cwd)).filter((name) => /^set\.tar\.[0-9]+$/.test(name));
  expect(events.at(-1)).toMatchObject({ type: 'written', files: files.length });
  // Events that need a registry, a real engine or a blob that exists already.
  events.push({ type: 'fetching', bytes: 3 }, { type: 'fetched', bytes: 3 });
  const descriptor = { mediaType: 'x', digest: digestOf(Buffer.of()), size: 0 };
  events.push(
    { type: 'skipped', descriptor },
    { type: 'engine', text: 'Step 1/2' },
    { type: 'notice', text: 'mind this' },
  );
  const lines = events.map((event) => JSON.parse(JSON.stringify(event)) as { type: string });
  for (const line of lines)
    expect(isEvent(line), JSON.stringify([line, isEvent.errors])).toBe(true);
  const kinds = eventSchema.oneOf.map(({ properties }) => properties.type.const);
  expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(kinds));
});

it.each([
  [{ type: 'other' }],
  [{ type: 'notice' }],
  [{ type: 'fetched', bytes: -1 }],
  [{ type: 'done', descriptor: {} }],
])('rejects %j', (line) => {
  expect(isEvent(line)).toBe(false);
});
