import type { NamedOption, NamedVerb, Speech } from '@stowage/core/definition';

/** The target, or else the command of `@stowage/cli`, for each verb of core that its texts name. */
const VERBS: Readonly<Record<NamedVerb['verb'], string>> = {
  build: 'nx run <project>:image-build',
  copyImages: 'stowage copy',
  doctor: 'stowage doctor',
  ensure: 'stowage ensure',
  importRegistry: 'stowage import',
  list: 'stowage ls',
  listCache: 'stowage cache ls',
  listedImages: 'stowage ls --images-from',
  prune: 'nx run <project>:image-prune',
  pruneShare: 'stowage prune --share',
  save: 'nx run <project>:image-save',
  serve: 'nx run <project>:image-serve',
  setPassword: 'stowage htpasswd',
  updateBase: 'stowage build --update-base',
  verify: 'nx run <project>:image-verify',
};

/** The words of Nx for texts of core. An option of an executor has the name that it has in core. */
export const nxSpeech: Partial<Speech> = {
  verb: ({ verb, options }) => `\`${[VERBS[verb], ...options.map(flag)].join(' ')}\``,
};

/** `--dryRun`: nx takes the option's name, and our command its words with hyphens; nx takes these, too. */
function flag({ option, value }: NamedOption): string {
  const name = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
