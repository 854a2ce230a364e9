import type { Plan } from '@signalbox/contracts'

/**
 * A plan in the words that strict structured output has for it: inputs as a list, conditions as JSON
 * text. What is left out is filled in by the schema that it is fitted to.
 */
export function toPlanDraft({ goal, nodes, answer }: Plan): unknown {
  return {
    goal,
    nodes: nodes.map(({ inputs, when, replan_when, ...node }) => ({
      ...node,
      ...(inputs && { inputs: Object.entries(inputs).map(([name, from]) => ({ name, from })) }),
      ...(when !== undefined && { when: JSON.stringify(when) }),
      ...(replan_when !== undefined && { replan_when: JSON.stringify(replan_when) }),
    })),
    answer,
  }
}
