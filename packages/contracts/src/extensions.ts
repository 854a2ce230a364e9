/**
 * The A2A extensions our services speak. Data travels in `metadata` under these keys, or in data
 * parts that name their `kind`; an agent that does not declare one never sees it.
 */
export const EXTENSIONS = {
  /** `statusUpdate.metadata[…]` = `SessionEvent`: what a session is doing, numbered. */
  sessionEvents: 'urn:signalbox:ext:session-events:v1',
  /** `task.metadata[…]` = `SessionView`: the session as its owner may see it. */
  session: 'urn:signalbox:ext:session:v1',
  /** Final `status` update's `metadata[…]` = `Usage`: what the task spent on model calls. */
  usage: 'urn:signalbox:ext:usage:v1',
  /** An agent with this extension takes the results of earlier nodes as `NodeInput` data parts; others get them as text. */
  inputs: 'urn:signalbox:ext:inputs:v1',
  /** Final failed `status` update's `metadata[…]` = `{code, retryable}`. */
  failure: 'urn:signalbox:ext:failure:v1',
  /** A `working` status update's `metadata[…]` = `PutContext[]`: values the agent shares with the session's other nodes, at once. */
  context: 'urn:signalbox:ext:context:v1',
  /** A message's `metadata[…]` = ids of the sessions that it is sent on behalf of, outermost first. Whoever orchestrates passes it on, so that agents which ask each other in a circle are found out. */
  lineage: 'urn:signalbox:ext:lineage:v1',
  /** An `auth-required` status's `metadata[…]` = `{asks: AgentAsk[]}`: what the agent wants a person's word for. The answer is a message on the task with an `ApprovalDecisionPart` for each. */
  approval: 'urn:signalbox:ext:approval:v1',
} as const

/** Request headers between our services, beside `Authorization` and the W3C trace context. */
export const SERVICE_HEADERS = {
  /** The API key's id on whose behalf a call is made. Believed only together with a valid service token. */
  owner: 'x-signalbox-owner',
  /** Who acts, where it is not the owner's own business: `toActorHeader`. Believed only together with a valid service token. */
  actor: 'x-signalbox-actor',
  requestId: 'x-request-id',
  idempotencyKey: 'idempotency-key',
} as const
