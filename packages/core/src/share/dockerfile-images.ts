/** Build arguments by name. */
export type BuildArguments = Readonly<Record<string, string>>;

/**
 * The references of images from outside that a Dockerfile names: of each `FROM`, `COPY --from` and `--mount=…,from=` that is
 * no stage, and of the syntax that it is written in. Variables are replaced by `args`, else by the defaults of `ARG`; one without
 * a value stays as it is written.
 *
 * @param args values of `ARG` before the first stage.
 */
export function imagesOfDockerfile(text: string, args: BuildArguments): string[] {
  const images: string[] = [];
  const stages = new Set<string>(['scratch']);
  const values = new Map(Object.entries(args));
  const add = (image: string) => {
    if (!stages.has(image.toLowerCase()) && !/^[0-9]+$/.test(image)) images.push(image);
  };
  const directives = directivesOf(text);
  // BuildKit takes this argument before the directive.
  const syntax = args['BUILDKIT_SYNTAX'] ?? directives.get('syntax');
  if (syntax !== undefined) images.push(syntax);
  let isGlobal = true;
  for (const { instruction, rest } of instructions(text, directives.get('escape'))) {
    if (instruction === 'ARG' && isGlobal)
      for (const [, name = '', quoted, value = ''] of rest.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g))
        if (!values.has(name)) values.set(name, quoted ?? value);
    if (instruction === 'FROM') {
      isGlobal = false;
      const [image = '', as, stage] = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
      add(replaceVariables(image, values));
      if (as?.toUpperCase() === 'AS' && stage !== undefined) stages.add(stage.toLowerCase());
      continue;
    }
    for (const [, image = ''] of rest.matchAll(/(?:^|\s)--from=(\S+)/g))
      if (instruction === 'COPY') add(replaceVariables(image, values));
    for (const [, image = ''] of rest.matchAll(/--mount=(?:\S*,)?from=([^\s,]+)/g))
      if (instruction === 'RUN') add(replaceVariables(image, values));
  }
  return [...new Set(images)];
}

function replaceVariables(text: string, values: ReadonlyMap<string, string>): string {
  const plain = text.replace(/^(["'])(.*)\1$/, '$2');
  return plain.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/g,
    (all, bare: string | undefined, name: string | undefined, fallback: string | undefined) =>
      (values.get(bare ?? name ?? '') || fallback) ?? all,
  );
}

interface Instruction {
  /** In capital letters. */
  readonly instruction: string;
  readonly rest: string;
}

/** The directives, by name: comments `name=value` before all else. */
function directivesOf(text: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*(?:#|\/\/)\s*(\w+)\s*=\s*(\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    directives.set(name.toLowerCase(), value);
  }
  return directives;
}

/** The instructions, with continued lines joined; comments and here-documents are left out. */
function* instructions(text: string, escape = '\\'): Iterable<Instruction> {
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    let line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    while (line.endsWith(escape) && at + 1 < lines.length) {
      const next = (lines[++at] ?? '').trim();
      line = next === '' || next.startsWith('#') ? line : `${line.slice(0, -1)} ${next}`;
    }
    const [, word = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(line) ?? [];
    const instruction = word.toUpperCase();
    if (WITH_DOCUMENTS.has(instruction))
      for (const [, end] of rest.matchAll(/(?:^|\s)\d*<<-?["']?(\w+)["']?(?=\s|$)/g)) {
        const found = lines.findIndex((each, index) => index > at && each.trim() === end);
        // Text that only looks like a here-document must hide no instruction.
        if (found > 0) at = found;
      }
    yield { instruction, rest };
  }
}

/** Instructions that take here-documents. */
const WITH_DOCUMENTS: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD']);
