import type { Approval } from '@signalbox/contracts'
import { CheckCheck, X } from 'lucide-react'
import { useState } from 'react'

import { currentArgs, decideMany } from '../../api/approvals.ts'
import { JsonTree } from '../../json/json-tree.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea } from '../../ui/field.tsx'
import { toPlainText } from '../../ui/hostile.ts'
import { notify, notifyFault } from '../../ui/notices.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

/** What can be done with several that are selected: nothing before every one of them has been shown. */
export function BulkBar({ selected, onClear, onDecided }: { selected: readonly Approval[]; onClear: () => void; onDecided: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const [first] = selected
  if (!first) return null
  return (
    <div className="sticky bottom-16 z-20 flex flex-wrap items-center gap-2 rounded-b-card border-t bg-raised px-4 py-2.5 shadow-float md:bottom-0">
      <p role="status" className="min-w-0 flex-1 truncate text-sm">
        <span className="font-semibold tabular-nums">{selected.length}</span> of{' '}
        <span className="font-mono text-[0.82rem]">
          <SafeText text={first.action.type} max={100} />
        </span>
      </p>
      <Button look="primary" size="small" onClick={() => setOpen(true)}>
        <CheckCheck aria-hidden size={15} /> Review…
      </Button>
      <Button look="quiet" size="small" onClick={onClear}>
        <X aria-hidden size={15} /> Let go
      </Button>
      <Dialog
        wide
        open={isOpen}
        onClose={() => setOpen(false)}
        title={`${selected.length} ${selected.length === 1 ? 'approval' : 'approvals'} of ${toPlainText(first.action.type)}`}
      >
        <Review
          selected={selected}
          onDecided={() => {
            setOpen(false)
            onDecided()
          }}
        />
      </Dialog>
    </div>
  )
}

function Review({ selected, onDecided }: { selected: readonly Approval[]; onDecided: () => void }) {
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const decide = async (decision: 'approve' | 'reject'): Promise<void> => {
    setBusy(true)
    try {
      const answers = await decideMany(selected, decision, reason.trim())
      const failed = answers.filter(({ error }) => error !== null)
      const done = answers.length - failed.length
      if (done > 0) notify('good', `${done} ${decision === 'approve' ? 'approved' : 'rejected'}.`)
      for (const { id, error } of failed) notify('bad', `${titleOf(selected, id)}: ${error?.message ?? 'not decided.'}`)
      onDecided()
    } catch (error) {
      notifyFault(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <ol className="grid gap-2.5">
        {selected.map((approval, index) => (
          <li key={approval.id} className="rounded-lg border">
            <p className="flex gap-2.5 border-b bg-sunken px-3 py-2 text-sm font-medium">
              <span className="text-faint tabular-nums">{index + 1}</span>
              <span className="min-w-0 break-words">
                <SafeText text={approval.action.title} />
              </span>
            </p>
            <div className="px-3 py-2">
              <JsonTree value={currentArgs(approval)} label={`Arguments of ${index + 1}`} />
            </div>
          </li>
        ))}
      </ol>
      <TextArea
        className="mt-4"
        label="Reason"
        hint="Goes to whoever asked. Optional."
        rows={2}
        maxLength={2_000}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      <div className="sticky -bottom-4 -mx-5 mt-4 -mb-4 flex flex-wrap justify-end gap-2 border-t bg-raised px-5 py-3">
        <Button look="danger" disabled={isBusy} onClick={() => void decide('reject')}>
          Reject all {selected.length}
        </Button>
        <Button look="primary" disabled={isBusy} onClick={() => void decide('approve')}>
          Approve all {selected.length}
        </Button>
      </div>
    </>
  )
}

function titleOf(selected: readonly Approval[], id: string): string {
  return selected.find((approval) => approval.id === id)?.action.title ?? id
}
