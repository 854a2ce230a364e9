import type { Hono } from 'hono'

import type { ApprovalDesk } from '../core/approval-desk.ts'
import type { ModelEntry } from '../core/list-models.ts'
import type { Orchestrator } from '../core/orchestrator.ts'
import type { AuditDesk, ChannelDesk } from '../core/oversight-desk.ts'
import type { AgentDesk, DeadLetterDesk, SessionDesk } from '../core/session-desk.ts'
import type { StopBell } from '../core/stop-bell.ts'
import { mountAgents } from './agents.ts'
import { mountApprovals } from './approvals.ts'
import { mountAudit } from './audit.ts'
import { mountChannels } from './channels.ts'
import { answerChat, type ChatOptions } from './chat-completions.ts'
import { mountDeadLetters } from './dead-letters.ts'
import { mountFeed } from './feed.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { mountModels } from './models.ts'
import { answerCompletion, answerEmbedding, type PlainModelOptions } from './plain-models.ts'
import { answerRoute } from './route.ts'
import { mountConversations } from './responses/mount-conversations.ts'
import { mountResponses } from './responses/mount-responses.ts'
import type { ResponsesOptions } from './responses/responses-options.ts'
import { mountSessionEvents } from './session-events.ts'
import { mountSessions } from './sessions.ts'

/** What the resources of the public API stand on. */
export interface Resources {
  chat: ChatOptions
  plainModels: PlainModelOptions
  responses: ResponsesOptions
  listModels: (owner: string) => Promise<ModelEntry[]>
  orchestrator: Orchestrator
  sessions: SessionDesk
  agents: AgentDesk
  deadLetters: DeadLetterDesk
  approvals: ApprovalDesk
  audit: AuditDesk
  channels: ChannelDesk
  stopBell: StopBell
  keepAliveMs: number
}

/**
 * Every resource of the public API, for callers that somebody has let in: `owner`, and `actor` where there is one, and
 * `record` stand in the context. Mounted under `/v1` for keys, and for people at the console.
 */
export function mountResources(app: Hono<GatewayEnv>, resources: Resources): void {
  const { orchestrator, sessions, audit, stopBell, keepAliveMs } = resources
  app.post('/chat/completions', answerChat(resources.chat))
  app.post('/completions', answerCompletion(resources.plainModels))
  app.post('/embeddings', answerEmbedding(resources.plainModels))
  app.post('/route', answerRoute(resources.chat))
  mountResponses(app, resources.responses)
  mountConversations(app, resources.responses)
  mountModels(app, resources.listModels)
  mountSessions(app, orchestrator, sessions)
  mountSessionEvents(app, { orchestrator, desk: sessions, stopBell, keepAliveMs })
  mountDeadLetters(app, resources.deadLetters)
  mountAgents(app, resources.agents)
  mountApprovals(app, resources.approvals)
  mountAudit(app, audit)
  mountFeed(app, { desk: audit, stopBell, keepAliveMs })
  mountChannels(app, resources.channels)
}
