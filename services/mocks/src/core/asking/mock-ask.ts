import { agentAskSchema, pointerSchema, riskLevelSchema, type AgentAsk } from '@signalbox/contracts'
import { z } from 'zod'

/** What may be said of all that a message has a mock ask for. What an ask says itself comes first. */
const detailsSchema = z
  .strictObject({
    title: z.string(),
    tool: z.string(),
    risk: riskLevelSchema,
    why: z.string(),
    impact: z.string(),
    side_effects: z.array(z.string()),
    reversible: z.boolean(),
    /** Those that point into an ask's arguments are said with it. */
    secrets: z.array(pointerSchema),
    editable: z.boolean(),
  })
  .partial()
export type AskDetails = z.infer<typeof detailsSchema>

/** Something that a mock wants a person's word for. */
const mockAskSchema = z.strictObject({
  ...detailsSchema.shape,
  type: z.string().min(1).max(100),
  args: z.json().default({}),
  /** A rejection fails the task, instead of being its result. */
  strict: z.boolean().default(false),
})
export type MockAsk = z.infer<typeof mockAskSchema>

/** What a mock asks people for, in the order in which it does: questions, then asks, then asks again. */
export interface Asking {
  /** Asked one after the other; the text of the message that follows is the answer. */
  questions: string[]
  /** Asked for all at once. */
  asks: MockAsk[]
  /** Asked for once something of `asks` was approved. */
  asks_again: MockAsk[]
  about: AskDetails
  /** Its words when it asks. */
  statement: string | null
  /** Goes on by itself after so long, without an answer from us. */
  oob_ms: number | null
  /** How long doing what was approved takes, and whether it then fails. */
  act_ms: number
  act_fails: boolean
}

export const NO_ASKING: Asking = { questions: [], asks: [], asks_again: [], about: {}, statement: null, oob_ms: null, act_ms: 0, act_fails: false }

/** The same as a message's `metadata.mock` may have it. */
export const askingFields = {
  questions: z.array(z.string().min(1)).max(16),
  asks: z.array(mockAskSchema).max(17),
  asks_again: z.array(mockAskSchema).max(17),
  about: detailsSchema,
  statement: z.string().nullable(),
  oob_ms: z.int().min(0).max(600_000).nullable(),
  act_ms: z.int().min(0).max(600_000),
  act_fails: z.boolean(),
}

/**
 * `deploy {"env":"prod"}` → an ask for that; `{"type": "deploy", "title": …, "args": …}` → one that says more.
 *
 * @throws Error saying what it should be.
 */
export function readMockAsk(argument: string): MockAsk {
  if (argument.startsWith('{')) {
    const parsed = mockAskSchema.safeParse(parseJson(argument))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new Error(`wants an action: ${[...(issue?.path ?? []), issue?.message].join(' ')}`)
  }
  const [, type, args = ''] = /^([\w.:-]{1,100})\s*([^]*)$/.exec(argument) ?? []
  if (type === undefined) throw new Error('wants an action, and its arguments as JSON')
  return { type, args: args === '' ? {} : parseJson(args), strict: false }
}

function parseJson(text: string): MockAsk['args'] {
  try {
    return JSON.parse(text) as MockAsk['args']
  } catch {
    throw new Error('wants arguments that are JSON')
  }
}

/** An ask as it is on the wire, with what the message says about all of them. */
export function toAgentAsk({ strict: _strict, type, args, ...own }: MockAsk, ref: string, about: AskDetails): AgentAsk {
  const { title = `Run ${type}`, tool, side_effects, reversible, secrets, risk, why, impact, editable = true } = { ...about, ...own }
  const ask = {
    ref,
    action: {
      type,
      title,
      args,
      ...(tool !== undefined && { tool }),
      ...(side_effects && { side_effects }),
      ...(reversible !== undefined && { reversible }),
      secrets: (own.secrets ?? secrets ?? []).filter((pointer) => own.secrets !== undefined || valueAt(args, pointer) !== undefined),
    },
    ...(risk && { risk }),
    ...(why !== undefined && { why }),
    ...(impact !== undefined && { impact }),
    editable,
  }
  // What does not keep to the contract is said all the same: others must stand that.
  return agentAskSchema.safeParse(ask).data ?? (ask as AgentAsk)
}

/** What a JSON pointer points to (RFC 6901); undefined where it points to nothing. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : undefined),
      value,
    )
}
