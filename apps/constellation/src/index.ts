export { ingestPaths } from '@signalbox/rag'
export { openDataFolder } from './data-folder.ts'
export { openConstellation, type Constellation } from './open-constellation.ts'
