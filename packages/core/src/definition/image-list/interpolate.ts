/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Options for replacing variables. */
export interface Interpolation {
  readonly variables: Variables;
  /** Called with each problem: a variable that has neither a value nor a default, or wrong syntax. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Replaces variables in a value of a Compose file: `$NAME`, `${NAME}` and the operators `-`, `:-`, `+`, `:+`, `?` and `:?`,
 * nested too; `$$` is a dollar sign. (Compose Specification, Interpolation.) In place of a missing variable Compose takes
 * an empty text; here it is a problem.
 */
export function interpolate(text: string, options: Interpolation): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    const [name] = NAME.exec(text.slice(dollar + 1, dollar + 1 + MAX_NAME)) ?? [];
    if (text[dollar + 1] === '{') {
      const end = closingBrace(text, dollar + 2);
      if (end < 0) {
        options.onProblem(`the closing } of ${text.slice(dollar)} is missing`);
        return out;
      }
      out += expand(text.slice(dollar + 2, end), options);
      at = end + 1;
    } else if (name !== undefined) {
      out += expand(name, options);
      at = dollar + 1 + name.length;
    } else {
      out += '$';
      at = dollar + (text[dollar + 1] === '$' ? 2 : 1);
    }
  }
  return out;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
/** Limit for a name in characters, above any real one. */
const MAX_NAME = 1000;

/** The position of the brace that closes an expression; -1 if there is none. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

/** @param expression the text between the braces. */
function expand(expression: string, options: Interpolation): string {
  const { variables, onProblem } = options;
  const [name = ''] = NAME.exec(expression) ?? [];
  const [rest, operator = '', word = ''] =
    /^(:?[-+?])?([^]*)$/.exec(expression.slice(name.length)) ?? [];
  if (name === '' || (operator === '' && rest !== '')) {
    onProblem(`${JSON.stringify(expression)} is not the name of a variable`);
    return '';
  }
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const isSet = operator.startsWith(':')
    ? value !== undefined && value !== ''
    : value !== undefined;
  if (operator.endsWith('+')) return isSet ? interpolate(word, options) : '';
  if (isSet) return value ?? '';
  if (operator.endsWith('-')) return interpolate(word, options);
  const why = operator.endsWith('?') && word !== '' ? ` (${word})` : '';
  onProblem(`the variable ${name} has no value${why}`);
  return '';
}
