/** The program with which a distribution installs packages. */
export type PackageManager = 'apt' | 'dnf' | 'apk' | 'zypper';

/** A Linux distribution as image names, container images and package managers know it. */
export interface DistributionFacts {
  /** First part of an operating system: `rockylinux` in `rockylinux-9`. */
  readonly name: string;
  /** Other spellings of the name. */
  readonly aliases?: readonly string[];
  /** Repository of its image on Docker Hub; the name when omitted. */
  readonly image?: string;
  /** Versions of its code names. */
  readonly codeNames?: Readonly<Record<string, string>>;
  /** Absent where Stowage cannot install packages. */
  readonly packages?: PackageManager;
  /** Repositories of versions that have one of their own, each with the tag `latest` alone. */
  readonly rolling?: Readonly<Record<string, string>>;
}

/** Docker Hub's official images and distribution-info-data, as of 2026. */
const TABLE: readonly DistributionFacts[] = [
  {
    name: 'debian',
    codeNames: { buster: '10', bullseye: '11', bookworm: '12', trixie: '13', forky: '14' },
    packages: 'apt',
  },
  {
    name: 'ubuntu',
    codeNames: {
      bionic: '18.04',
      focal: '20.04',
      jammy: '22.04',
      noble: '24.04',
      oracular: '24.10',
      plucky: '25.04',
      questing: '25.10',
      resolute: '26.04',
    },
    packages: 'apt',
  },
  { name: 'alpine', packages: 'apk' },
  { name: 'fedora', packages: 'dnf' },
  { name: 'centos', packages: 'dnf' },
  { name: 'rhel', packages: 'dnf' },
  { name: 'rockylinux', aliases: ['rocky'], image: 'rockylinux/rockylinux', packages: 'dnf' },
  { name: 'almalinux', aliases: ['alma'], packages: 'dnf' },
  { name: 'oraclelinux', aliases: ['oracle'], packages: 'dnf' },
  { name: 'amazonlinux', aliases: ['amazon'], packages: 'dnf' },
  {
    name: 'opensuse',
    image: 'opensuse/leap',
    packages: 'zypper',
    rolling: { tumbleweed: 'opensuse/tumbleweed' },
  },
  { name: 'arch', aliases: ['archlinux'], image: 'archlinux' },
  { name: 'gentoo', image: 'gentoo/stage3' },
  { name: 'busybox' },
  { name: 'photon' },
  { name: 'distroless' },
  { name: 'scratch' },
  { name: 'ubi' },
  { name: 'void' },
  { name: 'wolfi' },
];

const BY_NAME: ReadonlyMap<string, DistributionFacts> = new Map(
  TABLE.flatMap((facts) =>
    [facts.name, ...(facts.aliases ?? [])].map((name) => [name, facts] as const),
  ),
);

/** Every spelling of every known distribution. */
export const DISTRIBUTION_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The names of the distributions on which Stowage can install packages. */
export const INSTALLABLE: readonly string[] = TABLE.flatMap(({ name, packages }) =>
  packages === undefined ? [] : [name],
);

/** The distribution of an operating system `<distribution>-<version>`; undefined if it is unknown. */
export function distributionFacts(os: string): DistributionFacts | undefined {
  return BY_NAME.get(os.split('-', 1)[0] ?? os);
}

const VERSION = /^[0-9]+(?:\.[a-z0-9]+)*$/;
/** Two numbers name a release: Alpine 3.22.1 is an image of 3.22. */
const RELEASE = /^[0-9]+(?:\.[0-9]+)?(?=$|\.)/;

/** Whether this is a known Linux distribution with a version number, or a rolling release. */
export function isKnownOs(os: string): boolean {
  const version = os.slice(os.indexOf('-') + 1);
  const facts = distributionFacts(os);
  return (
    facts !== undefined && (VERSION.test(version) || rollingImage(facts, version) !== undefined)
  );
}

/** One spelling for each operating system, to compare two: `rocky-9` is `rockylinux-9`, `debian-bookworm` is `debian-12`. */
export function canonicalOs(os: string): string {
  const facts = distributionFacts(os);
  if (!facts || !os.includes('-')) return os;
  const version = os.slice(os.indexOf('-') + 1);
  return `${facts.name}-${codeNameOf(facts, version) ?? version}`;
}

/** The official image of an operating system: `ubuntu:25.04`, `opensuse/leap:15.6`, `opensuse/tumbleweed`. */
export function imageOfOs(os: string): string {
  const facts = distributionFacts(os);
  const { name, image = name } = facts ?? {};
  const [distribution = '', ...version] = os.split('-');
  const rolling = facts && rollingImage(facts, version.join('-'));
  if (rolling !== undefined) return rolling;
  return [image ?? distribution, version.join('-')].filter((part) => part !== '').join(':');
}

/**
 * The operating system in the name of a distribution's image: `debian:bookworm-slim` is `debian-12`.
 *
 * @returns undefined when the image is not a distribution's, or its tag names no version
 */
export function osOfImage(reference: string): string | undefined {
  const [name = ''] = reference.split('@', 1);
  const start = name.lastIndexOf('/') + 1;
  const [last = '', tag = ''] = name.slice(start).split(':');
  const path = `/${name.slice(0, start)}${last}`;
  for (const { name: distribution, rolling = {} } of TABLE)
    for (const [version, image] of Object.entries(rolling))
      if (path.endsWith(`/${image}`)) return `${distribution}-${version}`;
  const facts =
    BY_NAME.get(last) ??
    TABLE.find(({ image }) => image !== undefined && path.endsWith(`/${image}`));
  // A tag may end in a variant or a date: `12-slim`, `noble-20260101`.
  const [word = ''] = tag.split('-', 1);
  if (!facts) return undefined;
  const version = codeNameOf(facts, word) ?? RELEASE.exec(word)?.[0];
  return version === undefined ? undefined : `${facts.name}-${version}`;
}

/** The operating system that a code name stands for: `debian-12` for `bookworm`. */
export function osOfCodeName(word: string): string | undefined {
  const facts = TABLE.find((each) => codeNameOf(each, word) !== undefined);
  return facts && `${facts.name}-${codeNameOf(facts, word) ?? ''}`;
}

function rollingImage({ rolling = {} }: DistributionFacts, version: string): string | undefined {
  return Object.hasOwn(rolling, version) ? rolling[version] : undefined;
}

function codeNameOf({ codeNames = {} }: DistributionFacts, word: string): string | undefined {
  return Object.hasOwn(codeNames, word) ? codeNames[word] : undefined;
}
