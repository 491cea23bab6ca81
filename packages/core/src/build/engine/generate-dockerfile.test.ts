import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../definition/definition.js';
import { generateDockerfile } from './generate-dockerfile.js';

const lines = (os: string, yaml: string) =>
  generateDockerfile(
    parseDefinition({
      text: `project: app\nos: ${os}\nvariant: x\nbase: some/base\n${yaml}`,
      path: 'image.yaml',
    }),
    (from) => !from.startsWith('a'),
  )
    .text.trimEnd()
    .split('\n')
    .slice(4);

describe('a generated Dockerfile', () => {
  it.each([
    [
      'debian-12',
      'RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc-12 g++-12 libc6-dev ninja-build zlib1g-dev && rm -rf /var/lib/apt/lists/*',
      'ENV CC="gcc-12" CXX="g++-12"',
    ],
    [
      'alpine-3.22',
      'RUN apk add --no-cache gcc g++ musl-dev ninja-build zlib1g-dev',
      'RUN case "$(gcc -dumpfullversion)." in 12.*) ;; *) echo "expected gcc 12, got $(gcc -dumpfullversion)" >&2; exit 1 ;; esac',
      'ENV CC="gcc" CXX="g++"',
    ],
    [
      'fedora-43',
      'RUN dnf install -y --setopt=install_weak_deps=False gcc gcc-c++ ninja-build zlib1g-dev && dnf clean all',
      'RUN case "$(gcc -dumpfullversion)." in 12.*) ;; *) echo "expected gcc 12, got $(gcc -dumpfullversion)" >&2; exit 1 ;; esac',
      'ENV CC="gcc" CXX="g++"',
    ],
  ])('installs packages with the package manager of %s', (os, ...expected) => {
    expect(lines(os, 'compilers: [gcc-12]\ntools: [ninja]\npackages: [zlib1g-dev]\n')).toEqual(
      expected,
    );
  });

  it('writes files, settings and commands in this order, with literal values', () => {
    expect(
      lines(
        'debian-12',
        'copy: [{ from: dist, to: /opt, owner: "1:2" }, { from: a/b, to: /c/, mode: "0600" }]\nenv: { A: \'x "$y" \\\' }\nrun: [make, "a\\nb"]\nworkdir: /w\nuser: me\nports: [80]\nentrypoint: [/a]\ncmd: [b]\n',
      ),
    ).toEqual([
      '# "dist"',
      'COPY --chown=1:2 ["copy/0","/opt"]',
      '# "a/b"',
      'COPY ["copy/1/*","/c/"]',
      'ENV A="x \\"\\$y\\" \\\\"',
      'COPY ["empty/","/w/"]',
      'WORKDIR /w',
      'RUN make',
      'RUN ["/bin/sh", "-ec", "a\\nb"]',
      'USER me',
      'EXPOSE 80',
      'ENTRYPOINT ["/a"]',
      'CMD ["b"]',
    ]);
  });

  it.each([
    ['rockylinux-9', 'compilers: [gcc]\n', /^RUN dnf install -y \S+ gcc gcc-c\+\+ /],
    ['rocky-9', 'packages: [a]\n', /^RUN dnf install -y \S+ a /],
    ['amazonlinux-2023', 'packages: [a]\n', /^RUN dnf install -y \S+ a /],
    [
      'opensuse-15.6',
      'compilers: [gcc13]\ntools: [ninja, python]\n',
      /^RUN zypper --non-interactive install --no-recommends gcc13 gcc13-c\+\+ ninja python3 && /,
    ],
    ['opensuse-15.6', 'compilers: [openjdk17]\n', / java-17-openjdk-devel && /],
  ])('on %s installs %j', (os, yaml, expected) => {
    expect(lines(os, yaml)[0]).toMatch(expected);
  });

  it.each([
    ['arch-1', 'packages: [a]\n', /os arch-1: .* are installed only on debian, ubuntu/],
    ['debian-12', 'compilers: [msvc]\n', /compilers: .* has no package for "msvc"/],
    ['debian-12', 'packages: ["a; rm -rf /"]\n', /packages: .* is not the name of a package/],
    ['debian-12', 'copy: [{ from: a, to: /a, mode: "4755" }]\n', /the mode 4755 has a set-user-ID/],
    [
      'debian-12',
      'copy: [{ from: a, to: /a, mode: "02755" }]\n',
      /the mode 02755 has a set-user-ID/,
    ],
    ['debian-12', 'base: scratch\nrun: [a]\n', /its steps need a base:/],
  ])('on %s refuses %j', (os, yaml, message) => {
    const text = `project: app\nos: ${os}\nvariant: x\n${yaml.includes('base') ? '' : 'base: b\n'}${yaml}`;
    const definition = parseDefinition({ text, path: 'image.yaml' });
    expect(() => generateDockerfile(definition, () => true)).toThrow(message);
  });

  it.each([
    ["copy: [{ from: $x, to: '/o/d$x' }]", ['# "$x"', 'COPY ["copy/0","/o/d\\\\$x"]']],
    ["copy: [{ from: 'q\"[1]', to: '/o/\"' }]", ['# "q\\"[1]"', 'COPY ["copy/0","/o/\\\\\\""]']],
    ['copy: [{ from: "it\'s", to: "/o/\'" }]', ['# "it\'s"', 'COPY ["copy/0","/o/\\\\\'"]']],
    ["workdir: '/a $b \\'", ['COPY ["empty/","/a \\\\$b \\\\\\\\/"]', 'WORKDIR "/a \\$b \\\\"']],
    ['workdir: /a/../b/', ['COPY ["empty/","/b/"]', 'WORKDIR /b']],
    ['workdir: /', ['COPY ["empty/","/"]', 'WORKDIR /']],
    ['workdir: a/', ['COPY ["empty/","a/"]', 'WORKDIR a/']],
    ["run: ['echo a \\', b]", ['RUN ["/bin/sh", "-ec", "echo a \\\\"]', 'RUN b']],
    ["run: ['cat <<EOF']", ['RUN ["/bin/sh", "-ec", "cat <<EOF"]']],
    [
      'run: [\'["a"]\', --mount=x]',
      ['RUN ["/bin/sh", "-ec", "[\\"a\\"]"]', 'RUN ["/bin/sh", "-ec", "--mount=x"]'],
    ],
    ['env: { A: "1\\n2", B: "3" }', ['ARG STOWAGE_ENV_0', 'ENV A="${STOWAGE_ENV_0}" B="3"']],
  ])('quotes the value of %s', (yaml, expected) => {
    expect(lines('debian-12', `${yaml}\n`)).toEqual(expected);
  });

  it('passes a value of several lines as a build argument', () => {
    const text = 'project: a\nos: debian-12\nvariant: x\nbase: b\nenv: { A: "1\\n2" }\n';
    const definition = parseDefinition({ text, path: 'x' });
    expect(generateDockerfile(definition, () => true).args).toEqual({ STOWAGE_ENV_0: '1\n2' });
  });

  it.each([
    'workdir: "/a\\nRUN id"',
    'user: "me\\nRUN id"',
    'user: $UID',
    'ports: ["80\\nRUN id"]',
    'ports: ["80 90"]',
    'ports: [70000]',
    'ports: ["70000"]',
    'ports: ["90-80"]',
    'env: { --from: x }',
    'env: { "A\\nRUN id": x }',
    'env: { "A B": x }',
    'env: { A: "\\0" }',
    'copy: [{ from: a, to: "/a\\nRUN id" }]',
    'copy: [{ from: "a\\nRUN id", to: /a }]',
    'context: "a\\nb"',
  ])('cannot be injected with %s: the definition is refused', (yaml) => {
    const text = `project: a\nos: debian-12\nvariant: x\nbase: b\n${yaml}\n`;
    expect(() => parseDefinition({ text, path: 'image.yaml' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
