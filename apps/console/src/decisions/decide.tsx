import type { Approval } from '@signalbox/contracts'
import { Link } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'

import { currentHash, decideApproval, keepApproval, standingIn, type Decide } from '../api/approvals.ts'
import { notify, notifyFault } from '../ui/notices.tsx'
import { SafeText } from '../ui/safe-text.tsx'
import { createGrace, type Held } from './grace.ts'
import { tellDecision } from './tell-decision.ts'

/** What is approved and not sent yet, in this tab. */
export const grace = createGrace()
if (typeof window !== 'undefined') window.addEventListener('pagehide', () => grace.flush())

/** Approves in a moment, unless it is undone. */
export function approveSoon(approval: Approval): void {
  grace.hold({
    id: approval.id,
    title: approval.action.title,
    send: ({ isLeaving }) => decideNow(approval, { decision: 'approve' }, isLeaving).then(() => undefined),
  })
}

/** Decides, and says what came of it. Never throws; undefined where it was not decided so. */
export async function decideNow(approval: Approval, decide: Decide, isLeaving = false): Promise<Approval | undefined> {
  try {
    const decided = await decideSame(approval, decide, isLeaving)
    notify('good', <Told approval={decided} words={decide.decision === 'reject' ? 'You rejected' : 'You approved'} />)
    return decided
  } catch (error) {
    const standing = standingIn(error)
    if (standing) keepApproval(standing)
    if (standing && standing.state !== 'pending')
      notify('bad', <Told approval={standing} words="Your decision came too late:" after={`. ${tellDecision(standing)}`} />)
    else notifyFault(error)
    return undefined
  }
}

/** Where only something beside the bytes has changed meanwhile (more time, another's word), it is said again. */
async function decideSame(approval: Approval, decide: Decide, isLeaving: boolean): Promise<Approval> {
  try {
    return await decideApproval(approval, decide, { isLeaving })
  } catch (error) {
    const standing = standingIn(error)
    if (standing?.state !== 'pending' || currentHash(standing) !== currentHash(approval)) throw error
    return decideApproval(standing, decide, { isLeaving })
  }
}

function Told({ approval: { id, action }, words, after = '.' }: { approval: Approval; words: string; after?: string }) {
  return (
    <>
      {words}{' '}
      <Link to="/approvals/$id" params={{ id }} className="font-medium underline underline-offset-2">
        <SafeText text={action.title} max={80} />
      </Link>
      {after}
    </>
  )
}

/** What can still be undone. */
export function useHeld(): readonly Held[] {
  return useSyncExternalStore(grace.subscribe, grace.read)
}
