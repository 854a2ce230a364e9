import { addUsage, NO_USAGE, type Fault, type NodeOutput, type PlanNode, type Usage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import { createProgressGate } from './progress-text.ts'
import type { AgentCaller, NodeCall } from './ports.ts'

/** What is reported while a node runs, to be saved before it goes on. */
export interface NodeReports {
  /** Another try begins: on which agent, as which epoch. Settles once it is saved, so that a crash cannot send the try under another key. */
  attempt(facts: { agent: string; attempt: number; epoch: number }): Promise<void>
  /** The try's A2A task is known. */
  task(taskId: string): void
  progress(agent: string, text: string): void
  retrying(facts: { agent: string; attempt: number; of: number; delayMs: number; error: Fault }): void
  fallback(facts: { from: string; agent: string; error: Fault }): void
  /** A piece of the answer's text; only for the answer node. */
  delta(agent: string, text: string): void
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
  node: PlanNode
  isAnswer: boolean
  goal: string
  conversation: NodeCall['conversation']
  inputs: NodeCall['inputs']
  /** The try that was saved as begun: now, or in an earlier life of this node, which may have got as far as a task. */
  begun: { epoch: number; attempts: number; agent: string; taskId?: string | undefined }
  defaultDeadlineMs: number
  defaultRetries: number
}

export type NodeEnd =
  | { state: 'completed'; output: NodeOutput; usage: Usage | undefined }
  | { state: 'skipped' | 'failed'; error: Fault; usage: Usage | undefined }

/**
 * Runs one node to its end: tries on its agent, then on its fallback where it names one, then failed
 * or skipped as it says. Once answer text is out nothing is tried again: who has read half an answer
 * must not be given a second beginning.
 *
 * @throws what `signal` was aborted with, when the run itself is told to stop.
 */
export async function runNode(run: NodeRun, tools: { agents: AgentCaller; retry: RetryPolicy; report: NodeReports; signal: AbortSignal }): Promise<NodeEnd> {
  const { node } = run
  const agents = [
    run.begun.agent,
    ...(node.on_failure === 'fallback' && node.fallback !== undefined && node.fallback !== run.begun.agent ? [node.fallback] : []),
  ]
  const progress: Progress = { epoch: run.begun.epoch, attempts: run.begun.attempts, resume: run.begun.taskId, begun: true, spoke: false, usage: undefined }
  let fault: AppError | undefined
  for (const [index, agent] of agents.entries()) {
    if (fault && index > 0) tools.report.fallback({ from: agents[index - 1] as string, agent, error: toFault(fault, node.id) })
    try {
      const { output, usage } = await tools.retry(
        node.retries ?? run.defaultRetries,
        () => oneTry(run, agent, progress, tools),
        ({ attempt, delayMs, error }) =>
          tools.report.retrying({ agent, attempt: attempt + 1, of: (node.retries ?? run.defaultRetries) + 1, delayMs, error: toFault(error, node.id) }),
        tools.signal,
      )
      return { state: 'completed', output, usage: sum(progress.usage, usage) }
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      fault = toAppError(error)
      if (progress.spoke) break
    }
  }
  return { state: node.on_failure === 'skip' ? 'skipped' : 'failed', error: toFault(fault as AppError, node.id), usage: progress.usage }
}

interface Progress {
  epoch: number
  attempts: number
  resume: string | undefined
  /** True for the try that was saved as begun: it keeps its key. */
  begun: boolean
  spoke: boolean
  usage: Usage | undefined
}

async function oneTry(
  run: NodeRun,
  agent: string,
  progress: Progress,
  tools: { agents: AgentCaller; report: NodeReports; signal: AbortSignal },
): Promise<{ output: NodeOutput; usage: Usage | undefined }> {
  const { node } = run
  const taskId = progress.resume
  if (!progress.begun) {
    progress.epoch += 1
    progress.attempts += 1
    await tools.report.attempt({ agent, attempt: progress.attempts, epoch: progress.epoch })
  }
  progress.begun = false
  progress.resume = undefined

  const deadline = AbortSignal.timeout((node.deadline_s ?? run.defaultDeadlineMs / 1_000) * 1_000)
  const signal = AbortSignal.any([tools.signal, deadline])
  const call: NodeCall = {
    agent,
    key: `${run.sessionId}/${node.id}/${progress.epoch}`,
    node,
    goal: run.goal,
    conversation: run.conversation,
    inputs: run.inputs,
    taskId,
  }
  const gate = createProgressGate((text) => tools.report.progress(agent, text))
  let task: string | undefined
  try {
    for await (const heard of tools.agents.call(call, signal)) {
      if (heard.type === 'task') {
        task = heard.taskId
        tools.report.task(heard.taskId)
      } else if (heard.type === 'progress') gate.say(heard.text)
      else if (heard.type === 'delta') {
        if (run.isAnswer && heard.text !== '') {
          progress.spoke = true
          tools.report.delta(agent, heard.text)
        }
      } else return { output: heard.output, usage: heard.usage }
    }
    throw new AppError('upstream_invalid', 'The agent stopped without saying how its task ended.')
  } catch (error) {
    // A service that stops leaves its agents' tasks alone: the next drive takes them up again.
    if (task !== undefined && (deadline.aborted || (tools.signal.aborted && toAppError(tools.signal.reason).code === 'canceled')))
      void tools.agents.cancel(agent, task)
    if (tools.signal.aborted) throw error
    if (deadline.aborted)
      throw noRetryOnceSpoken(
        new AppError('deadline_exceeded', `Agent '${agent}' did not finish within ${node.deadline_s ?? run.defaultDeadlineMs / 1_000} s.`, { cause: error }),
        progress,
      )
    throw noRetryOnceSpoken(toAppError(error), progress)
  }
}

function noRetryOnceSpoken(error: AppError, { spoke }: Progress): AppError {
  return spoke && error.retryable ? new AppError(error.code, error.message, { retryable: false, cause: error }) : error
}

export function toFault(error: AppError, node?: string): Fault {
  return { code: error.code, message: error.message.slice(0, 1_000), ...(node !== undefined && { node }) }
}

function sum(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  return a || b ? addUsage(a ?? NO_USAGE, b ?? NO_USAGE) : undefined
}
