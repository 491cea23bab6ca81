import { expect, it } from 'vitest';
import { osOf } from './dockerfile-os.js';

it.each([
  ['FROM ubuntu:25.04', 'ubuntu-25.04'],
  ['from docker.io/library/debian:13-slim', 'debian-13'],
  ['FROM docker.io/library/debian:12.5-slim@sha256:abc', 'debian-12.5'],
  ['FROM --platform=$BUILDPLATFORM alpine:3.22 AS build', 'alpine-3.22'],
  ['from --platform=$BUILDPLATFORM alpine:3.22.1 as base', 'alpine-3.22'],
  ['FROM node:22-bookworm-slim', 'debian-12'],
  ['FROM python:3.14-alpine3.22', 'alpine-3.22'],
  ['FROM rockylinux:9', 'rockylinux-9'],
  [`FROM ubuntu:24.04@sha256:${'0'.repeat(64)}`, 'ubuntu-24.04'],
  ['FROM registry.example.com:5000/team/ubuntu:24.04', 'ubuntu-24.04'],
  ['FROM debian:12 AS Base\r\nFROM golang:1.26 AS build\r\nFROM base\r\n', 'debian-12'],
  ['FROM ubuntu:24.04 AS Base\nRUN x\nFROM golang:1.25-trixie AS build\nFROM base', 'ubuntu-24.04'],
  ['FROM node:20-alpine', 'node-20'],
  ['FROM nginx:1.27', 'nginx-1.27'],
  ['FROM ubuntu', 'ubuntu-latest'],
  ['FROM registry.example.com:5000/team/tool', 'tool-latest'],
  ['FROM gcr.io/distroless/static-debian12:nonroot', 'debian-12'],
  ['FROM amazon/aws-cli:2.15.0', 'awscli-2.15.0'],
  ['ARG V=12\nFROM debian:${V}-slim', 'debian-12'],
  ['ARG A=1 V="13"\nFROM debian:$V', 'debian-13'],
  ['FROM debian:${V:-12}', 'debian-12'],
  ['ARG IMAGE=debian:12\nFROM \\\n  ${IMAGE} AS base\n', 'debian-12'],
])('of %j is %s', (dockerfile, expected) => {
  expect(osOf(dockerfile)).toBe(expected);
});

it('takes build arguments before defaults, and only those that are declared before the first FROM', () => {
  expect(osOf('ARG V=12\nFROM debian:$V', { V: '13' })).toBe('debian-13');
  expect(osOf('FROM debian:12 AS a\nARG V\nFROM debian:$V', { V: '13' })).toBeUndefined();
});

it.each([
  '',
  'FROM scratch',
  'FROM $BASE',
  'FROM ubuntu:${VERSION}',
  `FROM registry.example.com/tool@sha256:${'0'.repeat(64)}`,
  'FROM ubuntu:24.04\nFROM scratch',
  '# FROM ubuntu:24.04',
])('of %j is not known', (dockerfile) => {
  expect(osOf(dockerfile)).toBeUndefined();
});
