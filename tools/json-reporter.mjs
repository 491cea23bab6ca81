import { JsonReporter } from 'vitest/node';

/** Vitest's JSON reporter, with the errors outside of tests, for which a run fails although every test passed. */
export default class extends JsonReporter {
  #unhandled = [];

  onTestRunEnd(modules, unhandledErrors) {
    this.#unhandled = unhandledErrors.map((error) => error.stack ?? error.message);
    return super.onTestRunEnd(modules);
  }

  writeReport(report) {
    return super.writeReport(JSON.stringify({ ...JSON.parse(report), unhandled: this.#unhandled }));
  }
}
