import { describe, expect, it } from 'vitest';
import { addKubernetesImages } from './in-kubernetes.js';
import { ListContent } from './list-content.js';
import type { Value } from './yaml-value.js';
import { parseImageList } from './image-list.js';

const images = (text: string) =>
  parseImageList({ text, path: 'all.yaml' }).images.map(({ image, usedBy }) => [image, ...usedBy]);
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
    [
      'Argo templates, scripts, sidecars and container sets',
      `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { generateName: build- }
spec:
  templates:
    - name: main
      container: { image: "docker/whalesay" }
      initContainers: [{ name: i, image: "init:1" }]
      sidecars: [{ name: s, image: "redis:7" }]
    - name: script
      script: { image: "python:3.13", command: [python], source: "print('{{inputs.parameters.x}}')" }
    - name: set
      containerSet: { containers: [{ name: a, image: "set:1" }] }
    - name: plugin
      inputs: { artifacts: [{ name: icon, http: { url: https://example.com/image.png } }] }`,
      ['docker/whalesay', 'init:1', 'redis:7', 'python:3.13', 'set:1'],
      'Workflow/build-',
    ],
    [
      'Tekton steps, step templates and sidecars',
      `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: t }
spec:
  stepTemplate: { image: "template:1" }
  steps: [{ image: "golang:1.25", script: "go test" }, { name: lint, image: "lint:1" }]
  sidecars: [{ image: "docker:dind" }]`,
      ['template:1', 'golang:1.25', 'lint:1', 'docker:dind'],
      'Task/t',
    ],
    [
      'a Knative service',
      'kind: Service\nmetadata: { name: k }\nspec: { template: { spec: { containers: [{ image: "ghcr.io/k/hello:1" }] } } }',
      ['ghcr.io/k/hello:1'],
      'Service/k',
    ],
    [
      'custom resources: beside fields of a container, as complete references, in items with a name',
      `kind: Operator
metadata: { name: o }
spec:
  image: quay.io/prometheus/prometheus:v3
  server: { image: server, imagePullPolicy: Always }
  parts: [{ name: p, image: part }]
  disk: { containerDisk: { image: kubevirt/fedora } }`,
      ['quay.io/prometheus/prometheus:v3', 'server', 'part', 'kubevirt/fedora'],
      'Operator/o',
    ],
    [
      'an anchor that stands in two places',
      'kind: X\nx-shared: { c: &c { image: "one" } }\nspec: { containers: [*c, { <<: *c, name: b }, { <<: [*c], image: two }] }',
      ['one', 'two'],
      'X',
    ],
  ])('are found in %s', (_, text, expected, usedBy) => {
    expect(images(text)).toEqual(expected.map((image) => [image, usedBy]));
  });

  it.each([
    [
      'pictures and virtual machines',
      '{kind: X, spec: {image: ubuntu-24.04, icon: {image: "https://a.example.com/x.png"}}}',
    ],
    [
      'repositories to scan',
      '{kind: ImageRepository, spec: {image: ghcr.io/org/app, interval: 1m}}',
    ],
    ['status', '{kind: Pod, status: {containerStatuses: [{name: a, image: "one:1"}]}}'],
    ['metadata', '{kind: Pod, metadata: {annotations: {image: "a.example.com/b:1"}}}'],
    ['data of a config map', '{kind: ConfigMap, data: {image: "a.example.com/b:1"}}'],
    [
      'schemas of custom resources',
      '{kind: CustomResourceDefinition, spec: {schema: {openAPIV3Schema: {default: {image: "a.example.com/b:1"}}}}}',
    ],
    [
      'fields that are no text',
      '{kind: X, spec: {containers: [{image: {repository: a, tag: b}}, {image: ""}, {image: }]}}',
    ],
  ])('are not found in %s', (_, text) => {
    expect(images(text)).toEqual([]);
  });
});

it('a list may have more items than a call may have arguments', () => {
  const pod = { kind: 'map', fields: new Map<string, Value>(), line: 1 } as const;
  const image = { kind: 'text', text: 'a:1', line: 1 } as const;
  const container = { kind: 'map', fields: new Map([['image', image]]), line: 1 } as const;
  const items = Array.from({ length: 200_000 }, (_, at) => (at === 0 ? container : image));
  pod.fields.set('containers', { kind: 'list', items, line: 1 });
  const content = new ListContent('f');
  addKubernetesImages(pod, content);
  expect(content.images.map((each) => each.image)).toEqual(['a:1']);
});

describe('the image of a workflow that is known at run time only', () => {
  it.each([
    '{{workflow.parameters.image}}',
    '{{ inputs.parameters.image }}',
    'a:{{inputs.parameters.tag}}',
    '{{item}}',
    "{{=inputs.parameters['a-b']}}",
    'r/{{steps.a.outputs.result}}:{{item.tag}}',
    '$(params.image)',
    '$(params["image"])',
    'a@$(tasks.build.results.digest)',
  ])('is skipped, with its line: %s', (image) => {
    const steps = `[{ name: a, image: ${JSON.stringify(image)} }, { name: b, image: "b:1" }]`;
    const text = `kind: Task\nspec:\n  steps: ${steps}\n`;
    const { images: found, notices } = parseImageList({ text, path: 'all.yaml' });
    expect(found.map((each) => each.image)).toEqual(['b:1']);
    expect(notices).toEqual([
      `all.yaml:3: the image ${JSON.stringify(image)} is known at run time only: skipped`,
    ]);
  });

  it.each([
    '{{ .Values.image }}',
    '{{item}}:{{ .Values.tag }}',
    '{{ include "workflow.x" . }}',
    '{{items}}',
  ])('is not a template of Helm: %s', (image) => {
    const text = `kind: Task\nspec:\n  steps: [{ name: a, image: ${JSON.stringify(image)} }]\n`;
    expect(() => parseImageList({ text, path: 'f' })).toThrow(/f:3: a template with {{ … }}/);
  });
});
