/** Where a text stops being JSON, and what stands in the way, in words. */
export interface JsonFault {
  line: number
  column: number
  message: string
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const BLANKS = /[ \t\r\n]*/y
const WORDS = ['true', 'false', 'null'] as const
/** Nobody writes deeper than this by hand. */
const DEEPEST = 200

class Found extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

/**
 * Browsers word and place the faults of JSON each in their own way, and let a key that stands twice pass, of
 * which only the last would be used. Undefined where all is well.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const [found] = pattern.exec(text) ?? []
    at += found?.length ?? 0
    return found
  }
  const blanks = (): void => void take(BLANKS)
  const fail = (wanted: string): never => {
    throw new Found(at, at >= text.length ? `It ends where ${wanted} should stand` : `${wanted} should stand here, not ${JSON.stringify(text[at])}`)
  }
  const string = (wanted: string): string => take(STRING) ?? fail(text[at] === '"' ? 'a text that is closed on its line' : wanted)

  const value = (depth: number): void => {
    if (depth > DEEPEST) throw new Found(at, 'This is too deep')
    blanks()
    if (text[at] === '{') object(depth)
    else if (text[at] === '[') list(depth)
    else if (text[at] === '"') string('a text')
    else {
      const word = WORDS.find((candidate) => text.startsWith(candidate, at))
      if (word) at += word.length
      else if (take(NUMBER) === undefined) fail('a value')
    }
    blanks()
  }
  const object = (depth: number): void => {
    at += 1
    blanks()
    const keys = new Set<string>()
    if (text[at] === '}') return void (at += 1)
    for (;;) {
      blanks()
      const began = at
      const key = JSON.parse(string('a key in double quotes')) as string
      if (keys.has(key)) throw new Found(began, `The key ${JSON.stringify(key)} stands here twice`)
      keys.add(key)
      blanks()
      if (text[at] !== ':') fail('a colon')
      at += 1
      value(depth + 1)
      if (text[at] === '}') return void (at += 1)
      if (text[at] !== ',') fail('a comma or }')
      at += 1
    }
  }
  const list = (depth: number): void => {
    at += 1
    blanks()
    if (text[at] === ']') return void (at += 1)
    for (;;) {
      value(depth + 1)
      if (text[at] === ']') return void (at += 1)
      if (text[at] !== ',') fail('a comma or ]')
      at += 1
    }
  }

  try {
    value(0)
    if (at < text.length) fail('nothing more')
    return undefined
  } catch (error) {
    if (!(error instanceof Found)) throw error
    const before = text.slice(0, error.at).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: error.message }
  }
}
