import type { Telemetry } from '@signalbox/telemetry'
import type { ReadResponsesRequest, ResponseObject } from '@signalbox/openai-wire/responses'

import type { ModelUpstream } from '../../adapters/model-upstream.ts'
import type { SpeculationWatch } from '../../adapters/transport-metrics.ts'
import type { ApprovalDesk } from '../../core/approval-desk.ts'
import type { Decider } from '../../core/decide.ts'
import type { ExplainTools } from '../../core/explain-route.ts'
import type { Orchestrator } from '../../core/orchestrator.ts'
import type { RoutingPolicies } from '../../core/routing-policy.ts'
import type { SessionDesk } from '../../core/session-desk.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { CallerPresence } from '../caller-presence.ts'
import type { ComplexPath } from '../complex/hold-turn.ts'
import type { BackgroundRuns } from './background-runs.ts'
import type { KeptConversations } from './kept-conversations.ts'
import type { KeptResponses } from './kept-responses.ts'
import type { ResolvedConversation } from './resolve-conversation.ts'

/** What `/v1/responses` stands on. */
export interface ResponsesOptions {
  telemetry: Telemetry
  stopBell: StopBell
  maxBodyBytes: number
  keepAliveMs: number
  decide: Decider
  policies: RoutingPolicies
  /** What a request is explained with that only wants to know its way. */
  explain: ExplainTools
  complex: ComplexPath
  orchestrator: Orchestrator
  sessions: SessionDesk
  approvals: ApprovalDesk
  /** The model's endpoint, by the transport that chat completions take: one pool, one line, one budget of tries. */
  upstream: ModelUpstream
  /** It is OpenAI's own. */
  isOpenAI: boolean
  /** Whether to call the model while a request's way is still being judged, where its policy does not say. */
  speculates: boolean
  speculation: SpeculationWatch
  /** Whether the endpoint makes responses itself, or they are made of its chat. */
  mode: 'passthrough' | 'translate'
  kept: KeptResponses
  conversations: KeptConversations
  runs: BackgroundRuns
}

/** A request for a response, as far as it is known before somebody answers it. */
export interface ResponseRequest {
  /** The response's own id. */
  id: string
  read: ReadResponsesRequest
  conversation: ResolvedConversation
  /** The response as it begins. */
  initial: ResponseObject
  /** What the answer carries already. More is added, so that an error says it too. */
  headers: Record<string, string>
  caller: CallerPresence
}
