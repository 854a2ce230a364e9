import type { ResponsesRequest } from '@signalbox/openai-wire/responses'

/**
 * Whether a client takes the item of an approval that this agent asks. OpenAI's Agents SDK ends its run with an error at
 * one of a server that its own request does not name; it has the words, with the link.
 */
export function takesApprovalItem(userAgent: string | undefined, tools: ResponsesRequest['tools'], serverLabel: string): boolean {
  if (userAgent === undefined || !userAgent.startsWith('Agents/')) return true
  return tools?.some((tool) => tool.type === 'mcp' && tool['server_label'] === serverLabel) === true
}
