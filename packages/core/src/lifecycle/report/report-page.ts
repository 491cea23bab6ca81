import type { Report } from './report.js';

/** Renders a report as one HTML page without script, font or network access. */
export async function reportPage(report: Report): Promise<string> {
  // Only this command needs it, and every command would load it.
  const { renderReport } = await import('./report-parts.js');
  return renderReport(report);
}
