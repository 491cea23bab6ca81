// What a thread of the pool runs.
import { hashExtent } from './hash-extent.js';

export default hashExtent;
