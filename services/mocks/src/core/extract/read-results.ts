import type { Material } from './rank-sentences.ts'

/** Earlier agents' results, as prompts hold them: each under a line `## <name> (<agent>)`. */
export function readResults(section: string): Material[] {
  const heads = [...section.matchAll(/^## (.+?)(?: \(([^)\n]+)\))?$/gm)]
  if (heads.length === 0) return section.trim() === '' ? [] : [{ source: 'earlier results', text: section }]
  return heads
    .map((head, index) => ({
      source: (head[2] ?? head[1]) as string,
      text: section.slice(head.index + head[0].length, heads[index + 1]?.index ?? section.length).trim(),
    }))
    .filter(({ text }) => text !== '')
}
