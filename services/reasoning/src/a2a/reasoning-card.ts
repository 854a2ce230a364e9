import type { AgentCard } from '@signalbox/a2a'
import { EXTENSIONS, SKILLS } from '@signalbox/contracts'

/** What the reasoning agent says about itself; planners choose by these words. */
export const REASONING_CARD: Omit<AgentCard, 'url'> = {
  name: 'reasoning',
  description:
    'Thinks with a language model: works out steps from what earlier nodes found, and writes the final answer for the person who asked, with numbered citations. It looks nothing up by itself; give it the results and passages of other agents.',
  version: '0.1.0',
  streaming: true,
  extensions: [EXTENSIONS.inputs, EXTENSIONS.usage, EXTENSIONS.failure],
  skills: [
    {
      id: SKILLS.reason,
      name: 'Reason',
      description:
        'Works out one intermediate step from the results and passages it is given: compares, calculates, weighs, explains, finds contradictions, judges between candidates or votes for one of them. Its text is for other nodes, not for the person.',
      tags: ['reasoning', 'analysis', 'comparison', 'calculation', 'judging'],
      examples: [
        'Compare the two retention policies and list where they differ.',
        'Work out the yearly cost from these figures.',
        'Is the contract binding? Answer with exactly one of: yes | no',
      ],
    },
    {
      id: SKILLS.answer,
      name: 'Answer',
      description:
        'Writes the final answer that the person reads, streamed, citing the passages it rests on as [n] with a list of sources. Use it for the answer node of a plan. Give it every passage and result that the answer rests on.',
      tags: ['answer', 'final-answer', 'writing', 'citations'],
      examples: ['Answer the question with citations, from the passages found.', 'Say which option is better and why.'],
    },
  ],
}
