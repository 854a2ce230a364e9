import { bytesOf, toCanonicalText } from './canonical.ts'
import { diffJson, type Change } from './diff-json.ts'
import { findJsonFault } from './find-fault.ts'
import { masksIn } from './masks.ts'
import { toPath } from './pointer.ts'

/** What somebody wrote instead of the arguments: good to be sent, the same as before, or at fault. */
export type Edit = { type: 'changed'; args: unknown; changes: Change[] } | { type: 'same' } | { type: 'fault'; message: string }

/** What an approval's arguments may be at most, bytes. */
const LARGEST = 256 * 1_024

/** Reads an edit of `before`. Secrets stand masked in it: they may go or stay, but a mask is no value that can be written. */
export function readEdit(before: unknown, text: string): Edit {
  const fault = findJsonFault(text)
  if (fault) return { type: 'fault', message: `Line ${fault.line}, column ${fault.column}: ${fault.message.replace(/^./, (first) => first.toLowerCase())}.` }
  const args: unknown = JSON.parse(text)
  if (bytesOf(toCanonicalText(args)) > LARGEST) return { type: 'fault', message: 'These are more than 256 KiB.' }
  const known = masksIn(before)
  for (const [pointer, mask] of masksIn(args))
    if (known.get(pointer) !== mask)
      return { type: 'fault', message: `${pointer} holds the mask of a secret that was not there. A secret stays where it stands, or is taken out.` }
  const changes = diffJson(before, args)
  const written = changes.find((change) => change.type === 'changed' && masksIn(change.before).size > 0)
  if (written) return { type: 'fault', message: `${toPath(written.path)} is a secret: it cannot be edited, only taken out.` }
  return changes.length === 0 ? { type: 'same' } : { type: 'changed', args, changes }
}
