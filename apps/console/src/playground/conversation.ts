import { UNASKED, readAnswer, type ChatAnswer } from './chat-answer.ts'

/** A question and its answer. */
export interface Exchange {
  id: number
  question: string
  model: string
  answer: ChatAnswer
  /** What the session said after the turn had ended for a person: the answer that counts. */
  followed: string | undefined
}

export interface Conversation {
  exchanges: readonly Exchange[]
  system: string
  model: string
  /** An answer is coming in. */
  isBusy: boolean
}

export interface ChatRequest {
  model: string
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[]
  /** The session that the conversation goes on in. */
  sessionId: string | undefined
}

export interface ConversationStore {
  get(): Conversation
  subscribe(listener: () => void): () => void
  send(question: string): Promise<void>
  /** Asks the last question again. */
  again(): Promise<void>
  stop(): void
  /** What became of a session after its turn had ended. */
  follow(id: number, text: string): void
  setModel(model: string): void
  setSystem(system: string): void
  clear(): void
}

/**
 * A conversation that goes on while one looks at other pages.
 *
 * 1. A turn that ended for a person is gone on with in its session: the next words are the answer to what was asked.
 * 2. What failed and what was stopped before a word was said is no part of what is sent.
 */
export function createConversation(ask: (request: ChatRequest, signal: AbortSignal) => Promise<Response>, model = 'signalbox-auto'): ConversationStore {
  let state: Conversation = { exchanges: [], system: '', model, isBusy: false }
  let line: AbortController | undefined
  let lastId = 0
  const listeners = new Set<() => void>()
  const set = (change: Partial<Conversation>): void => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }
  const change = (id: number, changed: Partial<Exchange>): void =>
    set({ exchanges: state.exchanges.map((exchange) => (exchange.id === id ? { ...exchange, ...changed } : exchange)) })

  const send = async (question: string): Promise<void> => {
    if (state.isBusy || question.trim() === '') return
    const request = toRequest(state, question)
    lastId += 1
    const id = lastId
    const mine = new AbortController()
    line = mine
    set({ isBusy: true, exchanges: [...state.exchanges, { id, question, model: state.model, answer: UNASKED, followed: undefined }] })
    await readAnswer(() => ask(request, mine.signal), { onAnswer: (answer) => change(id, { answer }), signal: mine.signal })
    if (line === mine) set({ isBusy: false })
  }
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    send,
    async again() {
      const last = state.exchanges.at(-1)
      if (!last || state.isBusy) return
      set({ exchanges: state.exchanges.slice(0, -1) })
      await send(last.question)
    },
    stop: () => line?.abort(),
    follow(id, text) {
      if (state.exchanges.find((exchange) => exchange.id === id)?.followed !== text) change(id, { followed: text })
    },
    setModel: (chosen) => set({ model: chosen }),
    setSystem: (system) => set({ system }),
    clear() {
      line?.abort()
      line = undefined
      set({ exchanges: [], isBusy: false })
    },
  }
}

/** What is sent for the next question. */
export function toRequest({ exchanges, system, model }: Pick<Conversation, 'exchanges' | 'system' | 'model'>, question: string): ChatRequest {
  const turns = exchanges.flatMap(({ question: asked, answer, followed }) => {
    const said = followed ?? answer.text
    return said === '' || (answer.status === 'failed' && followed === undefined)
      ? []
      : [
          { role: 'user' as const, content: asked },
          { role: 'assistant' as const, content: said },
        ]
  })
  const last = exchanges.at(-1)
  const isWaiting = last?.followed === undefined && (last?.answer.status === 'awaiting_input' || last?.answer.status === 'awaiting_approval')
  return {
    model,
    messages: [...(system.trim() === '' ? [] : [{ role: 'system' as const, content: system }]), ...turns, { role: 'user', content: question }],
    sessionId: isWaiting ? last?.answer.sessionId : undefined,
  }
}
