import { describe, expect, it } from 'vitest';
import { parseKubernetes } from './kubernetes.js';

const images = (text: string) =>
  parseKubernetes({ text, path: 'all.yaml' }).map(({ image, usedBy }) => [image, ...usedBy]);
const pod = (kind: string, spec: string) =>
  `{apiVersion: v1, kind: ${kind}, metadata: {name: a}, spec: ${spec}}`;
const PODS = '{containers: [{name: c, image: "one:1"}]}';

describe('images of Kubernetes manifests', () => {
  it.each([
    ['a pod', pod('Pod', PODS)],
    ['a deployment', pod('Deployment', `{template: {spec: ${PODS}}}`)],
    ['a stateful set', pod('StatefulSet', `{template: {spec: ${PODS}}}`)],
    ['a daemon set', pod('DaemonSet', `{template: {spec: ${PODS}}}`)],
    ['a job', pod('Job', `{template: {spec: ${PODS}}}`)],
    ['a cron job', pod('CronJob', `{jobTemplate: {spec: {template: {spec: ${PODS}}}}}`)],
    ['a custom kind', pod('Rollout', `{template: {spec: ${PODS}}}`)],
  ])('are found in %s', (_, text) => {
    expect(images(text)).toEqual([['one:1', expect.stringMatching(/\/a$/)]]);
  });

  it('are found in init and ephemeral containers, and in volumes', () => {
    const spec =
      '{initContainers: [{image: i}], containers: [{image: c}], ephemeralContainers: [{image: e}], volumes: [{name: v, image: {reference: r}}]}';
    expect(images(pod('Pod', spec)).map(([image]) => image)).toEqual(['i', 'c', 'e', 'r']);
  });

  it('are found in several documents and lists, each once, with all objects that use it', () => {
    const list = `{apiVersion: v1, kind: List, items: [${pod('Pod', PODS)}, ${pod('Job', PODS)}]}`;
    const other = pod('Pod', '{containers: [{image: "docker.io/library/one:1"}, {image: two}]}');
    expect(images(`---\n${list}\n---\n# nothing\n---\n${other}\n`)).toEqual([
      ['one:1', 'Pod/a', 'Job/a'],
      ['two', 'Pod/a'],
    ]);
  });

  it.each([
    ['no YAML', 'a: [', 'all.yaml'],
    ['no manifest', 'a: 1', 'without a kind'],
    ['a template', pod('Pod', '{containers: [{image: "{{ .Values.image }}"}]}'), 'Pod/a'],
    [
      'too many aliases',
      `kind: x\na: &a [${'1,'.repeat(99)}]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`,
      'alias',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => images(text)).toThrow(message);
  });
});
