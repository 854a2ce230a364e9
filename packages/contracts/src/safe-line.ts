const LONGEST = 200

/**
 * Text of others as one safe line: no control, direction or invisible characters, no markup that a
 * chat UI would render (an image is a request to a stranger's server), and no longer than `longest`
 * UTF-16 units.
 */
export function toSafeLine(text: string, longest: number = LONGEST): string {
  const line = withoutEscapes(
    text
      // What is cut below is at most a fraction of this; a megabyte need not be cleaned for it.
      .slice(0, longest * 8)
      .toWellFormed(),
  )
    .replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ')
    .replace(/\p{Cf}|\p{Co}|\p{Cn}/gu, '')
    .replace(/\s+/g, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('](', '] (')
    .replaceAll('`', "'")
    .trim()
  return cut(line, longest)
}

/** Text of others for a terminal, with its own lines and its own length: nothing in it can move the cursor, change a colour or turn the direction of writing. */
export function toSafeText(text: string): string {
  return withoutEscapes(text.toWellFormed())
    .replace(/\r\n?|\p{Zl}|\p{Zp}/gu, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, ' ')
    .replace(/\p{Co}|\p{Cn}|(?!\u200d)\p{Cf}/gu, '')
}

/** Terminal sequences go whole: without their first byte what is left of them would be noise. */
function withoutEscapes(text: string): string {
  // `ESC [ … letter` sets colours and moves the cursor; `ESC ] … BEL` names windows and makes links.
  return text.replace(/(?:\u001b\[|\u009b)[0-9;:?]*[ -/]*[@-~]/g, '').replace(/(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]{0,2048}(?:\u0007|\u001b\\|\u009c)/g, '')
}

function cut(line: string, longest: number): string {
  if (line.length <= longest) return line
  const kept = line.slice(0, longest - 1)
  // Half of a surrogate pair is no character.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}
