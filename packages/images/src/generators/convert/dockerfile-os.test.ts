import { expect, it } from 'vitest';
import { osOf } from './dockerfile-os.js';

it.each([
  ['FROM ubuntu:25.04', 'ubuntu-25.04'],
  ['from docker.io/library/debian:13-slim', 'debian-13'],
  ['FROM --platform=$BUILDPLATFORM alpine:3.22 AS build', 'alpine-3.22'],
  ['FROM node:22-bookworm-slim', 'debian-12'],
  ['FROM python:3.14-alpine3.22', 'alpine-3.22'],
  ['FROM rockylinux:9', 'rockylinux-9'],
  [`FROM ubuntu:24.04@sha256:${'0'.repeat(64)}`, 'ubuntu-24.04'],
  ['FROM registry.example.com:5000/team/ubuntu:24.04', 'ubuntu-24.04'],
  ['FROM debian:12 AS Base\r\nFROM golang:1.26 AS build\r\nFROM base\r\n', 'debian-12'],
])('of %j is %s', (dockerfile, expected) => {
  expect(osOf(dockerfile)).toBe(expected);
});

it.each([
  '',
  'FROM scratch',
  'FROM ubuntu',
  'FROM ubuntu:latest',
  'FROM $BASE',
  'FROM ubuntu:${VERSION}',
  'FROM node:22',
  'FROM ubuntu:24.04\nFROM scratch',
  '# FROM ubuntu:24.04',
])('of %j is not known', (dockerfile) => {
  expect(osOf(dockerfile)).toBeUndefined();
});
