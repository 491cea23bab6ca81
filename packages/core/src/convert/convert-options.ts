import type { Descriptor } from '../oci/descriptor.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import type { ConvertedLayer, LayerOptions } from './convert-layer.js';
import type { Format, LayerCompression } from './formats.js';

/** Options for converting an image. */
export interface ConvertOptions extends CallOptions {
  /**
   * Platforms to keep; all when omitted or empty. One image gives an image manifest, several an index. A platform of Windows
   * without `os.version` keeps one image of each build.
   */
  readonly platforms?: readonly Platform[] | undefined;
  /** Compression of every layer; unchanged when omitted. */
  readonly compress?: LayerCompression | undefined;
  /**
   * Compression level of gzip or zstd; the default of the format when omitted. Without it, layers that have the wanted
   * compression are not recompressed.
   */
  readonly level?: number | undefined;
  /** Format of manifests, configs and layers; unchanged when omitted. */
  readonly format?: Format | undefined;
  /** Folder for converted layers until they are copied. Required with `compress`, unless `pack` is given. */
  readonly spoolFolder?: string | undefined;
  /** Converts one layer, in place of the default that writes it to `spoolFolder`. */
  readonly pack?:
    | ((source: Source, layer: Descriptor, options: LayerOptions) => Promise<ConvertedLayer>)
    | undefined;
  /** Called with messages for the user, for example about attestations that are left out. */
  readonly onNotice?: ((text: string) => void) | undefined;
}
