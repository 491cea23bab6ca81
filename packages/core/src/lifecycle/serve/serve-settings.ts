import { resolve } from 'node:path';
import type { ServePruneYaml, ServeYaml } from '../../definition/settings/serve-schema.js';
import { parseAccessRule } from '../../registry/access/access-rule.js';
import type { Workspace } from '../workspace/workspace.js';
import type { RetentionOptions } from './retention.js';
import type { ServeOptions } from './serve-options.js';

/**
 * Completes the options of a registry by `serve` of the settings; what is given replaces what stands there. Archives have
 * no folder of a registry, so `root`, its limits and upstreams are not for them. Only a settings file that was given counts:
 * that of a workspace may be a stranger's, and must not open a registry to a network. @throws ImageError USAGE (a rule)
 */
export function withSettings(
  { settings: { serve }, config }: Pick<Workspace, 'settings' | 'config'>,
  inputs: readonly string[],
  options: ServeOptions,
): ServeOptions {
  if (config === undefined) return options;
  const fromFile = inputs.length > 0 ? forAll(serve) : { ...forAll(serve), ...forFolder(serve) };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...fromFile, ...(Object.fromEntries(given) as unknown as ServeOptions) };
}

type FileSettings = ServeYaml & { readonly folder: string };

function forAll({ folder, ...serve }: FileSettings): Partial<ServeOptions> {
  const path = (text: string | undefined) =>
    text === undefined ? undefined : resolve(folder, text);
  return {
    listen: serve.listen,
    htpasswd: path(serve.htpasswd),
    anonymous: serve.anonymous,
    rules: serve.allow?.map(parseAccessRule),
    allowedHosts: serve.allowed_hosts,
    tlsCert: path(serve.tls_cert),
    tlsKey: path(serve.tls_key),
  };
}

function forFolder({ folder, ...serve }: FileSettings): Partial<ServeOptions> {
  const below = Object.entries(serve.max_used_below ?? {}).map(([name, size]) => `${name}=${size}`);
  const limits = [...(serve.max_used === undefined ? [] : [serve.max_used]), ...below];
  return {
    root: serve.root === undefined ? undefined : resolve(folder, serve.root),
    readOnly: serve.read_only,
    maxUsed: limits.length === 0 ? undefined : limits,
    upstream: serve.upstream,
    gcEvery: serve.gc_every,
    scrubEvery: serve.scrub_every,
    scrubRate: serve.scrub_rate,
    prune: serve.prune && retentionOf(serve.prune),
  };
}

function retentionOf(yaml: ServePruneYaml): RetentionOptions {
  return {
    every: yaml.every,
    keepNewest: yaml.keep_newest,
    unusedFor: yaml.unused_for,
    minAge: yaml.min_age,
    maxUsed: yaml.max_used,
    minFree: yaml.min_free,
    keep: yaml.keep,
  };
}
