import { cleanInline, readBlocks, type Block } from './read-blocks.ts'

/** A sentence of a document that can stand alone, and the heading it stood under. */
export interface PlainSentence {
  text: string
  heading: string
}

const SHORTEST = 24
const LONGEST = 420

/**
 * The sentences of a piece of Markdown that are worth quoting. Code, tables, headings and markup are
 * not; neither is what the edges of a passage cut in two.
 */
export function readSentences(markdown: string): PlainSentence[] {
  const blocks = joinLists(readBlocks(markdown))
  return blocks.flatMap((block, index) => {
    const sentences = splitBlock(block.text)
    const first = sentences[0]
    if (index === 0 && first !== undefined && /^[\p{Ll},;:)\]]/u.test(first)) sentences.shift()
    const last = sentences.at(-1)
    if (index === blocks.length - 1 && block.kind === 'paragraph' && last !== undefined && !/[.!?)"'`*:]$/.test(last)) sentences.pop()
    return sentences.filter(isQuotable).map((text) => ({ text: endWell(text), heading: block.heading }))
  })
}

/** "There are two ways:" and its list are one sentence, as long as that is a readable one. */
function joinLists(blocks: readonly Block[]): Block[] {
  const joined: Block[] = []
  for (let index = 0; index < blocks.length; index++) {
    const block = blocks[index] as Block
    const items: Block[] = []
    if (block.text.endsWith(':')) while (blocks[index + 1 + items.length]?.kind === 'item') items.push(blocks[index + 1 + items.length] as Block)
    const whole = `${block.text} ${items.map(({ text }) => text.replace(/[.;,]+$/, '')).join('; ')}.`
    if (items.length > 1 && whole.length <= LONGEST && items.every(({ text }) => splitBlock(text).length === 1)) {
      joined.push({ ...block, text: whole })
      index += items.length
    } else joined.push(block)
  }
  return joined
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

function splitBlock(text: string): string[] {
  const sentences: string[] = []
  let open = ''
  for (const { segment } of segmenter.segment(text)) {
    open += segment
    // The segmenter does not know that "e.g." and "BullMQ v5." go on.
    if (/(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|Dr|Mr|Mrs|St|No)\.|^\d+\.)\s*$/.test(open)) continue
    sentences.push(open.trim())
    open = ''
  }
  if (open.trim() !== '') sentences.push(open.trim())
  return sentences
}

function isQuotable(sentence: string): boolean {
  if (sentence.length < SHORTEST || sentence.length > LONGEST || sentence.split(' ').length < 4) return false
  if (/(?:[:?…]|\b(?:and|or),?)$/.test(sentence) || /^[^\p{L}\p{N}"'“‘([`$]/u.test(sentence) || sentence.includes(' | ')) return false
  const signs = sentence.match(/[{}<>=;|\\]/g)?.length ?? 0
  return signs / sentence.length < 0.03
}

function endWell(sentence: string): string {
  const text = cleanInline(sentence)
  return /[.!?]["')`*]*$/.test(text) ? text : `${text}.`
}
