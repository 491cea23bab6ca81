/** Options of a container, as they are written in a target. */
export interface ContainerOptions {
  /** As `8080:80` or `127.0.0.1:8080:80`. */
  readonly ports?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As `<folder>:<path in the container>[:ro]`. */
  readonly volumes?: readonly string[];
  readonly network?: string;
  /** Arguments in place of the image's. */
  readonly args?: readonly string[];
}

/**
 * Arguments of `docker run` for an image that the engine has: in the foreground, removed when it ends, never pulled.
 *
 * @param resolvePath makes a relative folder of `volumes` absolute
 */
export function runArguments(
  image: string,
  {
    name,
    ports = [],
    env = {},
    volumes = [],
    network,
    args = [],
  }: ContainerOptions & { readonly name: string },
  resolvePath: (path: string) => string,
): string[] {
  return [
    'run',
    '--rm',
    '--init',
    '--pull=never',
    `--name=${name}`,
    ...ports.map((each) => `--publish=${each}`),
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...volumes.map((each) => `--volume=${volumeAt(each, resolvePath)}`),
    ...(network === undefined ? [] : [`--network=${network}`]),
    image,
    ...args,
  ];
}

/** A name alone is a volume of the engine; what begins with a dot is a folder. */
function volumeAt(volume: string, resolvePath: (path: string) => string): string {
  const [, folder, rest] = /^(\.{1,2}(?:[/\\][^:]*)?)(:.*)$/.exec(volume) ?? [];
  return folder === undefined ? volume : `${resolvePath(folder)}${rest ?? ''}`;
}
