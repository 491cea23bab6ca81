import { osOfCodeName, osOfImage } from '@stowage/core/definition';

/**
 * The operating system that a Dockerfile's last stage is built on, as `<distribution>-<version>`.
 *
 * @returns undefined when its `FROM` does not say
 */
export function osOf(dockerfile: string): string | undefined {
  const stages = new Map<string, string>();
  let last: string | undefined;
  for (const line of dockerfile.split(/\r?\n/)) {
    const [, from, name] =
      /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line) ?? [];
    if (from === undefined) continue;
    // A stage may be built on an earlier one.
    last = stages.get(from.toLowerCase()) ?? from;
    if (name !== undefined) stages.set(name.toLowerCase(), last);
  }
  return last === undefined ? undefined : osOfReference(last);
}

function osOfReference(reference: string): string | undefined {
  if (reference.includes('$')) return undefined;
  const own = osOfImage(reference);
  if (own !== undefined) return own;
  const [, tag = ''] = /:([^:/@]*)(?:@.*)?$/.exec(reference) ?? [];
  for (const word of tag.split('-')) {
    const [, alpine] = /^alpine([0-9]+\.[0-9]+)/.exec(word) ?? [];
    const found = alpine === undefined ? osOfCodeName(word) : `alpine-${alpine}`;
    if (found !== undefined) return found;
  }
  return undefined;
}
