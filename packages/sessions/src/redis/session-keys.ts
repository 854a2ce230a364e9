/** The keys of one session. Its id is their hash tag, so that they lie together and one script may touch them all. */
export interface SessionKeys {
  doc: string
  inbox: string
  events: string
  parts: string
  lock: string
  /** Where the answer of one write is kept. */
  op: (op: string) => string
  /** Where it is told that something was written. */
  channel: string
}

export function sessionKeys(prefix: string, id: string): SessionKeys {
  const of = (what: string): string => `${prefix}:{${id}}:${what}`
  return { doc: of('doc'), inbox: of('inbox'), events: of('events'), parts: of('parts'), lock: of('lock'), op: (op) => of(`op:${op}`), channel: of('written') }
}
