import { bytesOf, toCanonicalText } from './canonical.ts'
import { diffJson, type Change } from './diff-json.ts'
import { findJsonFault } from './find-fault.ts'
import { masksIn } from './masks.ts'

/** What somebody wrote instead of the arguments: good to be sent, the same as before, or at fault. */
export type Edit = { type: 'changed'; args: unknown; changes: Change[] } | { type: 'same' } | { type: 'fault'; message: string }

/** What an approval's arguments may be at most, bytes. */
const LARGEST = 256 * 1_024

/** Reads an edit of `before`. Secrets stand masked in it, and have to stay where they are as they are. */
export function readEdit(before: unknown, text: string): Edit {
  const fault = findJsonFault(text)
  if (fault) return { type: 'fault', message: `Line ${fault.line}, column ${fault.column}: ${fault.message.replace(/^./, (first) => first.toLowerCase())}.` }
  const args: unknown = JSON.parse(text)
  if (bytesOf(toCanonicalText(args)) > LARGEST) return { type: 'fault', message: 'These are more than 256 KiB.' }
  const known = masksIn(before)
  const now = masksIn(args)
  for (const [pointer, mask] of known)
    if (now.get(pointer) !== mask)
      return { type: 'fault', message: `${pointer || 'This'} is a secret: leave it as it stands. Nobody can approve what nobody sees.` }
  for (const pointer of now.keys())
    if (!known.has(pointer)) return { type: 'fault', message: `${pointer} holds the mask of a secret, which stands for nothing there.` }
  const changes = diffJson(before, args)
  return changes.length === 0 ? { type: 'same' } : { type: 'changed', args, changes }
}
