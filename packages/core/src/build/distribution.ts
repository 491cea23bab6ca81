import { formatCompiler, parseCompiler, type Compiler } from '../definition/compiler.js';
import {
  distributionFacts,
  INSTALLABLE,
  type PackageManager,
} from '../definition/distributions.js';
import { ImageError } from '../errors.js';

/** How a family of distributions installs packages, compilers and tools. */
export interface Distribution {
  /** Returns one shell command that installs packages and deletes the package manager's caches. */
  readonly install: (packages: readonly string[]) => string;
  readonly compiler: (compiler: Compiler) => CompilerPackages | undefined;
  /** Package names of tools whose package has another name. */
  readonly tools: ReadonlyMap<string, string>;
}

export interface CompilerPackages {
  readonly packages: readonly string[];
  /** Programs for CC and CXX; absent for a compiler that is not for C and C++. */
  readonly cc?: string;
  readonly cxx?: string;
  /** A command that prints the installed version; only where package names contain no version. */
  readonly version?: string;
}

/** For distributions with a single version of gcc: the installed version is compared with the requested one. */
const GCC = { cc: 'gcc', cxx: 'g++', version: 'gcc -dumpfullversion' };

const DEBIAN: Distribution = {
  install: (packages) =>
    `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`,
  compiler: ({ family, version }) => {
    const suffix = version === undefined ? '' : `-${version}`;
    if (family === 'gcc')
      return {
        packages: [`gcc${suffix}`, `g++${suffix}`, 'libc6-dev'],
        cc: `gcc${suffix}`,
        cxx: `g++${suffix}`,
      };
    if (family === 'clang')
      return {
        packages: [`clang${suffix}`, 'libc6-dev'],
        cc: `clang${suffix}`,
        cxx: `clang++${suffix}`,
      };
    if (family !== 'openjdk') return undefined;
    return {
      packages: [
        version === undefined ? 'default-jdk-headless' : `openjdk-${version}-jdk-headless`,
      ],
    };
  },
  tools: namesOf({
    ninja: 'ninja-build',
    'pkg-config': 'pkgconf',
    python: 'python3',
    node: 'nodejs',
  }),
};

const FEDORA: Distribution = {
  install: (packages) =>
    `dnf install -y --setopt=install_weak_deps=False ${packages.join(' ')} && dnf clean all`,
  compiler: ({ family, version }) => {
    if (family === 'gcc') return { packages: ['gcc', 'gcc-c++'], ...GCC };
    if (family === 'clang')
      return { packages: ['clang'], cc: 'clang', cxx: 'clang++', version: 'clang -dumpversion' };
    if (family !== 'openjdk') return undefined;
    return { packages: [`java-${version ?? 'latest'}-openjdk-devel`] };
  },
  tools: namesOf({
    ninja: 'ninja-build',
    'pkg-config': 'pkgconf-pkg-config',
    python: 'python3',
    node: 'nodejs',
  }),
};

const ALPINE: Distribution = {
  install: (packages) => `apk add --no-cache ${packages.join(' ')}`,
  compiler: ({ family, version }) => {
    if (family === 'gcc') return { packages: ['gcc', 'g++', 'musl-dev'], ...GCC };
    if (family === 'clang') {
      const suffix = version === undefined ? '' : `-${version}`;
      return {
        packages: [`clang${version ?? ''}`, 'musl-dev', 'g++'],
        cc: `clang${suffix}`,
        cxx: `clang++${suffix}`,
      };
    }
    if (family !== 'openjdk') return undefined;
    return version === undefined ? undefined : { packages: [`openjdk${version}`] };
  },
  tools: namesOf({
    ninja: 'ninja-build',
    'pkg-config': 'pkgconf',
    python: 'python3',
    node: 'nodejs',
  }),
};

const ZYPPER: Distribution = {
  install: (packages) =>
    `zypper --non-interactive install --no-recommends ${packages.join(' ')} && zypper clean --all`,
  compiler: ({ family, version }) => {
    const suffix = version === undefined ? '' : `-${version}`;
    if (family === 'gcc')
      return {
        packages: [`gcc${version ?? ''}`, `gcc${version ?? ''}-c++`],
        cc: `gcc${suffix}`,
        cxx: `g++${suffix}`,
      };
    if (family === 'clang')
      return {
        packages: [`clang${version ?? ''}`],
        cc: `clang${suffix}`,
        cxx: `clang++${suffix}`,
      };
    if (family !== 'openjdk') return undefined;
    return version === undefined ? undefined : { packages: [`java-${version}-openjdk-devel`] };
  },
  tools: namesOf({ 'pkg-config': 'pkgconf-pkg-config', python: 'python3', node: 'nodejs' }),
};

const INSTALLERS: Readonly<Record<PackageManager, Distribution>> = {
  apt: DEBIAN,
  dnf: FEDORA,
  apk: ALPINE,
  zypper: ZYPPER,
};

function namesOf(names: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(names));
}

/** @throws ImageError USAGE (an operating system without a known package manager) */
export function distributionOf(os: string): Distribution {
  const manager = distributionFacts(os)?.packages;
  if (manager !== undefined) return INSTALLERS[manager];
  throw new ImageError(
    'USAGE',
    `os ${os}: packages, compilers and tools are installed only on ${INSTALLABLE.join(', ')}`,
    { hint: 'Install them with run: or a dockerfile:, and name them under facts:.' },
  );
}

/** @throws ImageError USAGE (not a compiler, or the distribution has no package for it) */
export function compilerPackages(
  os: string,
  text: string,
): CompilerPackages & { readonly wanted: Compiler } {
  const wanted = parseCompiler(text);
  const found = wanted && distributionOf(os).compiler(wanted);
  if (found) return { ...found, wanted };
  throw new ImageError(
    'USAGE',
    `compilers: ${os} has no package for ${JSON.stringify(wanted ? formatCompiler(wanted) : text)}; it is known for gcc, clang and openjdk`,
    { hint: 'Name its package under packages:, and the compiler under facts.compilers.' },
  );
}
