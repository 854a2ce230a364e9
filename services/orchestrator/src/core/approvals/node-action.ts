import { hashOf, nodeInputSchema, PLAN_LIMITS, type Action, type Ask, type NodeInput, type PlanNode, type SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import { gatherInputs, type Work } from '../work.ts'

/** Results of more than this, in all, stand in an action by their hash and their beginning: people read no more, and no more is kept twice. */
const MOST_INPUT_CHARS = 64_000
const BEGINNING_CHARS = 2_000

/**
 * What a node does, as the bytes that a person approves: everything that its agent is sent on the session's
 * behalf. Nodes that are taken apart are approved as a whole.
 */
export function actionOf(document: SessionDocument, node: PlanNode): Action {
  const inputs = toInputArgs(gatherInputs(document, node))
  const { instruction } = node
  const title = (node.approval?.action ?? instruction.split('\n')[0] ?? '').trim().slice(0, 200) || node.id
  const action = (type: string, args: Record<string, unknown>): Action => ({
    type,
    title,
    args: args as Action['args'],
    side_effects: [],
    reversible: null,
    secrets: [],
  })
  const skill = (of: { skill?: string | undefined }): { skill?: string } => (of.skill === undefined ? {} : { skill: of.skill })
  switch (node.kind) {
    case 'agent':
      return action('agent.call', { agent: node.agent, ...skill(node), instruction, inputs })
    case 'map':
      return action('agent.map', { agent: node.agent, ...skill(node), instruction, over: node.over, inputs })
    case 'vote':
      return action('agent.vote', { voters: node.voters, ...(node.judge && { judge: node.judge }), instruction, inputs })
    case 'plan':
      return action('plan.run', { instruction, inputs })
    case 'approval':
      return action('approval', { instruction, inputs })
  }
}

/** Every agent that a node may be given to, with the skill it is asked for; a policy for one of them is a policy for the node. */
export function agentsOf(node: PlanNode): { agent: string; skill: string | undefined }[] {
  switch (node.kind) {
    case 'agent':
    case 'map':
      return [
        { agent: node.agent, skill: node.skill },
        ...(node.on_failure === 'fallback' && node.fallback !== undefined ? [{ agent: node.fallback, skill: undefined }] : []),
      ]
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
})

/** Why an edit cannot be run, in words; undefined where it can. What an agent asked for itself, the agent has to take or refuse. */
export function editFault(ask: Pick<Ask, 'ref' | 'action'>, args: unknown): string | undefined {
  if (ask.ref !== null) return undefined
  const parsed = callArgsSchema.safeParse(args)
  if (!parsed.success) return `The edited arguments are not those of a call: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}.`
  const before = callArgsSchema.safeParse(ask.action.args).data
  const unchanged = ({ agent, skill, inputs }: z.infer<typeof callArgsSchema>): string => hashOf({ agent, skill: skill ?? null, inputs })
  if (!before || unchanged(before) !== unchanged(parsed.data))
    return 'Only the instruction of a call can be edited: its agent, skill and inputs are what they are.'
  return undefined
}

/**
 * The last look before anything is sent: what was approved are these bytes and no others.
 *
 * @throws AppError `approval_rejected` where the work would be another.
 */
export function requireApprovedBytes(document: SessionDocument, { node, branch, instruction }: Work): void {
  const approved = document.nodes[node.id]?.approved
  if (!approved || branch || node.kind !== 'agent') return
  const { args } = actionOf(document, node)
  if (hashOf({ ...(args as object), instruction }) !== approved.args_sha256)
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
