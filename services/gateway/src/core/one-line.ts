const LONGEST = 200

/**
 * Text of others as one safe line: no control, direction or invisible characters, no markup that a
 * chat UI would render (an image is a request to a stranger's server), 200 characters at most.
 */
export function toOneLine(text: string): string {
  const line = text
    // What is cut below is at most a fraction of this; a megabyte need not be cleaned for it.
    .slice(0, LONGEST * 8)
    .toWellFormed()
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ')
    .replace(/\p{Cf}|\p{Co}|\p{Cn}/gu, '')
    .replace(/\s+/g, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('](', '] (')
    .replaceAll('`', "'")
    .trim()
  return cut(line)
}

function cut(line: string): string {
  if (line.length <= LONGEST) return line
  const kept = line.slice(0, LONGEST - 1)
  // Half of a surrogate pair is no character.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}
