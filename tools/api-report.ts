import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/** An entry point of a package, as its `exports` name it. */
export interface EntryPoint {
  /** The package's folder. */
  readonly folder: string;
  /** Its declarations, relative to the folder. */
  readonly types: string;
}

/** The surface of an entry point. */
export interface ApiReport {
  /** Its declarations as Markdown, sorted, without docstrings. */
  readonly text: string;
  /** Errors and warnings, mainly types that a signature uses but the entry point does not export. */
  readonly problems: readonly string[];
}

/** Extracts the surface of an entry point from its built declarations. */
export function apiReport({ folder, types }: EntryPoint): ApiReport {
  const output = mkdtempSync(join(tmpdir(), 'stowage-api-'));
  const problems: string[] = [];
  try {
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: join(folder, types),
        newlineKind: 'lf',
        compiler: { tsconfigFilePath: join(folder, 'tsconfig.lib.json') },
        apiReport: { enabled: true, reportFolder: output, reportTempFolder: output },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.Warning },
            // TypeDoc checks docstrings, so their messages are off here.
            'ae-undocumented': { logLevel: ExtractorLogLevel.None },
            'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    });
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        const { logLevel } = message;
        const isProblem =
          logLevel === ExtractorLogLevel.Error || logLevel === ExtractorLogLevel.Warning;
        if (isProblem && message.messageId !== 'console-api-report-created')
          problems.push(message.formatMessageWithLocation(folder));
        message.handled = true;
      },
    });
    return { text: readFileSync(config.reportFilePath, 'utf8'), problems };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
