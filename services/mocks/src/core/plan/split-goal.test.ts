import { describe, expect, test } from 'vitest'

import { splitGoal } from './split-goal.ts'

describe('comparisons are taken apart, and each side keeps the words it shares with the other', () => {
  test.each([
    ['Compare BullMQ and A2A', ['BullMQ', 'A2A']],
    ['Compare how BullMQ retries failing jobs with how A2A reports task errors.', ['how BullMQ retries failing jobs', 'how A2A reports task errors']],
    ['What is the difference between stalled jobs and failed jobs in BullMQ?', ['stalled jobs in BullMQ', 'failed jobs in BullMQ']],
    ['What is the difference between fixed and exponential backoff?', ['fixed backoff', 'exponential backoff']],
    ['What is the difference between streaming and push notifications in A2A?', ['streaming in A2A', 'push notifications in A2A']],
    ['How do BullMQ and the A2A protocol handle retries?', ['how BullMQ handles retries', 'how the A2A protocol handles retries']],
    ['How does BullMQ Pro differ from BullMQ?', ['BullMQ Pro', 'BullMQ']],
    ['How do workers and queues differ?', ['workers', 'queues']],
    ['BullMQ vs A2A streaming', ['BullMQ', 'A2A streaming']],
    ['How does retry work in BullMQ and in A2A?', ['How does retry work in BullMQ', 'How does retry work in A2A']],
    ['Compare the retry behaviour of BullMQ and A2A', ['the retry behaviour of BullMQ', 'the retry behaviour of A2A']],
    ['Compare stalled jobs, delayed jobs and repeatable jobs.', ['stalled jobs', 'delayed jobs', 'repeatable jobs']],
    ['Please compare push notifications with streaming in A2A, and cite the sources.', ['push notifications in A2A', 'streaming in A2A']],
    ['Is polling better than streaming for long tasks?', ['polling for long tasks', 'streaming for long tasks']],
    ["Compare BullMQ's job schedulers with delayed jobs and explain when I should use which, with sources", ["BullMQ's job schedulers", 'delayed jobs']],
    ['Compare A2A and MCP with respect to tools', ['A2A regarding tools', 'MCP regarding tools']],
    ['Compare rate limiting in BullMQ to push notifications in A2A: which problem does each solve?', ['rate limiting in BullMQ', 'push notifications in A2A']],
    [
      'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.',
      ['what the Gettysburg Address says about the war', 'what the Second Inaugural Address says about the war'],
    ],
    [
      'Which retry strategies does BullMQ offer, and how do they compare to what A2A says about failed tasks?',
      ['Which retry strategies does BullMQ offer', 'what A2A says about failed tasks'],
    ],
  ])('%s', (goal, topics) => {
    expect(splitGoal(goal)).toEqual({ kind: 'comparison', topics })
  })
})

describe('several questions are looked up one by one', () => {
  test.each([
    ['What is a flow in BullMQ and how does a worker handle stalled jobs?', ['What is a flow in BullMQ', 'how does a worker handle stalled jobs?']],
    ['What is an Agent Card? How are jobs retried? When does a job stall?', ['What is an Agent Card?', 'How are jobs retried?', 'When does a job stall?']],
    ['Explain agent discovery, then describe push notifications.', ['Explain agent discovery', 'describe push notifications.']],
    ['1. What is a worker\n2. What is a queue\n3. How to retry', ['What is a worker', 'What is a queue', 'How to retry']],
  ])('%s', (goal, topics) => {
    expect(splitGoal(goal)).toEqual({ kind: 'questions', topics })
  })
})

describe('each of a list that stands in the goal is one question', () => {
  test.each([
    [
      'For each of BullMQ, A2A and pgvector, say how it handles failure.',
      ['how BullMQ handles failure', 'how A2A handles failure', 'how pgvector handles failure'],
    ],
    ['For each of queues and workers: name its main setting.', ["name queues's main setting", "name workers's main setting"]],
    [
      'Explain the retry rules for each of queues, workers and flows.',
      ['Explain the retry rules for queues', 'Explain the retry rules for workers', 'Explain the retry rules for flows'],
    ],
    ['Explain how each of the following is retried:\n- jobs\n- tasks', ['how jobs is retried', 'how tasks is retried']],
  ])('%s', (goal, topics) => {
    expect(splitGoal(goal)).toEqual({ kind: 'questions', topics })
  })
})

describe('anything else is one question', () => {
  test.each([
    ['How do I configure rate limiting?', 'How do I configure rate limiting?'],
    [
      'I run a shop. My workers crash at night. What can I do about stalled jobs?',
      'I run a shop. My workers crash at night. What can I do about stalled jobs?',
    ],
    ['Could you please explain what it is and what it does?', 'explain what it is and what it does?'],
    ['Research how agents discover each other and write a report on it', 'Research how agents discover each other'],
    ['What is a flow and how does it work?', 'What is a flow and how does it work?'],
    ['', ''],
    ['?', '?'],
  ])('%s', (goal, topic) => {
    expect(splitGoal(goal)).toEqual({ kind: 'single', topics: [topic] })
  })
})

test.each(['and how ', 'compare ', 'how x ', 'in a and ', ', ', 'what is a and how does ', ' ', '\n', 'for each of a, ', 'each of the following '])(
  'a goal of nothing but %j is split in bounded time',
  (piece) => {
    const before = performance.now()
    splitGoal(piece.repeat(Math.floor(3_900 / piece.length)))
    splitGoal(piece.repeat(100_000))
    expect(performance.now() - before).toBeLessThan(1_000)
  },
)
