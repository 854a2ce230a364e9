export { eventually } from './eventually.ts'
export { freePorts } from './free-ports.ts'
export {
  openStream,
  sayError,
  sayJson,
  sayStream,
  sayWhole,
  startModelUpstream,
  streamLines,
  type ModelUpstream,
  type UpstreamAnswer,
  type UpstreamCall,
} from './model-upstream.ts'
export { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.ts'
export { recordSpans, type SpanRecorder } from './span-recorder.ts'
export { readOpenAIStream, readSse, type SseEvent } from './sse-reader.ts'
export { temporaryFolder } from './temporary-folder.ts'
export { fuzzParameters, openCorpus, type Corpus } from './corpus.ts'
