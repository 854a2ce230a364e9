export { openRag } from './app.ts'
export { ragConfigSchema, type RagConfig } from './config.ts'
export { ingestPaths, type IngestOptions, type IngestSummary } from './ingest/ingest-paths.ts'
