import type { Artifact, Part, StreamEvent, Task } from '../model.ts'
import { isTerminal } from '../engine/transitions.ts'

/** What a task says that the task before did not, as the events that would have led from one to the other. */
export function* toMissed(before: Task, now: Task): Generator<StreamEvent> {
  const ids = { taskId: now.id, contextId: now.contextId }
  for (const artifact of now.artifacts) {
    const known = before.artifacts.find(({ artifactId }) => artifactId === artifact.artifactId)
    const rest = known && restOf(toWhole(known.parts), toWhole(artifact.parts))
    if (rest === undefined) yield { type: 'artifact', ...ids, artifact, append: false, lastChunk: isTerminal(now.status.state) }
    else if (rest.length > 0) yield { type: 'artifact', ...ids, artifact: toPiece(artifact, rest), append: true, lastChunk: isTerminal(now.status.state) }
  }
  if (now.status.state === before.status.state && now.status.timestamp === before.status.timestamp) return
  yield { type: 'status', ...ids, status: now.status, ...(isTerminal(now.status.state) && now.metadata && { metadata: now.metadata }) }
}

function toPiece({ artifactId, name }: Artifact, parts: Part[]): Artifact {
  return { artifactId, ...(name !== undefined && { name }), parts }
}

/** What follows after the known parts; undefined where the parts do not begin with them. */
function restOf(known: readonly Part[], parts: readonly Part[]): Part[] | undefined {
  const last = known.length - 1
  if (known.slice(0, -1).some((part, index) => !isSame(part, parts[index]))) return undefined
  const knownLast = known[last]
  const nowLast = parts[last]
  if (!knownLast) return [...parts]
  if (isSame(knownLast, nowLast)) return parts.slice(known.length)
  if (knownLast.kind !== 'text' || nowLast?.kind !== 'text' || !nowLast.text.startsWith(knownLast.text)) return undefined
  return [{ ...nowLast, text: nowLast.text.slice(knownLast.text.length) }, ...parts.slice(known.length)]
}

/** With texts that follow one another joined, as servers differ in whether they do. */
function toWhole(parts: readonly Part[]): Part[] {
  const whole: Part[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (last?.kind === 'text' && part.kind === 'text') whole[whole.length - 1] = { ...last, text: last.text + part.text }
    else whole.push(part)
  }
  return whole
}

function isSame(one: Part, other: Part | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other)
}
