export { createMemoryBreakers, type MemoryBreakersOptions } from './memory-breakers.ts'
