import { contextNameSchema, putContextPartSchema, type NewSessionEvent, type NodeOutput, type PutContext, type SessionDocument } from '@signalbox/contracts'

import { happened, stamp, touched } from './session-run.ts'

const MOST_NAMES = 64
const MOST_CHARS = 16_384

/** Writes values that a node shares into the document. One that cannot be kept is left out, and said. */
export function withSharedValues(
  before: SessionDocument,
  by: { node: string; agent: string },
  put: readonly PutContext[],
): { document: SessionDocument; events: NewSessionEvent[] } {
  const context = { ...before.context }
  const events: NewSessionEvent[] = []
  for (const { name, value } of put) {
    const refused = whyNot(context, name, value)
    if (refused === undefined) context[name] = { value, node: by.node, at: stamp() }
    events.push(
      refused === undefined
        ? happened({ type: 'context.put', ...by, name })
        : happened({ type: 'node.progress', ...by, text: `could not share a value: ${refused}` }),
    )
  }
  return { document: events.length > 0 ? touched({ ...before, context }) : before, events }
}

/** The values that a result shares. */
export function putsIn(output: NodeOutput): PutContext[] {
  return output.data.flatMap((part) => {
    const parsed = putContextPartSchema.safeParse(part)
    return parsed.success ? [{ name: parsed.data.name, value: parsed.data.value }] : []
  })
}

function whyNot(context: SessionDocument['context'], name: string, value: PutContext['value']): string | undefined {
  if (!contextNameSchema.safeParse(name).success) return `'${name.slice(0, 40)}' is no name for one`
  if (!(name in context) && Object.keys(context).length >= MOST_NAMES) return `a session shares ${MOST_NAMES} at most`
  return JSON.stringify(value).length > MOST_CHARS ? `'${name}' is larger than ${MOST_CHARS} characters` : undefined
}
