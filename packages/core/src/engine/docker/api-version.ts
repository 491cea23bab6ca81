import { isAtLeast } from '../is-at-least.js';

/**
 * The newest version of the API that the end-to-end tests ran against (Docker 29). Requests without a version get the
 * newest of the engine, whose answers may have changed since.
 */
const NEWEST_TESTED = '1.56';

/**
 * The version of the API to speak with an engine: the older of the engine's own, which `GET /_ping` states in the header
 * `Api-Version`, and the newest tested one; undefined for an engine that states none.
 */
export function apiVersionFor(stated: unknown): string | undefined {
  if (typeof stated !== 'string' || !/^\d{1,4}\.\d{1,4}$/.test(stated)) return undefined;
  return isAtLeast(NEWEST_TESTED, stated) ? stated : NEWEST_TESTED;
}
