import type { Approval } from '@signalbox/contracts'
import type { Ref } from 'react'

import { extendApproval } from '../../api/approvals.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { DeadlineLeft } from '../../ui/deadline.tsx'
import { Menu } from '../../ui/menu.tsx'
import { notify, notifyFault } from '../../ui/notices.tsx'
import { Risk } from '../../ui/risk.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'

const MORE = [
  { word: '15 minutes more', seconds: 900 },
  { word: '1 hour more', seconds: 3_600 },
  { word: '8 hours more', seconds: 28_800 },
  { word: '1 day more', seconds: 86_400 },
]

/** What it is, how much it weighs, and how long there is. */
export function ApprovalHead({ approval, heading, mayExtend }: { approval: Approval; heading: Ref<HTMLHeadingElement>; mayExtend: boolean }) {
  const { action, agent, requested_by: requester, risk, state, created_at: created, expires_at: expires, on_timeout: onTimeout } = approval
  return (
    <header>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <Risk level={risk.level} long />
        <code className="rounded bg-sunken px-1.5 py-0.5 text-[0.78rem]">
          <SafeText text={action.type} />
        </code>
        {state !== 'pending' && <StateBadge state={state} />}
        {state === 'pending' && (
          <span className="ml-auto flex items-center gap-1.5">
            <span title={onTimeout === 'approve' ? 'Approved by policy when nobody decides in time' : 'Rejected when nobody decides in time'}>
              <DeadlineLeft from={created} until={expires} long />
            </span>
            {mayExtend && (
              <Menu word="Extend" label="Give more time" items={MORE.map(({ word, seconds }) => ({ word, onSelect: () => void extend(approval, seconds) }))} />
            )}
          </span>
        )}
      </div>
      <h1
        id="approval-title"
        ref={heading}
        tabIndex={-1}
        className="mt-2 text-[1.6rem] leading-tight font-semibold tracking-tight break-words focus:outline-none"
      >
        <SafeText text={action.title} />
      </h1>
      <p className="mt-1.5 text-sm text-muted">
        <span className="font-medium text-ink">
          <SafeText text={agent} />
        </span>{' '}
        asks, for{' '}
        <span className="font-medium text-ink">
          <SafeText text={requester} />
        </span>
        , <Ago at={created} />
      </p>
    </header>
  )
}

async function extend(approval: Approval, seconds: number): Promise<void> {
  try {
    const { expires_at: expires } = await extendApproval(approval, seconds)
    notify('good', `There is time until ${new Date(expires).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}.`)
  } catch (error) {
    notifyFault(error)
  }
}
