export { openReasoning } from './app.ts'
export { reasoningConfigSchema, type ReasoningConfig } from './config.ts'
