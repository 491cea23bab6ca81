/** Names of Docker Hub in docker's and podman's config files. */
const HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * The keys of an object of docker's or podman's config (`auths`, `credHelpers`) that are for a repository, the most
 * specific first. A key is a host, or a URL of one as docker wrote it at some time (`https://HOST`, `https://HOST/v1/`,
 * `HOST/v2/`), or a host with a path, which is for the repositories below that path (podman).
 */
export function keysFor(
  keys: readonly string[],
  registry: string,
  repository: string,
): readonly { readonly key: string; readonly depth: number }[] {
  const host = registry.toLowerCase();
  const hosts = HUB_HOSTS.includes(host) ? HUB_HOSTS : [host];
  const parts = repository.split('/');
  return keys
    .flatMap((key) => {
      const [named = '', ...path] = partsOf(key);
      const isHere =
        hosts.includes(named.toLowerCase()) && path.every((part, at) => part === parts[at]);
      return isHere ? [{ key, depth: path.length }] : [];
    })
    .sort((one, other) => other.depth - one.depth);
}

/** Host and path of a key, without scheme, API version and slashes at the end. */
function partsOf(key: string): readonly string[] {
  const parts = key.replace(/^https?:\/\//i, '').split('/');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts.length === 2 && /^v[12]$/.test(parts[1] ?? '') ? parts.slice(0, 1) : parts;
}
