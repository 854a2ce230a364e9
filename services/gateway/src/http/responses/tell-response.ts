import { toCanonicalJson, toSafeLine, type Approval, type Citation, type SessionEvent, type Stopped, type Usage } from '@signalbox/contracts'
import type { Annotation, ApprovalRequestItem, ResponseComposer, ResponseEvent, ResponseUsage } from '@signalbox/openai-wire/responses'

import type { Awaiting, OpenApproval } from '../../core/waiting-for-people.ts'
import { toAwaitingText } from '../complex/render-awaiting.ts'
import { toApprovalUrl } from '../console-url.ts'

/** What a session does, in the words of a response. Ours stand in its metadata alone. */

export interface SessionPlace {
  sessionId: string
  consoleUrl: string
}

/** A person reads no more than this; an agent can say more. By the events' own times, so that it is the same however often it is told. */
const PROGRESS_EVERY_MS = 250

/** Says which of a session's progress is told. */
export function createProgressFilter(consoleUrl: string): (event: SessionEvent, line: string | undefined) => string | undefined {
  let lastAt = Number.NEGATIVE_INFINITY
  return (event, line) => {
    if (line === undefined) return undefined
    if (event.type === 'node.progress') {
      const at = Date.parse(event.at)
      if (at - lastAt < PROGRESS_EVERY_MS) return undefined
      lastAt = at
    }
    const link = event.type === 'approval.requested' ? ` → ${toApprovalUrl(consoleUrl, event.approval)}` : ''
    return `${line}${link}\n`
  }
}

/** The session's end, with its sources. A budget that ended it cut its answer short, as a limit of tokens does. */
export function tellCompleted(
  composer: ResponseComposer,
  { text, usage, citations, stopped }: { text: string; usage: Usage; citations: readonly Citation[]; stopped?: Stopped | undefined },
  { sessionId, at }: { sessionId: string; at: number },
): ResponseEvent[] {
  const metadata = {
    session_id: sessionId,
    orch_status: stopped ? 'stopped' : 'completed',
    ...(usage.cost_usd !== null && { cost_usd: String(usage.cost_usd) }),
  }
  const end = { at, usage: toResponseUsage(usage), metadata }
  return [...composer.annotate(toAnnotations(text, citations)), ...(stopped ? composer.cut('max_output_tokens', end) : composer.complete(end))]
}

/** The turn's end where only people can go on: what they are asked, as words and as approvals that a program can find. */
export function tellAwaiting(
  composer: ResponseComposer,
  awaiting: Awaiting,
  { place, requests, hasText, at }: { place: SessionPlace; requests: readonly ApprovalRequestItem[]; hasText: boolean; at: number },
): ResponseEvent[] {
  const text = toAwaitingText(awaiting, place)
  return [
    ...composer.write(hasText ? `\n\n${text}` : text),
    ...requests.flatMap((request) => composer.ask(request)),
    ...composer.complete({ at, usage: toResponseUsage(awaiting.usage), metadata: toAwaitingMetadata(awaiting, place) }),
  ]
}

/** What a program that looks at a response which waits can find out. */
export function toAwaitingMetadata(
  { status, approvals }: { status: 'awaiting_approval' | 'awaiting_input'; approvals: readonly Pick<OpenApproval, 'id'>[] },
  { sessionId, consoleUrl }: SessionPlace,
): Record<string, string> {
  const [first] = approvals
  return {
    session_id: sessionId,
    orch_status: status,
    ...(first && { approval_url: toApprovalUrl(consoleUrl, first.id), approval_id: first.id }),
    ...(approvals.length > 1 && { approvals_open: String(approvals.length) }),
  }
}

/** An approval as an item. What its action is called and what it would be done with are the agent's words, as people see them: masked. */
export function toApprovalRequest({ id, agent, title }: OpenApproval, known: Approval | undefined): ApprovalRequestItem {
  return {
    type: 'mcp_approval_request',
    id: toRequestId(id),
    server_label: toSafeLine(agent),
    name: toSafeLine(known?.action.type ?? title),
    arguments: toCanonicalJson(known?.action.args ?? {}),
  }
}

export function toRequestId(approval: string): string {
  return `mcpr_${approval}`
}

/** The approval that an item of ours stands for. */
export function readRequestId(item: string): string | undefined {
  return /^mcpr_(apr_[\w-]{1,128})$/.exec(item)?.[1]
}

export function toResponseUsage({ prompt_tokens, completion_tokens, total_tokens }: Usage): ResponseUsage {
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
  }
}

const MOST_ANNOTATIONS = 1_000

/** Each `[n]` of the text that has a source, where it stands; sources that are not named in it stand at its end. */
export function toAnnotations(text: string, citations: readonly Citation[]): Annotation[] {
  const annotations: Annotation[] = []
  const named = new Set<number>()
  for (const mark of text.matchAll(/\[(\d{1,4})\]/g)) {
    const citation = citations.find(({ n }) => n === Number(mark[1]))
    if (!citation) continue
    named.add(citation.n)
    annotations.push(toAnnotation(citation, mark.index, mark.index + mark[0].length))
  }
  for (const citation of citations) if (!named.has(citation.n)) annotations.push(toAnnotation(citation, text.length, text.length))
  return annotations.slice(0, MOST_ANNOTATIONS)
}

function toAnnotation({ source, title }: Citation, start: number, end: number): Annotation {
  return /^https?:\/\//i.test(source) && URL.canParse(source)
    ? { type: 'url_citation', url: new URL(source).href, title: title === '' ? source : title, start_index: start, end_index: end }
    : { type: 'file_citation', file_id: source, filename: title === '' ? source : title, index: start }
}
