import { canBuild, type BuildingEngine, type Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { option, wording } from '../../wording.js';

/** Narrows an engine to one that can build. @throws ImageError UNAVAILABLE (it cannot run commands) */
export function requireBuilder(engine: Engine, name: string): BuildingEngine {
  if (canBuild(engine)) return engine;
  throw new ImageError(
    'UNAVAILABLE',
    `${name}: ${engine.location} runs no commands, and the image has steps`,
    {
      location: engine.location,
      hint: wording`Use ${option('engine', 'docker')}, or describe the image with base: and copy: alone.`,
    },
  );
}
