import { createTaskEngine, mountAgent, renderA2AError } from '@signalbox/a2a'
import { AppError } from '@signalbox/errors'
import { openChatModel, resolveLlm } from '@signalbox/llm'
import { createHttpApp, requireServiceToken, type Service } from '@signalbox/service-kit'
import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import { describeRag } from './a2a/rag-card.ts'
import { createRagExecutor } from './a2a/rag-executor.ts'
import { toDatabaseError } from './adapters/postgres/database-error.ts'
import type { RagConfig } from './config.ts'
import { documentRoutes } from './http/document-routes.ts'
import { openKnowledge } from './open-knowledge.ts'

const HEALTH_TIMEOUT_MS = 3_000

/**
 * Puts the knowledge agent together.
 *
 * @throws ConfigError when it has no model to answer with; AppError when its database cannot be opened.
 */
export async function openRag(config: RagConfig, options: { telemetry?: Telemetry; publicUrl?: string } = {}): Promise<Service> {
  const llm = resolveLlm('rag', config)
  const telemetry =
    options.telemetry ??
    openTelemetry({ service: 'rag', level: config.LOG_LEVEL, otlpEndpoint: config.OTEL_SDK_DISABLED ? undefined : config.OTEL_EXPORTER_OTLP_ENDPOINT })
  const { knowledge, documents, sql, close } = await openKnowledge(config, telemetry)
  const model = openChatModel({ ...llm, telemetry })
  const tasks = createTaskEngine({
    executor: createRagExecutor({ knowledge, model, telemetry, topK: config.RETRIEVE_TOP_K, perDocument: config.RETRIEVE_PER_DOCUMENT }),
    telemetry,
  })
  const stopping = new AbortController()
  let indexing: Promise<unknown> = Promise.resolve()
  let held = 0
  const recount = async (): Promise<void> => void (held = (await documents.count()).documents)

  const app = createHttpApp({
    telemetry,
    renderError: (thrown) => {
      const error = toDatabaseError(thrown)
      if (!(error instanceof AppError)) telemetry.log.error({ err: error }, 'a request failed')
      return renderA2AError(error)
    },
    health: async () => {
      const late = new Promise<false>((resolve) => setTimeout(resolve, HEALTH_TIMEOUT_MS, false).unref())
      const there = await Promise.race([
        sql`SELECT 1`.then(
          () => true,
          () => false,
        ),
        late,
      ])
      return { ready: there, checks: { database: there ? 'ok' : 'unreachable' } }
    },
  })
  mountAgent(app, {
    // Read at each request for the card: it tells how much is known now.
    card: {
      ...describeRag(0),
      get description() {
        return describeRag(held).description
      },
    },
    publicUrl: () => options.publicUrl ?? config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    tasks,
    telemetry,
    token: config.SERVICE_TOKEN,
  })
  app.use('/v1/*', requireServiceToken(config.SERVICE_TOKEN))
  app.route('/v1', documentRoutes({ knowledge, documents, maxBytes: config.INGEST_MAX_BYTES, onChange: recount }))

  return {
    name: 'rag',
    app,
    telemetry,
    async start() {
      await recount()
      // What an interrupted ingestion left without vectors gets them now, while questions are already answered.
      indexing = knowledge
        .index(stopping.signal)
        .catch((error: unknown) => stopping.signal.aborted || telemetry.log.warn({ err: error }, 'passages could not be given their vectors'))
    },
    drain: (signal) => tasks.drain(signal),
    async close() {
      stopping.abort()
      await indexing
      await tasks.close()
      await model.close()
      await close()
    },
  }
}
