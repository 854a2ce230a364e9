import type { Artifact, Part, Task, TaskChange } from '../model.ts'
import { isInterrupted, isTerminal } from './transitions.ts'

/**
 * What a change makes of a task: the one rule by which the engine keeps its tasks and a client can
 * rebuild one from a stream. The task is changed in place and must be the caller's own
 * (`copyTask`): appending a token must not cost as much as all the tokens before it.
 */
export function applyChange(task: Task, change: TaskChange): void {
  if (change.type === 'artifact') return applyArtifact(task.artifacts, change)
  // A question that was asked belongs to what was said; what an agent was busy with at some moment does not.
  if (task.status.message && isInterrupted(task.status.state)) task.history.push(task.status.message)
  task.status = change.status
  // A fetched task has no place for the metadata of its last event, and who fetches wants to know how it ended.
  if (change.metadata && isTerminal(change.status.state)) task.metadata = { ...task.metadata, ...change.metadata }
}

/** A copy that later changes do not reach, at a cost of its number of parts. */
export function copyTask(task: Task): Task {
  return { ...task, artifacts: task.artifacts.map(copyArtifact), history: [...task.history], ...(task.metadata && { metadata: { ...task.metadata } }) }
}

function applyArtifact(artifacts: Artifact[], { artifact, append }: Extract<TaskChange, { type: 'artifact' }>): void {
  const index = artifacts.findIndex(({ artifactId }) => artifactId === artifact.artifactId)
  const present = artifacts[index]
  if (!present) artifacts.push(copyArtifact(artifact))
  else if (append) appendTo(present, artifact)
  else artifacts[index] = copyArtifact(artifact)
}

function appendTo(present: Artifact, { parts, ...more }: Artifact): void {
  for (const part of parts) appendPart(present.parts, part)
  if (more.metadata) present.metadata = { ...present.metadata, ...more.metadata }
  if (more.name !== undefined) present.name = more.name
}

/** Text that goes on is one text: tokens do not become parts. */
function appendPart(parts: Part[], part: Part): void {
  const last = parts.at(-1)
  if (last?.kind === 'text' && part.kind === 'text' && isPlain(last) && isPlain(part)) last.text += part.text
  else parts.push({ ...part })
}

function isPlain(part: Part): boolean {
  return part.metadata === undefined && part.mediaType === undefined && part.filename === undefined
}

function copyArtifact(artifact: Artifact): Artifact {
  return { ...artifact, parts: artifact.parts.map((part) => ({ ...part })) }
}
