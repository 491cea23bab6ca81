/** A compiler as people name it: `gcc15`, `gcc-15`, `gcc:15.1`, `GCC 15`, `clang`. */
export interface Compiler {
  /** `gcc`, `clang`, `openjdk`, …: lower case, one word for each family. */
  readonly family: string;
  /** Any version when absent. */
  readonly version?: string;
}

const WORD = /^([a-z][a-z+]*?)[-_: ]?v?([0-9]+(?:\.[0-9]+)*)?$/;
const FAMILIES: Readonly<Record<string, string>> = {
  'g++': 'gcc',
  'clang++': 'clang',
  // The default of most Linux distributions.
  cc: 'gcc',
  'c++': 'gcc',
  cl: 'msvc',
  llvm: 'clang',
  golang: 'go',
  java: 'openjdk',
  jdk: 'openjdk',
  temurin: 'openjdk',
  rustc: 'rust',
};
/** Families that are recognised without a version. */
const KNOWN_FAMILIES: ReadonlySet<string> = new Set([
  'gcc',
  'clang',
  'msvc',
  'openjdk',
  'go',
  'rust',
]);
/** Families that a definition's `compilers:` can install. */
export const INSTALLED_COMPILERS: readonly string[] = ['gcc', 'clang', 'openjdk'];
/** Words that name a processor, not a compiler. */
const PROCESSORS = /^(?:x86|x64|amd64|arm|armv|armhf|aarch|i|ia|riscv|ppc|s390x?)[0-9_]*$/;

/** Parses the name of a compiler; undefined if it is none. */
export function parseCompiler(text: string): Compiler | undefined {
  const [, word, version] = WORD.exec(text.trim().toLowerCase()) ?? [];
  if (word === undefined) return undefined;
  return { family: FAMILIES[word] ?? word, ...(version === undefined ? {} : { version }) };
}

/** The name of a compiler as variants have it: `gcc15`. */
export function formatCompiler({ family, version = '' }: Compiler): string {
  return `${family}${version}`;
}

/** The compiler in a word of a variant, as in `gcc15` and `clang`; undefined for `asan`, `x86` and `base`. */
export function compilerOfWord(word: string): Compiler | undefined {
  if (PROCESSORS.test(word)) return undefined;
  const compiler = parseCompiler(word);
  return compiler && (compiler.version !== undefined || KNOWN_FAMILIES.has(compiler.family))
    ? compiler
    : undefined;
}

/** Whether a compiler satisfies the wanted one: 15.2 satisfies 15, and every version satisfies none. */
export function isCompiler(actual: Compiler, wanted: Compiler): boolean {
  if (actual.family !== wanted.family) return false;
  if (wanted.version === undefined) return true;
  return `${actual.version ?? ''}.`.startsWith(`${wanted.version}.`);
}
