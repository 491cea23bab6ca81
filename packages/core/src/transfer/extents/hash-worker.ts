// The function that the worker threads of hash-all.ts run.
import { hashExtent } from './hash-extent.js';

export default hashExtent;
