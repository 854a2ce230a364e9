import type { Token } from './token.ts'

const LONGEST_QUOTE = 600

const CLOSING: Record<string, string> = { '"': '"', '“': '”', '„': '“', '«': '»', '‘': "'", '`': '`', "'": "'" }

const FILE_NAME = /^[\w ./-]{1,80}\.([a-z0-9]{2,5})$/i
const FENCE = /```[\s\S]*?(?:```|$)/g
const PIECE =
  /(?<url>\bhttps?:\/\/\S+|\bwww\.\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,20})|(?<file>\b[\w-]{1,60}\.(?:jpe?g|png|gif|svg|webp|wav|mp3|m4a|ogg|flac|mp4|mov|avi|mkv|webm|pdf|docx?|txt|md|rtf|csv|tsv|xlsx?|json|ya?ml|xml|html?|parquet|pptx?|zip|py|js|ts|java|c|cpp|go|rs|sql|sh)\b)|(?<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)|(?<number>[\d][\d.,:/%-]*)|(?<line>\n+)|(?<quote>["“„«‘`'])|(?<foreign>[^\x00-\x7f])|(?<mark>[^\s\w])/g

/** A text's tokens, in order. Takes any string. */
export function readTokens(request: string): Token[] {
  const text = request.replaceAll('’', "'").replace(FENCE, '`c`')
  const tokens: Token[] = []
  let opens = true
  const unclosed = new Set<string>()
  PIECE.lastIndex = 0
  for (let match = PIECE.exec(text); match; match = PIECE.exec(text)) {
    const groups = match.groups as Record<string, string | undefined>
    const raw = match[0]
    if (groups['quote'] !== undefined) {
      const end = unclosed.has(raw) ? undefined : quoteEnd(text, match.index)
      if (end !== undefined) {
        const file = FILE_NAME.exec(text.slice(match.index + 1, end - 1))
        tokens.push(
          file
            ? { kind: 'file', text: (file[1] as string).toLowerCase(), opens, length: end - match.index }
            : { kind: raw === '`' ? 'code' : 'quote', text: '', opens, length: end - match.index },
        )
        PIECE.lastIndex = end
        opens = false
        continue
      }
      if (!text.includes(CLOSING[raw] as string, match.index + 1)) unclosed.add(raw)
      tokens.push({ kind: 'mark', text: raw, opens, length: 1 })
      continue
    }
    if (groups['line'] !== undefined) {
      tokens.push({ kind: 'line', text: raw.length > 1 ? '\n\n' : '\n', opens: false, length: raw.length })
      opens = true
      continue
    }
    if (groups['mark'] !== undefined) {
      tokens.push({ kind: 'mark', text: raw, opens, length: 1 })
      if (/[.!?]/.test(raw)) opens = true
      continue
    }
    tokens.push(toToken(groups, raw, opens))
    opens = false
  }
  return tokens
}

function toToken(groups: Record<string, string | undefined>, raw: string, opens: boolean): Token {
  if (groups['word'] !== undefined) {
    const name = !opens && /^[A-Z]/.test(raw) && raw !== 'I' && !raw.startsWith("I'")
    return { kind: name ? 'name' : 'word', text: raw.toLowerCase(), opens, length: raw.length }
  }
  if (groups['number'] !== undefined) return { kind: 'number', text: '', opens, length: raw.length }
  if (groups['file'] !== undefined) return { kind: 'file', text: raw.slice(raw.lastIndexOf('.') + 1).toLowerCase(), opens, length: raw.length }
  if (groups['url'] !== undefined) return { kind: 'url', text: '', opens, length: raw.length }
  return { kind: 'foreign', text: '', opens, length: raw.length }
}

/** Where a quotation ends, or undefined where the mark opens none. */
function quoteEnd(text: string, start: number): number | undefined {
  const mark = text[start] as string
  if (mark === "'" && start > 0 && /\w/.test(text[start - 1] as string)) return undefined
  const closing = CLOSING[mark] as string
  for (let end = text.indexOf(closing, start + 1); end !== -1 && end - start <= LONGEST_QUOTE; end = text.indexOf(closing, end + 1)) {
    // An apostrophe within a quotation ends nothing.
    if (closing === "'" && /\w/.test(text[end + 1] ?? ' ')) continue
    return end - start < 2 ? undefined : end + 1
  }
  return undefined
}
