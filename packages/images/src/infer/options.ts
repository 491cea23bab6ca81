/** Options of the plugin in nx.json. */
export interface ImagesPluginOptions {
  readonly saveTargetName?: string;
  readonly loadTargetName?: string;
  readonly buildTargetName?: string;
  readonly verifyTargetName?: string;
  readonly pushTargetName?: string;
  readonly pruneTargetName?: string;
  readonly serveTargetName?: string;
  readonly reportTargetName?: string;
}

export type Targets = Required<ImagesPluginOptions>;

export function normalizeOptions(options: ImagesPluginOptions | undefined): Targets {
  return {
    saveTargetName: options?.saveTargetName ?? 'image-save',
    loadTargetName: options?.loadTargetName ?? 'image-load',
    buildTargetName: options?.buildTargetName ?? 'image-build',
    verifyTargetName: options?.verifyTargetName ?? 'image-verify',
    pushTargetName: options?.pushTargetName ?? 'image-push',
    pruneTargetName: options?.pruneTargetName ?? 'image-prune',
    serveTargetName: options?.serveTargetName ?? 'image-serve',
    reportTargetName: options?.reportTargetName ?? 'image-report',
  };
}
