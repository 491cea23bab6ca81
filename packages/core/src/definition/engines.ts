/** All values of `engine:` in the settings and of `--engine`. */
export const ENGINES = [
  'auto',
  'docker',
  'podman',
  'containerd',
  'kind',
  'k3d',
  'embedded',
] as const;
/** A value of `engine:` in the settings. */
export type EngineName = (typeof ENGINES)[number];
