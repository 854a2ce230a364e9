/** A run of prose in a Markdown text. */
export interface Block {
  kind: 'paragraph' | 'item'
  text: string
  heading: string
}

const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/
/** Lines that are furniture: rules, directives, HTML, tables, admonition marks, link definitions. */
const FURNITURE = /^\s*(?:[-*_=]{3,}\s*$|\{[%{]|<!--|<\/?[a-z]|\||!{3}|:{3}|\[[^\]]+\]:\s|@|import\s.+from\s)/i

/** Takes a Markdown text apart into paragraphs and list items, each clean of markup. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  let open: { kind: Block['kind']; lines: string[] } | undefined
  const close = (): void => {
    const text = cleanInline(open?.lines.join(' ') ?? '')
    if (open && text !== '') blocks.push({ kind: open.kind, text, heading })
    open = undefined
  }

  for (const raw of withoutCode(markdown).split('\n')) {
    const line = raw.replace(/^\s*>\s?/, '')
    const title = /^\s{0,3}#{1,6}\s+(.+?)\s*#*$/.exec(line)
    if (title || line.trim() === '' || FURNITURE.test(line)) {
      close()
      if (title) heading = cleanInline(title[1] as string)
    } else if (LIST_ITEM.test(line)) {
      close()
      open = { kind: 'item', lines: [line.replace(LIST_ITEM, '').replace(/^\[[ x]\]\s/i, '')] }
    } else {
      open ??= { kind: 'paragraph', lines: [] }
      open.lines.push(line.trim())
    }
  }
  close()
  return blocks
}

/** Words as they are read aloud: links become their text, images and tags go, code keeps its ticks. */
export function cleanInline(text: string): string {
  return (
    text
      .replaceAll(/!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?/g, '')
      .replaceAll(/\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
      .replaceAll(/<(https?:[^>\s]+)>/g, '$1')
      .replaceAll(/<\/?[a-z][^>]*>/gi, '')
      .replaceAll(/\{[%{].*?[%}]\}/g, '')
      .replaceAll(/(\*\*|__)(.+?)\1/g, '$2')
      .replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, '$1')
      .replaceAll(/(?<!\w)_([^_\s][^_]*)_(?!\w)/g, '$1')
      // A bare number in brackets would read as one of our citations.
      .replaceAll(/\s*\[\^?\d+\]/g, '')
      .replaceAll(/\\([\\`*_{}[\]()#+\-.!])/g, '$1')
      .replaceAll(/\s+/g, ' ')
      .trim()
  )
}

const FENCE = /^\s*(`{3,}|~{3,})(.*)$/

/** Fenced code and front matter out. */
function withoutCode(markdown: string): string {
  const lines = markdown.replace(/^---\n[\s\S]*?\n---\n/, '').split('\n')
  const kept: string[] = []
  let fence = fenceLeftOpen(lines)
  for (const line of lines) {
    const mark = FENCE.exec(line)
    if (!mark) {
      if (fence === undefined) kept.push(line)
    } else if (fence === undefined) {
      fence = mark[1]
      kept.push('')
    } else if ((mark[2] as string).trim() === '' && (mark[1] as string).startsWith(fence)) fence = undefined
  }
  return kept.join('\n')
}

/** A passage may begin inside a fence: then its marks are odd in number, and the first one, bare, is an end. */
function fenceLeftOpen(lines: readonly string[]): string | undefined {
  const marks = lines.flatMap((line) => {
    const mark = FENCE.exec(line)
    return mark ? [mark] : []
  })
  const first = marks[0]
  return first && marks.length % 2 === 1 && (first[2] as string).trim() === '' ? first[1] : undefined
}
