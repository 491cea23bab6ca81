import { ImageError } from '../../errors.js';
import { parseReference } from '../../oci/reference.js';

/** Where images are pushed to: `[http(s)://]HOST[:PORT][/PREFIX]`. */
export interface PushTarget {
  readonly registry: string;
  /** Of every repository there; empty for none. */
  readonly prefix: string;
  /** What the address says of it; undefined when it says nothing. */
  readonly plainHttp: boolean | undefined;
}

/** @throws ImageError USAGE */
export function parseTarget(text: string, flag = '--to'): PushTarget {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/.exec(text) ?? [];
  const slash = rest.indexOf('/');
  const [registry, prefix] = slash < 0 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)];
  try {
    const { registry: parsed, repository } = parseReference(
      `${registry}/${prefix}${prefix === '' ? '' : '/'}x:1`,
    );
    if (parsed === registry && (prefix === '' ? repository === 'x' : repository === `${prefix}/x`))
      return { registry, prefix, plainHttp: scheme === undefined ? undefined : scheme === 'http' };
  } catch {
    // Said below, in the words of the flag.
  }
  // A user name and a password may stand before the host.
  const shown = text.replace(/^.*@/s, '');
  throw new ImageError(
    'USAGE',
    `${flag}: expected HOST[:PORT][/PREFIX], got ${JSON.stringify(shown)}${shown === text ? '' : ' with a user name'}`,
    {
      hint:
        shown === text
          ? 'For example registry.example.com/mirror, localhost:5000 or http://10.0.0.5:5000.'
          : 'Give --username NAME --password-stdin, or log in with docker login.',
    },
  );
}
