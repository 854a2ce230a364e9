const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/

/** How a title is written: `# Markdown`, `= AsciiDoc`, or a line that is underlined (Markdown, reStructuredText). */
const HEADINGS = [/^#{1,6}\s+(.+?)\s*#*\s*$/m, /^=\s+(.+?)\s*$/m, /^(?!\s|[=~*-]{3})(.{1,200}?)[ \t]*\r?\n(?:={3,}|-{3,}|~{3,})\s*$/m]

/** A document's title: what its front matter says, else its first heading, else its file's name. */
export function readTitle(text: string, source: string): string {
  const [head = '', front = ''] = FRONT_MATTER.exec(text) ?? []
  const named = /^title:\s*["']?(.+?)["']?\s*$/m.exec(front)?.[1]
  const title =
    named ??
    firstHeading(text.slice(head.length)) ??
    source
      .split('/')
      .at(-1)
      ?.replace(/\.[a-z]+$/i, '') ??
    source
  return title
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .slice(0, 200)
    .toWellFormed()
}

function firstHeading(text: string): string | undefined {
  const found = HEADINGS.map((pattern) => pattern.exec(text)).filter((match) => match !== null)
  return found.toSorted((a, b) => a.index - b.index)[0]?.[1]
}
