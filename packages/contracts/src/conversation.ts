import { z } from 'zod'

/** What the caller sent, reduced to what agents work on: who spoke, and the text. */
export const turnSchema = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  text: z.string(),
})
export const conversationSchema = z.array(turnSchema).min(1).max(2_000)
export type ConversationTurn = z.infer<typeof turnSchema>
export type Conversation = z.infer<typeof conversationSchema>
