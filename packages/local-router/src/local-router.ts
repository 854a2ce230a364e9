/** What is to be judged: the last user text, and what was said before it (empty where nothing was). */
export interface LocalQuestion {
  question: string
  conversation: string
}

export interface LocalVerdict {
  needs_orchestration: boolean
  /** How sure it is of that, 0.5 to 1. */
  confidence: number
  /** One short sentence for people. Never quotes the question. */
  reason: string
}

/** Says whether a request takes several capabilities, without asking a model. */
export interface LocalRouter {
  /** Synchronous, below a millisecond, never throws. Undefined when it is not sure. */
  judge(question: LocalQuestion): LocalVerdict | undefined
}
