import { context, SpanKind, trace, type Link, type SpanContext } from '@opentelemetry/api'
import { addLogFields, ATTRIBUTES, METRICS, readTraceHeaders, SPANS, withLogFields, withSpan, type Telemetry } from '@signalbox/telemetry'

import type { Observer } from '../core/ports.ts'

/** The template's name, never the request's: what stands in a metric must be of few values. */
const WORKFLOW = 'plan'

/**
 * Spans, metrics and log lines of sessions. A first drive continues the request's trace; a later one,
 * which may come days after, begins its own and links to it.
 */
export function createTelemetryObserver(telemetry: Telemetry): () => Observer {
  const { tracer, meter, log } = telemetry
  const duration = meter.createHistogram(METRICS.workflowDuration, { unit: 's' })
  const agentDuration = meter.createHistogram(METRICS.agentDuration, { unit: 's' })
  const attempts = meter.createCounter(METRICS.nodeAttempts)

  return () => {
    const nodeSpans = new Map<string, SpanContext>()
    return {
      session(document, resumed, work) {
        const asked = readTraceHeaders({ traceparent: document.traceparent })
        const origin = trace.getSpanContext(asked)
        const links: Link[] = resumed && origin ? [{ context: origin }] : []
        const parent = resumed ? context.active() : asked
        const attributes = {
          [ATTRIBUTES.operation]: SPANS.workflow,
          [ATTRIBUTES.workflowName]: WORKFLOW,
          [ATTRIBUTES.sessionId]: document.id,
          [ATTRIBUTES.conversationId]: document.id,
          [ATTRIBUTES.workflowResumed]: resumed,
        }
        return withLogFields({ session_id: document.id, request_id: document.request_id }, () =>
          withSpan(tracer, `${SPANS.workflow} ${WORKFLOW}`, { kind: SpanKind.INTERNAL, attributes, links, parent }, work),
        )
      },
      planning: (work) =>
        withSpan(tracer, SPANS.plan, { attributes: { [ATTRIBUTES.operation]: SPANS.plan } }, (span) =>
          work(({ nodes, repairs }) => void span.setAttributes({ [ATTRIBUTES.planNodes]: nodes, [ATTRIBUTES.planRepairs]: repairs })),
        ),
      node({ node, agent, attempt, needs }, work) {
        const links = needs.flatMap((need) => {
          const linked = nodeSpans.get(need)
          return linked ? [{ context: linked }] : []
        })
        const attributes = {
          [ATTRIBUTES.operation]: SPANS.invokeAgent,
          [ATTRIBUTES.agentName]: agent,
          [ATTRIBUTES.nodeId]: node,
          [ATTRIBUTES.nodeAttempt]: attempt,
        }
        const began = performance.now()
        return withLogFields({ node_id: node }, () =>
          withSpan(tracer, `${SPANS.invokeAgent} ${agent}`, { kind: SpanKind.CLIENT, attributes, links }, async (span) => {
            nodeSpans.set(node, span.spanContext())
            try {
              return await work()
            } finally {
              agentDuration.record((performance.now() - began) / 1_000, { [ATTRIBUTES.agentName]: agent })
            }
          }),
        )
      },
      nodeEnded({ node, agent, state, attempts: tries, fault }) {
        trace.getActiveSpan()?.setAttribute(ATTRIBUTES.nodeState, state)
        attempts.add(Math.max(1, tries), { [ATTRIBUTES.agentName]: agent, outcome: state })
        log[fault ? 'warn' : 'info']({ node_id: node, agent, state, attempts: tries, ...(fault && { error: fault.code }) }, `node ${state}`)
      },
      sessionEnded(document) {
        const seconds = (Date.parse(document.finished_at ?? document.updated_at) - Date.parse(document.created_at)) / 1_000
        addLogFields({ session_id: document.id })
        duration.record(seconds, { [ATTRIBUTES.workflowName]: WORKFLOW, outcome: document.status })
        log[document.status === 'failed' ? 'warn' : 'info'](
          {
            status: document.status,
            seconds,
            nodes: Object.keys(document.nodes).length,
            plan_source: document.plan_source,
            total_tokens: document.usage.total_tokens,
            ...(document.error && { error: document.error.code }),
          },
          `session ${document.status}`,
        )
      },
    }
  }
}
