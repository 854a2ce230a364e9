import {
  hashOf,
  nodeInputSchema,
  PLAN_LIMITS,
  type Action,
  type Ask,
  type NodeInput,
  type PlanNode,
  type SessionDocument,
  type SharedValue,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import { branchesOf, gatherInputs, type Work } from '../work.ts'
import { bytesHash, sealedBy } from './seal.ts'

/** Results of more than this, in all, stand in an action by their hash and their beginning: people read no more, and no more is kept twice. */
const MOST_INPUT_CHARS = 64_000
const BEGINNING_CHARS = 2_000

/**
 * What a node does, as the bytes that a person approves: everything that its agent is sent on the session's
 * behalf. Nodes that are taken apart are approved as a whole.
 */
export function actionOf(document: SessionDocument, node: PlanNode, context: Readonly<Record<string, unknown>> = valuesOf(document.context)): Action {
  const inputs = toInputArgs(gatherInputs(document, node))
  const { instruction } = node
  const title = (node.approval?.action ?? instruction.split('\n')[0] ?? '').trim().slice(0, 200) || node.id
  const action = (type: string, args: Record<string, unknown>): Action => ({
    type,
    title,
    args: { ...args, ...(Object.keys(context).length > 0 && { context }) } as Action['args'],
    side_effects: [],
    reversible: null,
    secrets: [],
  })
  const skill = (of: { skill?: string | undefined }): { skill?: string } => (of.skill === undefined ? {} : { skill: of.skill })
  switch (node.kind) {
    case 'agent':
      return action('agent.call', { agent: node.agent, ...skill(node), instruction, inputs })
    case 'map':
      return action('agent.map', {
        agent: node.agent,
        ...skill(node),
        instruction,
        over: node.over,
        ...(node.stream && { items: itemsOf(document, node.id) }),
        inputs,
      })
    case 'vote':
      return action('agent.vote', { voters: node.voters, ...(node.judge && { judge: node.judge }), instruction, inputs })
    case 'plan':
      return action('plan.run', { instruction, inputs })
    case 'approval':
      return action('approval', { instruction, inputs })
  }
}

/** The shared values that were approved along with a call: it is sent these, and not what became of them since. */
export function approvedContext({ action }: Pick<Ask, 'action'>): Record<string, unknown> {
  return argsWithContextSchema.safeParse(action.args).data?.context ?? {}
}

const argsWithContextSchema = z.looseObject({ context: z.record(z.string(), z.unknown()) })

function valuesOf(context: SessionDocument['context']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(context).map(([name, { value }]) => [name, value]))
}

function itemsOf({ nodes }: SessionDocument, map: string): unknown[] {
  return branchesOf(nodes, map).flatMap(({ branch }) => (branch.item === undefined ? [] : [branch.item]))
}

/** The agents that a node is given to at first, with the skill it is asked for; a policy for one of them is a policy for the node. */
export function agentsOf(node: PlanNode): { agent: string; skill: string | undefined }[] {
  switch (node.kind) {
    case 'agent':
    case 'map':
      return [{ agent: node.agent, skill: node.skill }]
    case 'vote':
      return [...node.voters, ...(node.judge ? [node.judge] : [])].map(({ agent, skill }) => ({ agent, skill }))
    case 'plan':
    case 'approval':
      return [{ agent: node.kind, skill: undefined }]
  }
}

const callArgsSchema = z.strictObject({
  agent: z.string(),
  skill: z.string().optional(),
  instruction: z.string().trim().min(1).max(PLAN_LIMITS.instruction),
  inputs: z.array(z.looseObject({ name: z.string(), node: z.string() })),
  context: z.record(z.string(), z.json()).optional(),
})

/** What a piece of work is sent of the shared values: of a node that was approved, those that were approved with it. */
export function contextFor(document: SessionDocument, node: string): SessionDocument['context'] {
  const { approved } = document.nodes[node] ?? {}
  const ask = approved && document.asks[approved.ask]
  if (!ask) return document.context
  const values = Object.entries(approvedContext(ask))
  return Object.fromEntries(
    values.map(([name, value]) => {
      const now = document.context[name]
      return [name, now && hashOf(now.value) === hashOf(value) ? now : { value: value as SharedValue['value'], node: ask.node, at: ask.asked_at }]
    }),
  )
}

/** Why an edit cannot be run, in words; undefined where it can. What an agent asked for itself, the agent has to take or refuse. */
export function editFault(ask: Pick<Ask, 'ref' | 'action'>, args: unknown): string | undefined {
  if (ask.ref !== null) return undefined
  const parsed = callArgsSchema.safeParse(args)
  if (!parsed.success) return `The edited arguments are not those of a call: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}.`
  const before = callArgsSchema.safeParse(ask.action.args).data
  const unchanged = ({ agent, skill, inputs, context }: z.infer<typeof callArgsSchema>): string =>
    hashOf({ agent, skill: skill ?? null, inputs, context: context ?? null })
  if (!before || unchanged(before) !== unchanged(parsed.data))
    return 'Only the instruction of a call can be edited: its agent, skill, inputs and shared values are what they are.'
  return undefined
}

/**
 * The last look before anything is sent: what was approved are these bytes and no others.
 *
 * @throws AppError `approval_rejected` where the work would be another.
 */
export function requireApprovedBytes(document: SessionDocument, { node, branch, instruction }: Work, context: SessionDocument['context']): void {
  const approved = document.nodes[node.id]?.approved
  if (!approved || branch || node.kind !== 'agent') return
  const { args } = actionOf(document, node, valuesOf(context))
  const ask = document.asks[approved.ask]
  if (!ask || bytesHash({ ...(args as object), instruction }, sealedBy(ask)) !== approved.args_sha256)
    throw new AppError('approval_rejected', `What node '${node.id}' would do is not what was approved. Nothing was done.`)
}

function toInputArgs(inputs: readonly NodeInput[]): unknown[] {
  const chars = inputs.reduce((sum, { text, data }) => sum + text.length + JSON.stringify(data).length, 0)
  return inputs.map((input) => {
    const { name, node, text, data } = nodeInputSchema.parse(input)
    if (chars <= MOST_INPUT_CHARS) return { name, node, text, data }
    return { name, node, begins: text.slice(0, BEGINNING_CHARS), chars: text.length, sha256: hashOf({ text, data }) }
  })
}
