import { normalizeOs, parseName } from '@stowage/core/definition';

/** The operating system that a code name in a tag stands for. */
const CODENAMES: Readonly<Record<string, string>> = {
  bullseye: 'debian-11',
  bookworm: 'debian-12',
  trixie: 'debian-13',
  forky: 'debian-14',
  focal: 'ubuntu-20.04',
  jammy: 'ubuntu-22.04',
  noble: 'ubuntu-24.04',
};

const SYSTEMS = /^(?:almalinux|alpine|centos|debian|fedora|rockylinux|ubuntu)$/;

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
  const name = reference.slice(reference.lastIndexOf('/') + 1).replace(/@.*$/, '');
  const [repository = '', tag = ''] = name.split(':');
  const [version = ''] = /^[0-9]+(?:\.[0-9]+)?/.exec(tag) ?? [];
  if (SYSTEMS.test(repository) && version !== '')
    return validOs(`${repository.replace('rockylinux', 'rocky')}-${version}`);
  for (const word of tag.split('-')) {
    const [, alpine] = /^alpine([0-9]+\.[0-9]+)/.exec(word) ?? [];
    const found = alpine === undefined ? CODENAMES[word] : `alpine-${alpine}`;
    if (found !== undefined) return found;
  }
  return undefined;
}

function validOs(os: string): string | undefined {
  const normalized = normalizeOs(os);
  return parseName(`a-${normalized}-b`, ['a']) ? normalized : undefined;
}
