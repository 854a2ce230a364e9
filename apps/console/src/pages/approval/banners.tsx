import type { Approval } from '@signalbox/contracts'
import { CheckCircle2, Clock, MinusCircle, RefreshCw, XCircle } from 'lucide-react'

import { tellDecision } from '../../decisions/tell-decision.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'

const LOOKS = {
  approved: { icon: CheckCircle2, word: 'Approved', look: 'bg-good-soft text-good' },
  rejected: { icon: XCircle, word: 'Rejected', look: 'bg-bad-soft text-bad' },
  expired: { icon: Clock, word: 'Expired', look: 'bg-sunken text-muted' },
  superseded: { icon: MinusCircle, word: 'Set aside', look: 'bg-sunken text-muted' },
} as const

/** The decision that stands. */
export function Outcome({ approval }: { approval: Approval }) {
  if (approval.state === 'pending') return null
  const { icon: Icon, word, look } = LOOKS[approval.state]
  const reason = approval.decisions.findLast(({ superseded }) => !superseded)?.reason
  return (
    <div role="status" className={classes('flex items-start gap-3 rounded-card px-4 py-3', look)}>
      <Icon aria-hidden size={20} className="mt-0.5 shrink-0" />
      <div className="min-w-0 text-sm">
        <p>
          <span className="font-semibold">{word}</span>
          {approval.decided_at !== null && (
            <>
              {' '}
              <Ago at={approval.decided_at} />
            </>
          )}
          . {tellDecision(approval)}
        </p>
        {reason && approval.state !== 'expired' && (
          <p className="mt-1 break-words whitespace-pre-wrap text-ink">
            “<SafeText text={reason} />”
          </p>
        )}
      </div>
    </div>
  )
}

/** Other bytes wait than those that are looked at. */
export function ChangedMeanwhile({ approval, onShow }: { approval: Approval; onShow: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-card border border-warn/40 bg-warn-soft px-4 py-3 text-sm text-warn">
      <RefreshCw aria-hidden size={18} className="shrink-0" />
      <p className="min-w-0 flex-1">
        <span className="font-semibold">What would run was changed while you looked</span>
        {approval.edit ? <>, by {approval.edit.by}</> : null}. Read it anew before you decide.
      </p>
      <Button size="small" onClick={onShow}>
        Show what would run now
      </Button>
    </div>
  )
}
