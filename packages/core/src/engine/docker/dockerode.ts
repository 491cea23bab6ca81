/** All that is used of dockerode: a file of its own in the package (`rolldown.config.mjs`). */
export { default as Docker } from 'dockerode';
export { default as Modem } from 'docker-modem';
