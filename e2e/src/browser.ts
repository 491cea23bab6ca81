import { chromium, type Browser } from 'playwright-core';

/** Starts the installed Chromium without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}
