import { osOfCodeName, osOfImage } from '@stowage/core/definition';

/**
 * The operating system part of the name for an image that a Dockerfile builds, `<distribution>-<version>`: the system of
 * its last stage where the base says so, else the base's own name and version, as `node-20`.
 *
 * @param args build arguments; those that `ARG` declares before the first `FROM` may be part of a base
 * @returns undefined when its last stage is built on nothing, on a digest alone or on a variable without a value
 */
export function osOf(
  dockerfile: string,
  args: Readonly<Record<string, string>> = {},
): string | undefined {
  const values = new Map<string, string>();
  const stages = new Map<string, string>();
  let last: string | undefined;
  for (const line of dockerfile.replace(/\\[ \t]*\r?\n/g, ' ').split(/\r?\n/)) {
    const [, declared] = /^\s*ARG\s+(.+)$/i.exec(line) ?? [];
    if (declared !== undefined && last === undefined) declare(declared, args, values);
    const [, from, name] =
      /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line) ?? [];
    if (from === undefined) continue;
    // A stage may be built on an earlier one.
    last = stages.get(from.toLowerCase()) ?? expand(from, values);
    if (name !== undefined) stages.set(name.toLowerCase(), last);
  }
  return last === undefined || last === 'scratch' ? undefined : osOfReference(last);
}

/** Declares `NAME=default` or `NAME`, several in one line. */
function declare(
  text: string,
  args: Readonly<Record<string, string>>,
  values: Map<string, string>,
): void {
  for (const [, name = '', quoted, plain] of text.matchAll(
    /([A-Za-z_]\w*)(?:=(?:"([^"]*)"|(\S*)))?/g,
  )) {
    const value = args[name] ?? quoted ?? plain;
    if (value !== undefined) values.set(name, value);
  }
}

/** Puts in the values of `$NAME`, `${NAME}` and `${NAME:-default}`; a variable without a value stays. */
function expand(reference: string, values: ReadonlyMap<string, string>): string {
  return reference.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (whole, braced?: string, otherwise?: string, bare?: string) =>
      (values.get(braced ?? bare ?? '') || otherwise) ?? whole,
  );
}

function osOfReference(reference: string): string | undefined {
  if (reference.includes('$')) return undefined;
  const own = osOfImage(reference);
  if (own !== undefined) return own;
  const [, name = '', tag] = /([^/:@]+)(?::([^:/@]*))?(?:@.*)?$/.exec(reference) ?? [];
  for (const word of (tag ?? '').split('-')) {
    const [, alpine] = /^alpine([0-9]+\.[0-9]+)/.exec(word) ?? [];
    const found = alpine === undefined ? osOfCodeName(word) : `alpine-${alpine}`;
    if (found !== undefined) return found;
  }
  // `static-debian12`, as distroless images are called.
  const [, distribution, release] = /(?:^|-)(debian|ubuntu|alpine)([0-9][0-9.]*)$/.exec(name) ?? [];
  if (distribution !== undefined) return `${distribution}-${release ?? ''}`;
  if (tag === undefined && reference.includes('@')) return undefined;
  const word = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const [version = ''] = (tag ?? 'latest').toLowerCase().split(/[-_+]/, 1);
  const os = `${word}-${version}`;
  return /^[a-z][a-z0-9]*-[a-z0-9]+(?:\.[a-z0-9]+)*$/.test(os) ? os : undefined;
}
