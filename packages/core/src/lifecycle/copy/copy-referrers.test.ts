import { describe, expect, it } from 'vitest';
import { writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import { walk } from '../../transfer/graph/walk.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { prepareReferrers, reportSkippedReferrers, withoutReferrers } from './copy-referrers.js';

async function signed() {
  const store = new MemoryStore();
  const image = await writeImage(store, 'app:1');
  const sbom = await writeReferrer(store, image, { artifactType: 'text/x' });
  const tag = `${image.digest.replace(':', '-')}.sig`;
  const signature = await writeImage(store, `app:${tag}`, { seed: 'sig' });
  const opened: Opened = { source: store, kind: 'oci-archive', compression: 'none', notices: [] };
  const events: LifecycleEvent[] = [];
  const options = { onEvent: (event: LifecycleEvent) => void events.push(event) };
  const graph = await walk(store, image);
  const moving = [
    {
      source: store,
      graph,
      before: image.digest,
      reference: 'r.example/b:2' as string | undefined,
    },
  ];
  const all: NamedDescriptor[] = [];
  for await (const each of store.list()) all.push(each);
  return { opened, moving, image, sbom, signature, tag, all, options, events };
}

describe('the referrers of images that are copied', () => {
  it('are each once, under the tag of cosign beside the image’s new name', async () => {
    const { opened, moving, sbom, signature, tag, options } = await signed();
    const found = await prepareReferrers(opened, [...moving, ...moving], options);
    expect(found.map(({ before, reference }) => [before, reference]).sort()).toEqual(
      [
        [sbom.digest, undefined],
        [signature.digest, `r.example/b:${tag}`],
      ].sort(),
    );
  });

  it('have no name where the image has none, and are not copied twice', async () => {
    const { opened, moving, signature, options } = await signed();
    const unnamed = moving.map((each) => ({ ...each, reference: undefined }));
    const found = await prepareReferrers(opened, unnamed, options);
    expect(found.every(({ reference }) => reference === undefined)).toBe(true);
    const graph = await walk(opened.source, signature);
    const both = [
      ...moving,
      { source: opened.source, graph, before: signature.digest, reference: undefined },
    ];
    expect(await prepareReferrers(opened, both, options)).toHaveLength(1);
  });

  it('are left out for an engine, with a notice for each', async () => {
    const { opened, all, image, options, events } = await signed();
    const own = await withoutReferrers(opened, all, options);
    expect(own.map(({ descriptor }) => descriptor.digest)).toEqual([image.digest]);
    expect(events).toHaveLength(2);
    const only = all.filter(({ descriptor }) => descriptor.digest !== image.digest).slice(0, 1);
    expect(await withoutReferrers(opened, only, options)).toEqual(only);
  });

  it('of an image that a conversion changed are notices', async () => {
    const { opened, moving, image, options, events } = await signed();
    await reportSkippedReferrers(opened, [{ descriptor: image }], moving, options);
    expect(events).toEqual([]);
    await reportSkippedReferrers(opened, [{ descriptor: image }], [], options);
    expect(events).toHaveLength(2);
  });
});
