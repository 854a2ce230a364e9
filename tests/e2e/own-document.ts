import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'

interface Operation {
  responses: Record<string, Described | { $ref: string }>
}
interface Described {
  headers?: Record<string, unknown>
  content?: Record<string, { schema: object }>
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; responses: Record<string, Described> }
}

export interface Answered {
  method: string
  path: string
  answer: Response
  body: string
}

/** The document that the API serves of itself, to hold its answers against. */
export interface OwnDocument {
  json: OpenApi
  pathsOf(method: string): string[]
  /** What of an answer the document does not know: its status, its type, its headers, or its shape. */
  faultsOf(answered: Answered): string[]
}

export async function readOwnDocument(origin: string): Promise<OwnDocument> {
  const json = (await (await fetch(`${origin}/openapi.json`)).json()) as OpenApi
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  // Published for both kinds of modules: its types speak of the one, Node gives the other.
  ;(ajvFormats as unknown as (to: Ajv2020) => void)(ajv)
  const { schemas, responses } = json.components
  const find = ({ method, path, answer }: Answered): Described | undefined => {
    const described = json.paths[path]?.[method]?.responses[answer.status]
    return described && '$ref' in described ? responses[described.$ref.split('/').at(-1) ?? ''] : described
  }
  return {
    json,
    pathsOf: (method) => Object.entries(json.paths).flatMap(([path, methods]) => (method in methods ? [path] : [])),
    faultsOf(answered) {
      const { answer, body } = answered
      const described = find(answered)
      if (!described) return [`${answer.status} is not described`]
      const missing = Object.keys(described.headers ?? {}).filter((name) => /^(?:x-request-id|openai-)/.test(name) && !answer.headers.has(name))
      if (missing.length > 0) return [`${missing.join()} is missing`]
      if (!described.content) return body === '' ? [] : ['there is a body']
      const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
      const content = described.content[type]
      if (!content) return [`${type} is not described`]
      if (type !== 'application/json') return []
      const validate = ajv.compile({ ...content.schema, components: { schemas } })
      return validate(JSON.parse(body)) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
    },
  }
}
