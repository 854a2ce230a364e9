import { setTimeout as pause } from 'node:timers/promises'

import { addUsage, NO_USAGE, type Budget, type Fault, type NodeOutput, type PutContext, type Usage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import type { AgentCaller, NodeCall, NodeWait } from './ports.ts'
import { createProgressGate } from './progress-text.ts'
import type { Work } from './work.ts'

/** What is reported while a piece of work runs, to be saved before it goes on. */
export interface NodeReports {
  /** Another try begins: on which agent, as which epoch. Settles once it is saved, so that a crash cannot send the try under another key. */
  attempt(facts: { agent: string; attempt: number; epoch: number; spent: Usage | undefined }): Promise<void>
  /** The try's A2A task is known. */
  task(taskId: string): void
  progress(agent: string, text: string): void
  retrying(facts: { agent: string; attempt: number; of: number; delayMs: number; error: Fault }): void
  fallback(facts: { from: string; agent: string; error: Fault }): void
  /** A piece of the answer's text; only for the answer node. */
  delta(agent: string, text: string): void
  /** An artifact is whole; only for work that somebody streams from. */
  artifact(artifact: NodeOutput): void
  /** What all tries have spent up to now. */
  usage(usage: Usage): void
  context(put: PutContext[]): void
  /** The task has heard what people said. */
  replied(): void
}

/** Decides whether, and after how long, a failed try is followed by another; waits, and says so. Throws the error when it is not. */
export type RetryPolicy = <Result>(
  attempts: number,
  work: (attempt: number) => Promise<Result>,
  onRetry: (facts: { attempt: number; delayMs: number; error: AppError }) => void,
  signal: AbortSignal,
) => Promise<Result>

export interface NodeRun {
  sessionId: string
  work: Work
  isAnswer: boolean
  /** Somebody begins on its artifacts before it has ended. */
  isStreamed: boolean
  /** Somebody has begun on them already, in an earlier life of this work. */
  hasSpoken: boolean
  /** All of a call that is the session's and not the node's. */
  facts: Pick<NodeCall, 'goal' | 'conversation' | 'context' | 'lineage' | 'budget' | 'owner'>
  /** The try that was saved as begun: now, or in an earlier life of this work, which may have got as far as a task. */
  begun: { epoch: number; attempts: number; agent: string; taskId?: string | undefined; usage?: Usage | undefined }
  /** What people said that its task waits for. */
  reply: NodeCall['reply']
  /** What is left of the node's own budget. */
  own: Budget | undefined
  /** A try's longest, milliseconds. */
  deadlineMs: number
  retries: number
}

export type NodeEnd =
  /** It is not over: its agent waits for people. `spoke`: somebody has seen some of it. */
  | { state: 'waiting'; wait: NodeWait; usage: Usage | undefined; spoke: boolean }
  | { state: 'completed'; output: NodeOutput; usage: Usage | undefined }
  /** `exhausted`: it would have been tried again, had there been tries left. `spoke`: somebody has seen some of it. */
  | { state: 'skipped' | 'failed'; error: Fault; usage: Usage | undefined; exhausted: boolean; spoke: boolean }

interface Tools {
  agents: AgentCaller
  retry: RetryPolicy
  report: NodeReports
  signal: AbortSignal
}

/**
 * Runs one piece of work to its end: tries on its agent, then on its fallback where it names one, then
 * failed or skipped as it says. Once answer text or an item is out nothing is tried again: who has read
 * half an answer must not be given a second beginning.
 *
 * @throws what `signal` was aborted with, when the run itself is told to stop.
 */
export async function runNode(run: NodeRun, tools: Tools): Promise<NodeEnd> {
  const { work } = run
  const agents = [run.begun.agent, ...(work.fallback !== undefined && work.fallback !== run.begun.agent ? [work.fallback] : [])]
  const progress: Progress = {
    epoch: run.begun.epoch,
    attempts: run.begun.attempts,
    resume: run.begun.taskId,
    reply: run.reply,
    begun: true,
    spoke: run.hasSpoken,
    spent: run.begun.usage,
  }
  let fault: AppError | undefined
  let exhausted = false
  for (const [index, agent] of agents.entries()) {
    if (fault && index > 0) tools.report.fallback({ from: agents[index - 1] as string, agent, error: toFault(fault, work.id) })
    try {
      const heard = await tools.retry(
        // Tries of an earlier life count.
        index === 0 ? Math.max(0, run.retries - Math.max(0, run.begun.attempts - 1)) : run.retries,
        () => oneTry(run, agent, { progress, last: index === agents.length - 1 }, tools),
        ({ attempt, delayMs, error }) => tools.report.retrying({ agent, attempt: attempt + 1, of: run.retries + 1, delayMs, error: toFault(error, work.id) }),
        tools.signal,
      )
      const usage = sum(progress.spent, heard.usage)
      if ('wait' in heard) return { state: 'waiting', wait: heard.wait, usage, spoke: progress.spoke }
      return { state: 'completed', output: heard.output, usage }
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      fault = toAppError(error)
      exhausted = fault.retryable
      if (progress.spoke || fault.code === 'budget_exceeded') break
    }
  }
  return { state: work.failedAs, error: toFault(fault as AppError, work.id), usage: progress.spent, exhausted, spoke: progress.spoke }
}

type Heard = { output: NodeOutput; usage: Usage | undefined } | { wait: NodeWait; usage: Usage | undefined }

interface Progress {
  epoch: number
  attempts: number
  resume: string | undefined
  /** For the task that is taken up again, and no other. */
  reply: NodeCall['reply']
  /** True for the try that was saved as begun: it keeps its key. */
  begun: boolean
  spoke: boolean
  /** By the tries that are over. */
  spent: Usage | undefined
}

async function oneTry(run: NodeRun, agent: string, { progress, last }: { progress: Progress; last: boolean }, tools: Tools): Promise<Heard> {
  const { resume: taskId, reply } = progress
  if (!progress.begun) {
    progress.epoch += 1
    progress.attempts += 1
    await tools.report.attempt({ agent, attempt: progress.attempts, epoch: progress.epoch, spent: progress.spent })
  }
  progress.begun = false
  progress.resume = undefined
  progress.reply = undefined
  let isHeard = reply === undefined
  const heed: NodeReports = { ...tools.report, replied: () => void ((isHeard = true), tools.report.replied()) }
  for (;;) {
    try {
      return await callOnce(run, agent, { progress, last, taskId, reply }, { ...tools, report: heed })
    } catch (error) {
      // What people said was not heard: it is said again to the same task, as the same try.
      if (!isHeard) Object.assign(progress, { begun: true, resume: taskId, reply })
      // An agent that rests for a little was not asked for anything: waiting for it costs no try, and none of the try's time.
      const fault = toAppError(error)
      if (fault.details['resting'] !== true || !fault.retryable) throw error
      tools.report.progress(agent, 'is left alone for a moment after failures')
      await pause(Math.max(100, fault.retryAfterMs ?? 0), undefined, { signal: tools.signal })
    }
  }
}

async function callOnce(
  run: NodeRun,
  agent: string,
  { progress, last, taskId, reply }: { progress: Progress; last: boolean; taskId: string | undefined; reply: NodeCall['reply'] },
  tools: Tools,
): Promise<Heard> {
  const { work } = run
  const deadline = AbortSignal.timeout(Math.ceil(run.deadlineMs))
  const overspent = new AbortController()
  const signal = AbortSignal.any([tools.signal, deadline, overspent.signal])
  const call: NodeCall = {
    ...run.facts,
    agent,
    key: `${run.sessionId}/${work.id}/${progress.epoch}`,
    // A skill is of the agent that it was drawn for.
    skill: agent === work.agent ? work.skill : undefined,
    instruction: work.instruction,
    inputs: work.inputs,
    taskId,
    reply,
  }
  const gate = createProgressGate((text) => tools.report.progress(agent, text))
  let task: string | undefined
  let spent: Usage | undefined
  try {
    for await (const heard of tools.agents.call(call, signal)) {
      if (heard.type === 'task') {
        task = heard.taskId
        tools.report.task(heard.taskId)
      } else if (heard.type === 'progress') gate.say(heard.text)
      else if (heard.type === 'context') tools.report.context(heard.put)
      else if (heard.type === 'usage') {
        spent = heard.usage
        const all = sum(progress.spent, spent) as Usage
        tools.report.usage(all)
        const over = overBudget(run.own, all)
        if (over !== undefined) overspent.abort(new AppError('budget_exceeded', `Node '${work.id}' spent more than its budget of ${over}.`))
      } else if (heard.type === 'artifact') {
        if (!run.isStreamed) continue
        progress.spoke = true
        tools.report.artifact(heard.artifact)
      } else if (heard.type === 'delta') {
        if (run.isAnswer && heard.text !== '') {
          progress.spoke = true
          tools.report.delta(agent, heard.text)
        }
      } else if (heard.type === 'replied') tools.report.replied()
      else if (heard.type === 'wait') return { wait: heard.wait, usage: heard.usage ?? spent }
      else return { output: heard.output, usage: heard.usage ?? spent }
    }
    throw new AppError('upstream_invalid', 'The agent stopped without saying how its task ended.')
  } catch (error) {
    // A service that stops leaves its agents' tasks alone: the next drive takes them up again.
    const unwanted = deadline.aborted || overspent.signal.aborted || isCalledOff(tools.signal)
    if (task !== undefined && unwanted) void tools.agents.cancel(agent, task)
    if (tools.signal.aborted) throw error
    progress.spent = sum(progress.spent, spent)
    if (overspent.signal.aborted) throw toAppError(overspent.signal.reason)
    const fault = deadline.aborted
      ? new AppError('deadline_exceeded', `Agent '${agent}' did not finish within ${run.deadlineMs / 1_000} s.`, { cause: error })
      : toAppError(error)
    // An agent that was told no does not get to ask anew.
    const isRefused = reply?.decisions.some(({ decision }) => decision === 'reject') === true
    throw triable(fault, { spoke: progress.spoke || isRefused, last, spent: progress.spent, budget: run.own })
  }
}

/** Whether work was stopped because nobody wants it, and not because its driver stops: that one's work is taken up again. */
export function isCalledOff({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof AppError && reason.code === 'canceled'
}

/** The fault, as one that another try may follow or not. */
function triable(error: AppError, facts: { spoke: boolean; last: boolean; spent: Usage | undefined; budget: Budget | undefined }): AppError {
  if (!error.retryable) return error
  const never = facts.spoke || (facts.spent && overBudget(facts.budget, facts.spent) !== undefined)
  // An agent whose breaker is open is not waited for where there is another.
  const elsewhere = error.details['resting'] === true && !facts.last
  return never || elsewhere ? new AppError(error.code, error.message, { retryable: false, cause: error }) : error
}

/** The limit that was passed, in words. */
export function overBudget(budget: Budget | undefined, spent: Usage): string | undefined {
  if (budget?.tokens !== undefined && spent.total_tokens > budget.tokens) return `${budget.tokens} tokens`
  if (budget?.usd !== undefined && spent.cost_usd === null) return `${budget.usd} US dollars, which cannot be kept where a price is not known`
  if (budget?.usd !== undefined && (spent.cost_usd ?? 0) > budget.usd) return `${budget.usd} US dollars`
  return undefined
}

export function toFault(error: AppError, node?: string): Fault {
  return { code: error.code, message: error.message.slice(0, 1_000), ...(node !== undefined && { node }) }
}

function sum(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  return a || b ? addUsage(a ?? NO_USAGE, b ?? NO_USAGE) : undefined
}
