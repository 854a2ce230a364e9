export { addMetadata, createResponseComposer, type ResponseComposer, type ResponseEnd } from './compose-response.ts'
export { conversationItemsSchema, conversationUpdateSchema, newConversationSchema, readConversationId, type ConversationObject } from './conversation.ts'
export { readItemHome, toInputItems, type ConversationItem } from './input-items.ts'
export { readResponsesRequest, type ReadResponsesRequest } from './read-responses-request.ts'
export { ENDING_EVENTS, formatResponseEvent, type NewResponseEvent, type ResponseEvent } from './response-events.ts'
export {
  toResponseObject,
  type Annotation,
  type ApprovalRequestItem,
  type OutputItem,
  type ResponseObject,
  type ResponseStatus,
  type ResponseUsage,
} from './response-object.ts'
export { responsesRequestSchema, toItemType, type InputItem, type ResponsesRequest } from './responses-request.ts'
export { readChat, readChatReply, type ChatReading, type ChatReply } from './read-chat.ts'
export { readSseData } from './read-sse-data.ts'
export { toChatOutline, toChatRequest, type ChatDialect } from './to-chat-request.ts'
