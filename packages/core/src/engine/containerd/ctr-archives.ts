import { ImageError } from '../../errors.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { Ctr } from './ctr.js';

/** Bytes of zero at the end of a tar. */
const TAR_END_BYTES = 1024;

/** Options of {@link exportImage}. */
export interface ExportOptions extends CallOptions {
  /** One platform, all of them, or containerd's own. */
  readonly platform: Platform | 'all' | 'own';
}

/**
 * Writes an image as an archive.
 *
 * @throws ImageError NOT_FOUND (no such image, or no content of a platform), INCOMPLETE (the archive is cut short)
 */
export async function* exportImage(
  ctr: Ctr,
  name: string,
  { platform, signal }: ExportOptions,
): Bytes {
  const chosen = { all: ['--all-platforms'], own: [] };
  const platforms =
    typeof platform === 'string' ? chosen[platform] : ['--platform', formatPlatform(platform)];
  const local = await localFlag(ctr, 'export', { signal });
  const archive = ctr.run(['images', 'export', ...local, ...platforms, '-', name], { signal });
  yield* wholeTar(archive, `${ctr.location}/${name}`);
}

/**
 * Reads images from an archive.
 *
 * @param archive.isWhole whether it has the content of all platforms; otherwise only that of containerd's own is expected.
 */
export async function importImages(
  ctr: Ctr,
  { bytes, isWhole }: { readonly bytes: Bytes; readonly isWhole: boolean },
  { signal }: CallOptions = {},
): Promise<void> {
  const local = await localFlag(ctr, 'import', { signal });
  // Without it, content of other platforms may be removed as garbage.
  const platforms = isWhole ? ['--all-platforms'] : [];
  await ctr.text(['images', 'import', ...local, ...platforms, '-'], { signal, input: bytes });
}

/**
 * Since version 2, `ctr` lets the daemon export and import. An export whose reader is slow is then cut short without an
 * error, and an import drops the content of other platforms.
 */
async function localFlag(
  ctr: Ctr,
  command: 'export' | 'import',
  options: CallOptions,
): Promise<readonly string[]> {
  const help = await ctr.text(['images', command, '--help'], options);
  return /^\s+--local\b/m.test(help) ? ['--local'] : [];
}

/** A tar, whose end is checked. @throws ImageError INCOMPLETE */
export async function* wholeTar(bytes: Bytes, location: string): Bytes {
  let end = Buffer.alloc(0);
  for await (const chunk of bytes) {
    yield chunk;
    end = Buffer.concat([end, chunk.subarray(-TAR_END_BYTES)]).subarray(-TAR_END_BYTES);
  }
  if (end.byteLength === TAR_END_BYTES && end.every((byte) => byte === 0)) return;
  throw new ImageError('INCOMPLETE', `${location}: the exported archive is cut short`, {
    location,
  });
}
