import type { Approval, ApprovalDetail } from '@signalbox/contracts'
import { useEffect, useRef, useState } from 'react'

import { currentHash } from '../../api/approvals.ts'
import { approveSoon, grace, useHeld } from '../../decisions/decide.tsx'
import { readEdit, type Edit } from '../../json/read-edit.ts'
import { useKeys } from '../../ui/keys.ts'
import { useInboxNeighbour } from '../approvals/inbox-context.ts'
import { AgentStatement } from './agent-statement.tsx'
import { ApprovalHead } from './approval-head.tsx'
import { ChangedMeanwhile, Outcome } from './banners.tsx'
import { DecideBar, type DecideMode } from './decide-bar.tsx'
import { Decisions } from './decisions.tsx'
import { Facts } from './facts.tsx'
import { isGrave } from './is-grave.ts'
import { PlanAround } from './plan-around.tsx'
import { WhatRuns } from './what-runs.tsx'
import { WhyAsked } from './why-asked.tsx'

/**
 * An approval that is being read.
 *
 *  A1. What is decided on is what is seen: where other bytes wait by now, they are shown and read first.
 *  A2. An edit is seen as what it changes before it is sent.
 */
export function OpenApproval({ detail: { approval: latest, you } }: { detail: ApprovalDetail }) {
  const [seen, setSeen] = useState(latest)
  const isOther = currentHash(seen) !== currentHash(latest)
  // The same bytes with another deadline or another's word are shown as they come.
  const approval: Approval = isOther ? { ...latest, edit: seen.edit, args_sha256: seen.args_sha256 } : latest

  const neighbour = useInboxNeighbour()
  const held = useHeld().find(({ id }) => id === latest.id)
  const mayDecide = you.may_decide && latest.state === 'pending' && !held
  const may = (what: 'approve' | 'edit' | 'reject'): boolean => mayDecide && !isOther && latest.allowed.includes(what)

  const [mode, setMode] = useState<DecideMode>('read')
  const [text, setText] = useState<string>()
  const edit: Edit | undefined = text === undefined ? undefined : readEdit(approval.edit ? approval.edit.args : approval.action.args, text)

  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const intent = neighbour.takeIntent()
    if (intent === undefined && document.activeElement !== document.body) return
    if (intent === 'reject' && may('reject')) setMode('reject')
    else if (intent === 'edit' && may('edit')) setMode('edit')
    else heading.current?.focus()
    // Once, when it is opened.
  }, [])

  const leave = (): void => setMode('read')
  const finish = (): void => {
    setMode('read')
    setText(undefined)
    neighbour.goOn(latest.id)
  }
  const choose = (wanted: DecideMode): void => {
    if (wanted !== 'approve' || isGrave(approval)) return setMode(wanted)
    // Nothing more to ask: it is held back for a moment, and can be undone.
    approveSoon(approval)
    finish()
  }
  useKeys({
    ...(mode === 'read' && {
      ...(may('approve') && { a: () => choose('approve') }),
      ...(may('reject') && { r: () => setMode('reject') }),
      ...(may('edit') && { e: () => setMode('edit') }),
    }),
    ...(mode !== 'read' && { Escape: leave }),
    ...(held && { Escape: () => void grace.undo(latest.id) }),
  })

  return (
    <>
      <article aria-labelledby="approval-title" className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <ApprovalHead approval={latest} heading={heading} mayExtend={you.may_decide && latest.state === 'pending'} />
        {latest.state !== 'pending' && <Outcome approval={latest} />}
        {isOther && latest.state === 'pending' && (
          <ChangedMeanwhile
            approval={latest}
            onShow={() => {
              setSeen(latest)
              setText(undefined)
              setMode('read')
            }}
          />
        )}
        <WhatRuns approval={approval} mode={mode} edit={edit} text={text} onText={setText} onLeave={leave} />
        <WhyAsked approval={latest} />
        {latest.statement !== null && latest.statement !== '' && <AgentStatement agent={latest.agent} statement={latest.statement} />}
        <PlanAround approval={latest} />
        <Decisions approval={latest} />
        <Facts approval={latest} />
      </article>
      <DecideBar approval={approval} you={you} held={held} mode={mode} onMode={choose} edit={edit} isBlocked={isOther} onDecided={finish} />
    </>
  )
}
