/** Options of the plugin in nx.json. */
export interface ImagesPluginOptions {
  readonly saveTargetName?: string;
  readonly loadTargetName?: string;
  readonly archiveTargetName?: string;
  readonly runTargetName?: string;
  readonly buildTargetName?: string;
  readonly verifyTargetName?: string;
  readonly pushTargetName?: string;
  readonly pruneTargetName?: string;
  readonly serveTargetName?: string;
  readonly reportTargetName?: string;
  /**
   * Files that make a folder a project, for plugins that Stowage does not know: patterns of names, and the plugin in
   * nx.json that infers their projects, as in `{ "CMakeLists.txt": "@acme/nx-cmake" }`.
   */
  readonly ownerMarkers?: Readonly<Record<string, string>>;
}

export type Targets = Required<Omit<ImagesPluginOptions, 'ownerMarkers'>>;

export function normalizeOptions(options: ImagesPluginOptions | undefined): Targets {
  return {
    saveTargetName: options?.saveTargetName ?? 'image-save',
    loadTargetName: options?.loadTargetName ?? 'image-load',
    archiveTargetName: options?.archiveTargetName ?? 'image-archive',
    runTargetName: options?.runTargetName ?? 'image-run',
    buildTargetName: options?.buildTargetName ?? 'image-build',
    verifyTargetName: options?.verifyTargetName ?? 'image-verify',
    pushTargetName: options?.pushTargetName ?? 'image-push',
    pruneTargetName: options?.pruneTargetName ?? 'image-prune',
    serveTargetName: options?.serveTargetName ?? 'image-serve',
    reportTargetName: options?.reportTargetName ?? 'image-report',
  };
}
