/**
 * The headings under which `stowage help VERB` lists options. `stowage VERB --help` shows only options without a heading:
 * those that the verb is about.
 */
export const GROUPS = {
  /** Options of every command. */
  general: 'Output and settings:',
  engine: 'Engine:',
  registry: 'Access to registries:',
  /** Options of one command that few of its users need. */
  further: 'Further options:',
} as const;
