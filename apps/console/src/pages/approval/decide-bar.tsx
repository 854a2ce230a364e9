import type { Approval, ApprovalDetail } from '@signalbox/contracts'
import { Check, Lock, PenLine, Undo2, X } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'

import { decideNow, grace } from '../../decisions/decide.tsx'
import type { Held } from '../../decisions/grace.ts'
import type { Edit } from '../../json/read-edit.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import { Key } from '../../ui/keys-help.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { useLetterKeys } from '../../ui/theme.ts'
import { useNow } from '../../ui/time.tsx'
import { isGrave } from './is-grave.ts'
import { approvalsSoFar } from './quorum.ts'

/** `approve`: it is grave, and has to be confirmed. `review`: the changes of an edit are looked at. */
export type DecideMode = 'read' | 'approve' | 'reject' | 'edit' | 'review'

export interface DecideBarProps {
  approval: Approval
  you: ApprovalDetail['you']
  held: Held | undefined
  mode: DecideMode
  onMode: (mode: DecideMode) => void
  edit: Edit | undefined
  /** Other bytes wait than those that are seen. */
  isBlocked: boolean
  onDecided: () => void
}

/** Where it is decided. It stays at the bottom, however long what is above it is. */
export function DecideBar(props: DecideBarProps) {
  const { approval, you, held, mode, isBlocked } = props
  if (approval.state !== 'pending') return null
  if (held) return <HeldBar held={held} />
  if (!you.may_decide)
    return (
      <Bar>
        <p className="flex items-center gap-2 text-sm text-muted">
          <Lock aria-hidden size={16} className="shrink-0" /> {you.why_not ?? 'This is not for you to decide.'}
        </p>
      </Bar>
    )
  if (isBlocked)
    return (
      <Bar>
        <p className="text-sm font-medium text-warn">What would run was changed. Show it, and then decide.</p>
      </Bar>
    )
  // A new mode begins with nothing written.
  return <Deciding key={mode} {...props} />
}

function Deciding(props: DecideBarProps) {
  switch (props.mode) {
    case 'read':
      return <Choices {...props} />
    case 'approve':
      return <Confirm {...props} />
    case 'reject':
      return <Reject {...props} />
    case 'edit':
      return <Editing {...props} />
    case 'review':
      // What is no change any more is edited on.
      return props.edit?.type === 'changed' ? <Review {...props} args={props.edit.args} /> : <Editing {...props} />
  }
}

function Choices({ approval, onMode }: DecideBarProps) {
  const may = (what: 'approve' | 'edit' | 'reject'): boolean => approval.allowed.includes(what)
  const { required } = approval.quorum
  return (
    <Bar>
      <p className="hidden min-w-0 flex-1 text-sm text-muted sm:block">
        {required > 1
          ? `Yours is approval ${Math.min(approvalsSoFar(approval) + 1, required)} of ${required}.`
          : isGrave(approval)
            ? 'You will be asked to confirm.'
            : 'You can undo an approval for 5 seconds.'}
      </p>
      <div className="grid w-full grid-flow-col gap-2 sm:w-auto">
        {may('reject') && (
          <Button look="danger" size="large" onClick={() => onMode('reject')} aria-keyshortcuts="r">
            <X aria-hidden size={17} /> Reject <Shortcut name="r" />
          </Button>
        )}
        {may('edit') && (
          <Button size="large" onClick={() => onMode('edit')} aria-keyshortcuts="e">
            <PenLine aria-hidden size={16} /> Edit <Shortcut name="e" />
          </Button>
        )}
        {may('approve') && (
          <Button look="primary" size="large" onClick={() => onMode('approve')} aria-keyshortcuts="a">
            <Check aria-hidden size={18} /> Approve{isGrave(approval) ? '…' : ''} <Shortcut name="a" />
          </Button>
        )}
      </div>
    </Bar>
  )
}

function HeldBar({ held: { id, until, state } }: { held: Held }) {
  const now = useNow(250)
  return (
    <Bar>
      <p role="status" className="min-w-0 flex-1 text-sm">
        {state === 'held' ? (
          <>
            You approved this. <span className="text-muted tabular-nums">It is sent in {Math.max(0, Math.ceil((until - now) / 1_000))} s.</span>
          </>
        ) : (
          'Sending your approval…'
        )}
      </p>
      {state === 'held' && (
        <Button size="large" onClick={() => grace.undo(id)}>
          <Undo2 aria-hidden size={16} /> Undo <Shortcut name="Esc" />
        </Button>
      )}
    </Bar>
  )
}

function Confirm({ approval, onMode, onDecided }: DecideBarProps) {
  return (
    <ConfirmForm
      approval={approval}
      word="Approve"
      onCancel={() => onMode('read')}
      onConfirm={() => decideNow(approval, { decision: 'approve' })}
      onDecided={onDecided}
    >
      {approval.action.reversible === false ? 'This cannot be undone, neither here nor by the agent.' : 'This cannot be taken back once it is sent.'}
    </ConfirmForm>
  )
}

interface ConfirmFormProps {
  approval: Approval
  word: string
  children: ReactNode
  onCancel: () => void
  onConfirm: () => Promise<Approval | undefined>
  onDecided: () => void
}

/** The action's type has to be written out: nobody does that by accident. */
function ConfirmForm({ approval, word, children, onCancel, onConfirm, onDecided }: ConfirmFormProps) {
  const { type } = approval.action
  const [written, setWritten] = useState('')
  const { isBusy, run } = useBusy(onConfirm, onDecided)
  const field = useFocus<HTMLInputElement>()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (written.trim() === type) void run()
  }
  return (
    <Bar>
      <form onSubmit={submit} className="flex w-full flex-wrap items-end gap-3" onKeyDown={(event) => event.key === 'Escape' && onCancel()}>
        <TextField
          ref={field}
          className="min-w-56 flex-1"
          label={
            <>
              Write{' '}
              <code className="rounded bg-sunken px-1 font-semibold select-all">
                <SafeText text={type} />
              </code>{' '}
              to approve
            </>
          }
          hint={children}
          value={written}
          onChange={({ target }) => setWritten(target.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        <Two>
          <Button size="large" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" look="grave" size="large" disabled={isBusy || written.trim() !== type}>
            <Check aria-hidden size={18} /> {isBusy ? 'Sending…' : word}
          </Button>
        </Two>
      </form>
    </Bar>
  )
}

function Reject({ approval, onMode, onDecided }: DecideBarProps) {
  const [reason, setReason] = useState('')
  const { isBusy, run } = useBusy(() => decideNow(approval, { decision: 'reject', reason: reason.trim() }), onDecided)
  const field = useFocus<HTMLTextAreaElement>()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void run()
  }
  return (
    <Bar>
      <form onSubmit={submit} className="flex w-full flex-wrap items-end gap-3">
        <TextArea
          ref={field}
          className="min-w-64 flex-1"
          label="Why not?"
          hint="The planner reads it, and may try another way."
          rows={2}
          maxLength={2_000}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onMode('read')
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void run()
          }}
        />
        <Two>
          <Button size="large" onClick={() => onMode('read')}>
            Cancel
          </Button>
          <Button type="submit" look="grave" size="large" disabled={isBusy}>
            <X aria-hidden size={17} /> {isBusy ? 'Sending…' : 'Reject'}
          </Button>
        </Two>
      </form>
    </Bar>
  )
}

function Editing({ edit, onMode }: DecideBarProps) {
  return (
    <Bar>
      <p className="hidden min-w-0 flex-1 text-sm text-muted sm:block">Whoever edits approves what the edit makes of it. Earlier approvals are set aside.</p>
      <Two>
        <Button size="large" onClick={() => onMode('read')}>
          Cancel
        </Button>
        <Button look="primary" size="large" disabled={edit?.type !== 'changed'} onClick={() => onMode('review')}>
          Review changes
        </Button>
      </Two>
    </Bar>
  )
}

function Review({ approval, args, onMode, onDecided }: DecideBarProps & { args: unknown }) {
  const decide = (): Promise<Approval | undefined> => decideNow(approval, { decision: 'edit', edited_args: args })
  const { isBusy, run } = useBusy(decide, onDecided)
  const field = useFocus<HTMLButtonElement>()
  if (isGrave(approval))
    return (
      <ConfirmForm approval={approval} word="Approve as changed" onCancel={() => onMode('edit')} onConfirm={decide} onDecided={onDecided}>
        This cannot be taken back once it is sent.
      </ConfirmForm>
    )
  return (
    <Bar>
      <p className="hidden min-w-0 flex-1 text-sm text-muted sm:block">This is what runs instead. It is sent at once.</p>
      <Two>
        <Button size="large" onClick={() => onMode('edit')}>
          Back to editing
        </Button>
        <Button ref={field} look="primary" size="large" disabled={isBusy} onClick={() => void run()}>
          <Check aria-hidden size={18} /> {isBusy ? 'Sending…' : 'Approve as changed'}
        </Button>
      </Two>
    </Bar>
  )
}

/** Runs once at a time, and goes on where it was decided. */
function useBusy(decide: () => Promise<Approval | undefined>, onDecided: () => void): { isBusy: boolean; run: () => Promise<void> } {
  const [isBusy, setBusy] = useState(false)
  return {
    isBusy,
    run: async () => {
      if (isBusy) return
      setBusy(true)
      const decided = await decide()
      setBusy(false)
      if (decided) onDecided()
    },
  }
}

function useFocus<Element extends HTMLElement>() {
  const field = useRef<Element>(null)
  useEffect(() => field.current?.focus(), [])
  return field
}

function Bar({ children }: { children: ReactNode }) {
  return (
    <div
      role="region"
      aria-label="Decide"
      className="sticky bottom-14 z-20 -mx-4 mt-4 flex flex-wrap items-center gap-3 border-t bg-surface/95 px-4 py-3 shadow-[0_-8px_24px_-16px_rgb(20_30_25/0.35)] backdrop-blur-sm sm:mx-0 sm:rounded-t-card sm:border-x md:bottom-0 md:-mb-8"
    >
      {children}
    </div>
  )
}

function Two({ children }: { children: ReactNode }) {
  return <div className="grid w-full grid-cols-2 gap-2 sm:ml-auto sm:flex sm:w-auto">{children}</div>
}

function Shortcut({ name }: { name: string }) {
  const lettersWork = useLetterKeys()
  if (!lettersWork && name.length === 1) return null
  return (
    <span aria-hidden className={classes('ml-0.5 hidden opacity-80 md:inline [&_kbd]:border-current/40 [&_kbd]:bg-transparent [&_kbd]:text-current')}>
      <Key name={name} />
    </span>
  )
}
