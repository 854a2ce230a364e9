import { describe, expect, it, vi } from 'vitest'

import { createConversation, type ChatRequest } from './conversation.ts'

describe('a conversation in the playground', () => {
  it('sends what was said before, and leaves out what failed', async () => {
    const { conversation, asked } = conversationWith([words('Hello.'), new Response('{}', { status: 500 }), words('Fine.')])
    conversation.setSystem('Be kind.')
    for (const question of ['Hi', 'Broken', 'How are you?']) await conversation.send(question)
    expect(asked.at(-1)?.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'How are you?' },
    ])
    expect(conversation.get().exchanges.map(({ answer }) => answer.status)).toEqual(['completed', 'failed', 'completed'])
  })

  it('goes on in the session that asks, and only there', async () => {
    const { conversation, asked } = conversationWith([waiting('ses_1', 'awaiting_input'), words('Booked.'), words('Else.')])
    for (const question of ['Book a room', 'Tuesday', 'And now?']) await conversation.send(question)
    expect(asked.map(({ sessionId }) => sessionId)).toEqual([undefined, 'ses_1', undefined])
  })

  it('begins anew where the session has gone on by itself, with its answer as what was said', async () => {
    const { conversation, asked } = conversationWith([waiting('ses_1', 'awaiting_approval'), words('Yes.')])
    await conversation.send('Roll it out')
    conversation.follow(1, 'Rolled out.')
    await conversation.send('Sure?')
    expect(asked[1]).toMatchObject({ sessionId: undefined, messages: [{}, { role: 'assistant', content: 'Rolled out.' }, {}] })
  })

  it('asks the last question again in its place', async () => {
    const { conversation } = conversationWith([new Response('{}', { status: 503 }), words('Now.')])
    await conversation.send('Hi')
    await conversation.again()
    expect(conversation.get().exchanges).toMatchObject([{ question: 'Hi', answer: { text: 'Now.' } }])
  })

  it('takes one question at a time, and can be stopped', async () => {
    const conversation = createConversation(
      (_request, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    )
    const first = conversation.send('Hi')
    await conversation.send('Twice')
    expect(conversation.get().exchanges).toHaveLength(1)
    conversation.stop()
    await first
    expect(conversation.get()).toMatchObject({ isBusy: false, exchanges: [{ answer: { status: 'stopped' } }] })
  })

  it('forgets everything, also what is still coming in', async () => {
    const { conversation } = conversationWith([words('Hello.')])
    const sent = conversation.send('Hi')
    conversation.clear()
    await sent
    await vi.waitFor(() => expect(conversation.get()).toMatchObject({ exchanges: [], isBusy: false }))
  })
})

function conversationWith(answers: Response[]) {
  const asked: ChatRequest[] = []
  const conversation = createConversation((request) => {
    asked.push(request)
    const answer = answers[asked.length - 1]
    return answer ? Promise.resolve(answer) : Promise.reject(new Error('asked more often than expected'))
  })
  return { conversation, asked }
}

function words(text: string): Response {
  return streamOf([{ choices: [{ delta: { content: text } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }])
}

function waiting(sessionId: string, status: string): Response {
  return streamOf([
    { choices: [{ delta: { content: 'Which one?' } }] },
    { choices: [{ delta: {}, finish_reason: 'stop' }], signalbox: { v: 1, session_id: sessionId, status } },
  ])
}

function streamOf(chunks: readonly object[]): Response {
  return new Response([...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'].join(''))
}
