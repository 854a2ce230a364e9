/**
 * Our prompts are made of named sections, so that a model (and the scripted one) can tell the
 * instruction from the material. Material is untrusted: any section's tag inside it is defused, so
 * that it can neither close its own section nor open another.
 *
 * ```
 * <goal>
 * …
 * </goal>
 * ```
 */
const SECTION_NAMES = [
  'goal',
  'conversation',
  'agents',
  'faults',
  'previous_plan',
  'current_plan',
  'progress',
  'reason',
  'instruction',
  'passages',
  'results',
  'question',
] as const
export type SectionName = (typeof SECTION_NAMES)[number]

/** A model reads `</ goal >` as it reads `</goal>`. */
const SECTION_TAG = new RegExp(String.raw`<(\s*/?\s*(?:${SECTION_NAMES.join('|')})\b[^<>]{0,200})>`, 'gi')

export function toSection(name: SectionName, body: string): string {
  return `<${name}>\n${body.replaceAll(SECTION_TAG, '‹$1›')}\n</${name}>`
}

/** The section's body, or undefined where the prompt has none. */
export function readSection(prompt: string, name: SectionName): string | undefined {
  const open = `<${name}>\n`
  const start = prompt.indexOf(open)
  if (start === -1) return undefined
  const end = prompt.indexOf(`\n</${name}>`, start)
  return end === -1 ? undefined : prompt.slice(start + open.length, end)
}

/**
 * Passages as a model reads them, numbered for citing:
 *
 * ```
 * [1] guide/workers.md (120-480)
 * text…
 * ```
 */
export function formatPassages(passages: readonly { source: string; start: number; end: number; text: string }[]): string {
  return passages.map(({ source, start, end, text }, index) => `[${index + 1}] ${source} (${start}-${end})\n${text.trim()}`).join('\n\n')
}

export interface NumberedPassage {
  n: number
  source: string
  start: number
  end: number
  text: string
}

/** The inverse of {@link formatPassages}, for whoever reads a prompt. */
export function readPassages(body: string): NumberedPassage[] {
  const heads = [...body.matchAll(/^\[(\d+)\] (.+) \((\d+)-(\d+)\)$/gm)]
  return heads.map((head, index) => ({
    n: Number(head[1]),
    source: head[2] as string,
    start: Number(head[3]),
    end: Number(head[4]),
    text: body.slice(head.index + head[0].length + 1, heads[index + 1]?.index ?? body.length).trim(),
  }))
}
