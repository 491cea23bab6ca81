import { ImageError } from '../../../errors.js';
import { formatReference, parseReference, type Reference } from '../../../oci/reference.js';
import { option, wording, type NamedOption } from '../../../wording.js';

/** A registry to push to: `[http(s)://]HOST[:PORT][/PREFIX]`. */
export interface PushTarget {
  readonly registry: string;
  /** Prefix of every repository name; empty for none. */
  readonly prefix: string;
  /** Whether the address has the scheme `http`; undefined without a scheme. */
  readonly plainHttp: boolean | undefined;
}

/** Parses the address of a registry. @param named its option or its kind, for messages. @throws ImageError USAGE */
export function parseTarget(text: string, named: NamedOption | string = option('to')): PushTarget {
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
    // Reported below, naming the option.
  }
  // Never print a user name and password before the host.
  const shown = text.replace(/^.*@/s, '');
  throw new ImageError(
    'USAGE',
    wording`${named}: expected HOST[:PORT][/PREFIX], got ${JSON.stringify(shown)}${shown === text ? '' : ' with a user name'}`,
    {
      hint:
        shown === text
          ? 'For example registry.example.com/mirror, localhost:5000 or http://10.0.0.5:5000.'
          : wording`Give ${option('username', 'NAME')} and ${option('password')}, or log in with docker login.`,
    },
  );
}

/** An image's name at the target: the target's registry replaces its own, and the prefix precedes the repository. */
export function destinationOf(
  { registry, prefix }: PushTarget,
  { repository, tag, digest }: Pick<Reference, 'repository' | 'tag' | 'digest'>,
): string {
  const name = prefix === '' ? repository : `${prefix}/${repository}`;
  // A reference with only a digest gets no tag; beside a tag the digest is dropped.
  return formatReference({
    registry,
    repository: name,
    ...(tag === undefined ? {} : { tag }),
    ...(tag !== undefined || digest === undefined ? {} : { digest }),
  });
}
