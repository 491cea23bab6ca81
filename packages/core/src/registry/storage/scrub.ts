import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder, syncFolder } from '../../disk/atomic-write.js';
import { rename } from '../../disk/busy/retried.js';
import { readRange } from '../../disk/read-range.js';
import { ALGORITHMS, type Digest } from '../../oci/digest.js';
import type { CallOptions } from '../../transfer/store.js';
import { Meter } from '../../transfer/tap.js';
import { allManifests } from './collect-registry.js';
import { makeLink } from './links.js';
import { doneFile, quarantineFile } from './registry-paths.js';
import { ignoreMissing, namesIn } from '../../disk/if-there.js';
import { blobFile, blobFolder, digestOfBlobFile } from '../../store/paths.js';

export interface ScrubOptions extends CallOptions {
  /** Maximum read rate in bytes per second; unlimited when omitted. */
  readonly rate?: number | undefined;
}

/** The result of hashing a registry's content. */
export interface ScrubResult {
  /** Number of blobs hashed. */
  readonly blobs: number;
  /** Number of bytes read. */
  readonly bytes: number;
  readonly damaged: readonly Damage[];
}

/** Damaged content. It is quarantined: reported absent, so that a client can push it again. */
export interface Damage {
  readonly digest: Digest;
  /** `repository@digest` of the manifests that need it. */
  readonly images: readonly string[];
}

/** Hashes all blobs of a registry and quarantines damaged ones. The registry may be running. */
export async function scrub(
  root: string,
  { rate, signal }: ScrubOptions = {},
): Promise<ScrubResult> {
  const wrong: Digest[] = [];
  let [blobs, bytes] = [0, 0];
  const start = performance.now();
  for (const algorithm of ALGORITHMS)
    for (const name of await namesIn(root, blobFolder(root, algorithm))) {
      const digest = digestOfBlobFile(algorithm, name);
      if (digest === undefined) continue;
      const isRight = await ignoreMissing(async () => {
        await using file = await open(blobFile(root, digest), 'r');
        const meter = new Meter(algorithm);
        for await (const chunk of readRange(file, 0, Infinity)) {
          meter.add(chunk);
          bytes += chunk.byteLength;
          const due = rate === undefined ? 0 : (bytes / rate) * 1000 - (performance.now() - start);
          if (due > 0) await sleep(due, undefined, signal ? { signal } : {});
          signal?.throwIfAborted();
        }
        return meter.digest() === digest;
      });
      // The blob was deleted meanwhile.
      if (isRight === undefined) continue;
      blobs++;
      if (!isRight) wrong.push(digest);
    }
  for (const digest of wrong) {
    const path = quarantineFile(root, digest);
    await makeFolder(dirname(path), { privateTo: root });
    await ignoreMissing(async () => {
      await rename(blobFile(root, digest), path);
      await syncFolder(dirname(path));
      await syncFolder(dirname(blobFile(root, digest)));
    });
  }
  const images = new Map(wrong.map((digest) => [digest, [] as string[]]));
  for await (const { repository, manifest } of allManifests(root))
    for (const digest of [manifest.descriptor.digest, ...manifest.children])
      images.get(digest)?.push(`${repository}@${manifest.descriptor.digest}`);
  await makeLink(doneFile(root, 'scrubbed'), { privateTo: root });
  const damaged = [...images].map(([digest, hit]) => ({ digest, images: hit }));
  return { blobs, bytes, damaged };
}
