import type { JsonSchema } from './components.ts'
import { OPERATIONS, type OpenApiDocument } from './create-openapi.ts'
import { TAGS, type Operation } from './operation.ts'
import { REFERENCE_STYLES } from './reference-styles.ts'

/** The document as a page for people: every operation with what it takes, what it answers, and a line to paste. */
export function renderReference(document: OpenApiDocument): string {
  const tags = Object.keys(TAGS).map((tag) => ({ tag, operations: OPERATIONS.filter((operation) => operation.tag === tag) }))
  const { title, summary, description, version } = document.info as Record<string, string>
  const index = tags.map(
    ({ tag, operations }) =>
      `<li><a href="#${tag.toLowerCase()}"><strong>${escape(tag)}</strong></a><ul>${operations.map(({ id, summary: what }) => `<li><a href="#${id}">${escape(what)}</a></li>`).join('')}</ul></li>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}: API reference</title>
<style>${REFERENCE_STYLES}</style>
</head>
<body>
<header>
<h1>${escape(title)}: API reference</h1>
<p>${escape(summary)}.</p>
<p>${inline(description)}</p>
<p class="quiet">Version ${escape(version)}. For programs: <a href="openapi.json">openapi.json</a>. The lines to paste take the key from <code>SIGNALBOX_API_KEY</code>.</p>
</header>
<nav aria-label="Operations"><ul>${index.join('')}<li><a href="#schemas"><strong>Schemas</strong></a></li></ul></nav>
<main>
${tags.map(({ tag, operations }) => renderTag(tag, operations, document)).join('\n')}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas)
  .map(([name, schema]) => renderSchema(name, schema))
  .join('\n')}
</main>
</body>
</html>
`
}

function renderTag(tag: string, operations: readonly Operation[], document: OpenApiDocument): string {
  return `<h2 id="${tag.toLowerCase()}">${escape(tag)}</h2>\n<p>${inline(TAGS[tag as keyof typeof TAGS])}</p>\n${operations.map((operation) => renderOperation(operation, document)).join('\n')}`
}

interface Described {
  description?: string
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: JsonSchema }[]
  responses: Record<string, { description?: string; content?: Record<string, { schema: JsonSchema }> }>
}

function renderOperation(operation: Operation, document: OpenApiDocument): string {
  const { method, path, id, summary, body, access } = operation
  const described = document.paths[path]?.[method] as unknown as Described
  const parameters = described.parameters ?? []
  const parts = [
    `<h3 id="${id}">${escape(summary)}</h3>`,
    `<p><span class="method ${method}">${method}</span> <code>${escape(path)}</code> <span class="quiet">${ACCESS[access] ?? `operator’s key: ${escape(access)}`}</span></p>`,
    described.description === undefined ? '' : `<p>${inline(described.description)}</p>`,
    `<pre tabindex="0"><code>${escape(toCurl(operation, document))}</code></pre>`,
    parameters.length === 0 ? '' : `<details><summary>Parameters</summary><ul>${parameters.map(renderParameter).join('')}</ul></details>`,
    body ? `<p class="quiet">Body: ${renderType({ $ref: `#/${body.schema}` })}${body.optional === true ? ', or none' : ''}</p>` : '',
    `<details><summary>Answers</summary><ul>${Object.entries(described.responses).map(renderAnswer).join('')}</ul></details>`,
  ]
  return `<section aria-labelledby="${id}">\n${parts.filter((part) => part !== '').join('\n')}\n</section>`
}

const ACCESS: Record<string, string> = { anyone: 'no key needed', key: 'any key' }

function renderParameter({ name, in: place, required, description, schema }: NonNullable<Described['parameters']>[number]): string {
  return `<li><code>${escape(name)}</code> <span class="quiet">${place}${required ? ', required' : ''}: ${renderType(schema)}</span>${description === undefined ? '' : `<p>${inline(description)}</p>`}</li>`
}

function renderAnswer([status, { description, content }]: [string, Described['responses'][string]]): string {
  const schema = content?.['application/json']?.schema
  const types = Object.keys(content ?? {}).filter((type) => type !== 'application/json')
  const shape = [schema === undefined ? '' : renderType(schema), ...types.map((type) => `<code>${escape(type)}</code>`)].filter((part) => part !== '')
  return `<li><code>${status}</code> <span class="quiet">${shape.join(' or ')}</span><p>${inline(description ?? 'The key is missing, or none of ours.')}</p></li>`
}

/** A line that works when it is pasted where the key is set. */
export function toCurl({ method, path, access, body, headers = [] }: Operation, { servers }: Pick<OpenApiDocument, 'servers'>): string {
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${servers[0]?.url ?? ''}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())}`,
  ]
  if (access !== 'anyone') lines.push('-H "Authorization: Bearer $SIGNALBOX_API_KEY"')
  for (const { name, example } of headers) if (name === 'If-Match' && example !== undefined) lines.push(`-H '${name}: ${example}'`)
  if (body) lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(body.example)}'`)
  return lines.join(' \\\n  ')
}

function renderSchema(name: string, schema: JsonSchema): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  const required = new Set(schema['required'] as string[] | undefined)
  const fields = properties.map(
    ([key, of]) => `<li><code>${escape(key)}</code> <span class="quiet">${required.has(key) ? 'required: ' : ''}${renderType(of)}</span></li>`,
  )
  return `<details id="schema-${name}"><summary>${escape(name)}</summary>${fields.length > 0 ? `<ul>${fields.join('')}</ul>` : `<p class="quiet">${renderType(schema)}</p>`}</details>`
}

/** A type in a few words, with links to what has a name. */
function renderType(schema: JsonSchema, depth = 0): string {
  const { $ref, anyOf, oneOf, type, items, enum: values, const: value, description } = schema
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) as string
    return `<a href="#schema-${name}">${escape(name)}</a>`
  }
  const options = (anyOf ?? oneOf) as JsonSchema[] | undefined
  if (options) return depth > 1 ? 'several shapes' : [...new Set(options.map((option) => renderType(option, depth + 1)))].join(' or ')
  if (value !== undefined) return `<code>${escape(JSON.stringify(value))}</code>`
  if (Array.isArray(values)) return values.map((one) => `<code>${escape(JSON.stringify(one))}</code>`).join(', ')
  if (type === 'array') return `list of ${renderType((items ?? {}) as JsonSchema, depth + 1)}`
  if (typeof type === 'string') return `${type}${renderBounds(schema)}`
  return escape(Array.isArray(type) ? type.join(' or ') : typeof description === 'string' ? description : 'anything')
}

function renderBounds({ minimum, maximum, maxLength }: JsonSchema): string {
  if (typeof minimum === 'number' || typeof maximum === 'number') return ` (${String(minimum ?? '…')} to ${String(maximum ?? '…')})`
  return typeof maxLength === 'number' ? ` (${maxLength} characters at most)` : ''
}

/** Words with `code` in them. */
function inline(text: string | undefined): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

function escape(text = ''): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
