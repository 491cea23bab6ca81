import type { AnsweredRequest } from '../../registry/handler/answered-request.js';
import type { Bytes } from '../../transfer/store.js';
import type { UpkeepOptions } from '../maintain/upkeep.js';
import type { VerbOptions } from '../workspace/call.js';
import type { RetentionOptions } from './retention.js';
import type { AccessControl } from './serve-access.js';

/** Options for serving a registry. */
export interface ServeOptions extends VerbOptions, UpkeepOptions, AccessControl {
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Folder of the registry's content; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
  /** `HOST:PORT`; a free port on loopback when omitted. */
  readonly listen?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /**
   * Limit of the folder's disk space, as `50GB`; with a path before it (`team-a=20GB`) a limit of the content in the
   * repositories `team-a` and `team-a/…`. Unlimited when omitted.
   */
  readonly maxUsed?: string | readonly string[] | undefined;
  /**
   * Registries to fetch missing images from: `https://HOST[/PREFIX]`, or `NAME=https://HOST[/PREFIX]` for the repositories
   * `NAME/…`, which containerd asks for with `?ns=NAME`.
   */
  readonly upstream?: string | readonly string[] | undefined;
  /** Delete images by these rules, periodically; nothing is deleted when omitted. */
  readonly prune?: RetentionOptions | undefined;
  /** Private key (PEM); give it together with `tlsCert`. */
  readonly tlsKey?: string | undefined;
  /** Called after each request. */
  readonly onAnswered?: ((answered: AnsweredRequest) => void) | undefined;
}
