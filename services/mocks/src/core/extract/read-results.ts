import type { Material } from './rank-sentences.ts'

/** An earlier agent's result, and the name that it was handed over by. */
export interface Result extends Material {
  name: string
}

/** Earlier agents' results, as prompts hold them: each under a line `## <name> (<agent>)`. */
export function readResults(section: string): Result[] {
  const heads = [...section.matchAll(/^## (.+?)(?: \(([^)\n]+)\))?$/gm)]
  if (heads.length === 0) return section.trim() === '' ? [] : [{ name: '', source: 'earlier results', text: section }]
  return heads
    .map((head, index) => ({
      name: head[1] as string,
      source: (head[2] ?? head[1]) as string,
      text: section.slice(head.index + head[0].length, heads[index + 1]?.index ?? section.length).trim(),
    }))
    .filter(({ text }) => text !== '')
}
