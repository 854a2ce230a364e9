/**
 * Every span, attribute and metric name in one place: OpenTelemetry's GenAI and A2A conventions are
 * still in development, and a rename should be one commit.
 */
export const SPANS = {
  workflow: 'invoke_workflow',
  plan: 'plan',
  invokeAgent: 'invoke_agent',
  chat: 'chat',
  embeddings: 'embeddings',
  route: 'route',
  retrieve: 'retrieve',
} as const

export const ATTRIBUTES = {
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlPath: 'url.path',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  tokenType: 'gen_ai.token.type',
  finishReasons: 'gen_ai.response.finish_reasons',
  agentName: 'gen_ai.agent.name',
  agentVersion: 'gen_ai.agent.version',
  workflowName: 'gen_ai.workflow.name',
  conversationId: 'gen_ai.conversation.id',
  a2aMethod: 'a2a.method.name',
  a2aTaskId: 'a2a.task.id',
  a2aTaskState: 'a2a.task.state',
  a2aMessageId: 'a2a.message.id',
  requestId: 'signalbox.request.id',
  sessionId: 'signalbox.session.id',
  apiKeyId: 'signalbox.api_key.id',
  stream: 'signalbox.stream',
  routeSource: 'signalbox.route.source',
  routeComplex: 'signalbox.route.needs_orchestration',
  planNodes: 'signalbox.plan.nodes',
  planRepairs: 'signalbox.plan.repairs',
  nodeId: 'signalbox.node.id',
  nodeAttempt: 'signalbox.node.attempt',
  nodeState: 'signalbox.node.state',
  workflowOutcome: 'signalbox.workflow.outcome',
  workflowResumed: 'signalbox.workflow.resumed',
  passages: 'signalbox.retrieve.passages',
} as const

/** No user, session, task or node ids in metrics: their number must stay small. */
export const METRICS = {
  httpDuration: 'http.server.request.duration',
  routed: 'signalbox.route.decisions',
  routeDuration: 'signalbox.route.duration',
  routeCache: 'signalbox.route.cache',
  classifierFailures: 'signalbox.route.classifier_failures',
  rejected: 'signalbox.request.rejected',
  clientDisconnects: 'signalbox.stream.client_disconnects',
  tokenUsage: 'gen_ai.client.token.usage',
  operationDuration: 'gen_ai.client.operation.duration',
  workflowDuration: 'gen_ai.workflow.duration',
  agentDuration: 'gen_ai.invoke_agent.duration',
  nodeAttempts: 'signalbox.node.attempts',
} as const
