export { chatMessageSchema, chatRequestSchema, messageText, type ChatMessage, type ChatRequest } from './chat-request.ts'
export * from './chat-response.ts'
export { toOpenAIError, type OpenAIErrorBody } from './errors.ts'
export { formatSseData, SSE_DONE, SSE_HEADERS, SSE_KEEP_ALIVE } from './sse.ts'
