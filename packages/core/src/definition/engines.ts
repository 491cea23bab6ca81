/** What `engine:` and `--engine` take. */
export const ENGINES = [
  'auto',
  'docker',
  'podman',
  'containerd',
  'kind',
  'k3d',
  'embedded',
] as const;
export type EngineName = (typeof ENGINES)[number];
