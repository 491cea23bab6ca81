// The main module of the file that contains Node.js: main.ts of the command, without the files of a package.
import cluster from 'node:cluster';
import { version } from '../../packages/cli/package.json';
import { run } from '../../packages/cli/dist/run.js';

// A forked process gets the path of a script first, which this program does not have.
if (cluster.isWorker) process.argv.splice(2, 1);
void run(version);
