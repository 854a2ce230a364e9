import { AppError, type ErrorCode } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'

import { CHAT_OPERATIONS } from './chat-operations.ts'
import { createSchemas, toQuerySchema, toRef, type JsonSchema } from './components.ts'
import { TAGS, type Answer, type HeaderParameter, type Operation } from './operation.ts'
import { PEOPLE_OPERATIONS } from './people-operations.ts'
import { SERVICE_OPERATIONS } from './service-operations.ts'
import { SESSION_OPERATIONS } from './session-operations.ts'

/** All that the public API can do, in the order in which it is told. */
export const OPERATIONS: readonly Operation[] = [...CHAT_OPERATIONS, ...SESSION_OPERATIONS, ...PEOPLE_OPERATIONS, ...SERVICE_OPERATIONS]

/** On every answer of the API. */
const ANSWER_HEADERS: Record<string, string> = {
  'x-request-id': 'Names this request in logs and traces: the caller’s own where it sent a sane one.',
  'openai-version': 'The version of OpenAI’s API whose words are spoken.',
  'openai-processing-ms': 'How long it took, in milliseconds; of a stream, until its first byte.',
}
/** On answers of what is routed. */
const ROUTE_HEADERS: Record<string, string> = {
  'x-signalbox-route': '`simple` or `complex`.',
  'x-signalbox-route-reason': 'Who decided, and why.',
  'x-signalbox-status': 'How the session stands.',
  'x-session-id': 'The session, where there is one.',
  'x-signalbox-deduplicated': '`true` where the request was attached to a session that another one had begun.',
}
const RETRY_HEADERS: Record<string, string> = {
  'x-should-retry': '`false` where trying again does not help. OpenAI’s clients heed it.',
  'retry-after': 'How long to wait before trying again, in seconds.',
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: Record<string, unknown>
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, JsonSchema>>
  components: { schemas: Record<string, JsonSchema> } & Record<string, Record<string, JsonSchema>>
}

/** The public API as an OpenAPI 3.1 document, made of the schemas that requests are really read with. */
export function createOpenApi({ url, version }: { url: string; version: string }): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = describe(operation)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox',
      version,
      summary: 'An OpenAI-compatible endpoint behind which a hard question becomes a multi-agent workflow',
      description:
        'Unmodified clients of OpenAI’s work with `/v1` as their base URL. What OpenAI has words for is said in them; the rest is under paths of its own, ' +
        'in `x-signalbox-` headers, and under the one extra key `signalbox`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: createSchemas(),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A caller’s key, or an operator’s (`SIGNALBOX_OPERATOR_KEYS`) with a role.' } },
      headers: Object.fromEntries(
        Object.entries({ ...ANSWER_HEADERS, ...ROUTE_HEADERS, ...RETRY_HEADERS }).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ),
      responses: {
        Unauthorized: {
          description: 'The key is missing, or none of ours.',
          headers: refer(ANSWER_HEADERS),
          content: { 'application/json': { schema: toRef('Error'), example: toExample('authentication_failed') } },
        },
      },
    },
  }
}

function describe(operation: Operation): JsonSchema {
  const { id, tag, summary, description, access, body } = operation
  const isOpen = access === 'anyone'
  const role = isOpen || access === 'key' ? undefined : `Takes an operator’s key of the role \`${access}\` or a higher one.`
  const words = [description, role].filter((part) => part !== undefined).join(' ')
  const parameters = toParameters(operation)
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(words !== '' && { description: words }),
    security: isOpen ? [] : [{ key: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: body.optional !== true, content: { 'application/json': { schema: toRef(body.schema), example: body.example } } },
    }),
    responses: {
      ...toAnswers(operation),
      ...(!isOpen && { 401: { $ref: '#/components/responses/Unauthorized' } }),
      ...toErrors(operation),
    },
  }
}

function toParameters({ path, query, headers = [] }: Operation): JsonSchema[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const { properties = {}, required = [] }: { properties?: Record<string, JsonSchema>; required?: string[] } = query === undefined ? {} : toQuerySchema(query)
  const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
  return [...inPath, ...inQuery, ...headers.map(toHeaderParameter)]
}

function toHeaderParameter({ name, description, example, values }: HeaderParameter): JsonSchema {
  return {
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', ...(values && { enum: values }) },
    ...(example !== undefined && { example }),
  }
}

function toAnswers({ answers, tag, path }: Operation): Record<string, JsonSchema> {
  const isRouted = tag === 'Chat' || path === '/v1/responses'
  return Object.fromEntries(
    answers.map((answer) => {
      const content = toContent(answer)
      return [
        String(answer.status),
        {
          description: answer.description,
          ...(path.startsWith('/v1') && { headers: refer(isRouted ? { ...ANSWER_HEADERS, ...ROUTE_HEADERS } : ANSWER_HEADERS) }),
          ...(content && { content }),
        },
      ]
    }),
  )
}

function toContent({ schema, type, example }: Answer): JsonSchema | undefined {
  if (schema === undefined && type === undefined) return undefined
  return {
    ...(schema !== undefined && { 'application/json': { schema: toRef(schema), ...(example !== undefined && { example }) } }),
    ...(type !== undefined && { [type]: { schema: { type: 'string' } } }),
  }
}

/** Errors of one status stand together, each with its code as an example. */
function toErrors({ errors }: Operation): Record<string, JsonSchema> {
  const byStatus = Map.groupBy(errors, (code) => toOpenAIError(new AppError(code, '')).status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => toExample(code).error.code ?? code).join(', '),
        headers: refer({ ...ANSWER_HEADERS, ...RETRY_HEADERS }),
        content: { 'application/json': { schema: toRef('Error'), examples: Object.fromEntries(codes.map((code) => [code, { value: toExample(code) }])) } },
      },
    ]),
  )
}

function toExample(code: ErrorCode): ReturnType<typeof toOpenAIError>['body'] {
  return toOpenAIError(new AppError(code, 'What is wrong, in words for whoever reads it.')).body
}

function refer(headers: Record<string, string>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
