import type { AgentCard } from '@signalbox/a2a'
import { EXTENSIONS, SKILLS } from '@signalbox/contracts'

/** What the agent says of itself; `held` are the documents it knows now, so that a planner sees whether asking is worth it. */
export function describeRag(held: number): Omit<AgentCard, 'url'> {
  const documents = held === 0 ? 'no documents yet' : held === 1 ? 'one document' : `${held} documents`
  return { ...CARD, description: `${CARD.description} Holds ${documents}.` }
}

const CARD: Omit<AgentCard, 'url'> = {
  name: 'rag',
  description: 'Knows the documents that were laid into the knowledge base, and finds the passages in them that speak of something, with file and place.',
  version: '0.1.0',
  skills: [
    {
      id: SKILLS.retrieve,
      name: 'Retrieve passages',
      description:
        'Searches the knowledge base by words and by meaning and returns the best passages with their file, character span and score. Ask for one thing at a time; several lookups can run in parallel.',
      tags: ['retrieve', 'search', 'documents', 'knowledge', 'sources'],
      examples: ['how failing jobs are retried', 'what the first amendment protects'],
    },
    {
      id: SKILLS.answerFromKnowledge,
      name: 'Answer from knowledge',
      description: 'Looks one question up in the knowledge base and answers it from what was found, with numbered citations.',
      tags: ['answer', 'question', 'documents', 'citations'],
      examples: ['What does the Gettysburg Address say about the dead?'],
    },
  ],
  extensions: [EXTENSIONS.inputs, EXTENSIONS.usage],
  streaming: true,
}
