import { parsePlatform, type PlatformChoice } from '@stowage/core';
import { Option, type Command } from 'commander';
import { GROUPS } from './help/groups.js';

/** The options of {@link withPlatforms}. */
export interface PlatformOptions {
  readonly platform?: readonly string[];
  readonly allPlatforms?: boolean;
}

/**
 * Adds `--platform` and `--all-platforms` of the commands that take images of several platforms.
 *
 * @param of what is taken, as the beginning of the help.
 */
export function withPlatforms(command: Command, of: string): Command {
  return command
    .addOption(
      new Option('--platform <platform>', `${of}; os[(version)]/architecture[/variant]; repeatable`)
        .argParser((text: string, before: readonly string[] = []) => [...before, text])
        .conflicts('allPlatforms'),
    )
    .addOption(
      new Option(
        '--all-platforms',
        "all platforms, also of an engine's image; without both options, those that are there",
      ).helpGroup(GROUPS.further),
    );
}

/** The platforms that the options choose; undefined for those that are there. @throws ImageError USAGE */
export function platformsOf({
  platform,
  allPlatforms,
}: PlatformOptions): PlatformChoice | undefined {
  return allPlatforms ? 'all' : platform?.map(parsePlatform);
}
