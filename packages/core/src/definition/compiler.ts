/** A compiler as people name it: `gcc15`, `gcc-15`, `gcc:15.1`, `GCC 15`, `clang`. */
export interface Compiler {
  /** `gcc`, `clang`, `openjdk`, …: lower case, one word for each family. */
  readonly family: string;
  /** Absent: any. */
  readonly version?: string;
}

const WORD = /^([a-z][a-z+]*?)[-_: ]?v?([0-9]+(?:\.[0-9]+)*)?$/;
const FAMILIES: Readonly<Record<string, string>> = {
  'g++': 'gcc',
  'clang++': 'clang',
  llvm: 'clang',
  golang: 'go',
  java: 'openjdk',
  jdk: 'openjdk',
  temurin: 'openjdk',
  rustc: 'rust',
};
/** Families that a word names without any version. */
const KNOWN: ReadonlySet<string> = new Set(['gcc', 'clang', 'msvc', 'openjdk', 'go', 'rust']);
/** Letters and digits that name a processor, not a compiler. */
const PROCESSORS = /^(?:x86|x64|amd64|arm|armv|armhf|aarch|i|ia|riscv|ppc|s390x?)[0-9_]*$/;

/** @returns undefined for what names no compiler */
export function parseCompiler(text: string): Compiler | undefined {
  const [, word, version] = WORD.exec(text.trim().toLowerCase()) ?? [];
  if (word === undefined) return undefined;
  return { family: FAMILIES[word] ?? word, ...(version === undefined ? {} : { version }) };
}

export function formatCompiler({ family, version = '' }: Compiler): string {
  return `${family}${version}`;
}

/** The compiler that a word of a variant names, if it does: `gcc15` and `clang` do; `asan`, `x86` and `base` do not. */
export function compilerOfWord(word: string): Compiler | undefined {
  if (PROCESSORS.test(word)) return undefined;
  const compiler = parseCompiler(word);
  return compiler && (compiler.version !== undefined || KNOWN.has(compiler.family))
    ? compiler
    : undefined;
}

/** Whether a compiler is what was asked for: 15.2 is a 15, and no version asked for is any. */
export function isCompiler(actual: Compiler, wanted: Compiler): boolean {
  if (actual.family !== wanted.family) return false;
  if (wanted.version === undefined) return true;
  return `${actual.version ?? ''}.`.startsWith(`${wanted.version}.`);
}
