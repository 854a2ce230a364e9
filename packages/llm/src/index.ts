export type {
  CallOptions,
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatRequest,
  Completion,
  FinishReason,
  StructuredAnswer,
  StructuredRequest,
} from './chat-model.ts'
export type { EmbeddingModel } from './embedding-model.ts'
export { llmFields, OPENAI_BASE_URL, resolveLlm, type LlmConfig } from './llm-config.ts'
export { createModelProbe, type ModelHealth } from './model-health.ts'
export { openChatModel, type ChatModelOptions } from './open-chat-model.ts'
export { openEmbeddingModel, type EmbeddingModelOptions } from './open-embedding-model.ts'
export { readPrices, toCost, WELL_KNOWN_PRICES, type PriceMap } from './prices.ts'
export { toStrictSchema } from './strict-schema.ts'
export { StructuredOutputError } from './structured-output-error.ts'
export { toUsage } from './usage.ts'
