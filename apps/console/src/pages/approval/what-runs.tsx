import type { Approval } from '@signalbox/contracts'
import { BadgeCheck, CornerUpLeft, Lock, TriangleAlert, Undo2, Zap } from 'lucide-react'
import { useEffect, useMemo, useState, type ReactNode } from 'react'

import { currentArgs, currentHash } from '../../api/approvals.ts'
import { bytesOf, hashOf, toCanonicalText, toReadableText, toSize } from '../../json/canonical.ts'
import { diffJson } from '../../json/diff-json.ts'
import { DiffView } from '../../json/diff-view.tsx'
import { JsonTree } from '../../json/json-tree.tsx'
import { masksIn } from '../../json/masks.ts'
import type { Edit } from '../../json/read-edit.ts'
import { classes } from '../../ui/classes.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { hasHidden } from '../../ui/hostile.ts'
import { Card } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import type { DecideMode } from './decide-bar.tsx'
import { EditArgs } from './edit-args.tsx'

type View = 'runs' | 'changes' | 'asked' | 'raw'

const HEADINGS = {
  pending: 'What will run',
  approved: 'What was approved',
  rejected: 'What would have run',
  expired: 'What would have run',
  superseded: 'What would have run',
} as const satisfies Record<Approval['state'], string>

export interface WhatRunsProps {
  approval: Approval
  mode: DecideMode
  edit: Edit | undefined
  text: string | undefined
  onText: (text: string) => void
  onLeave: () => void
}

/** The bytes that run when this is approved: the first thing that is seen, and the thing that is decided on. */
export function WhatRuns({ approval, mode, edit, text, onText, onLeave }: WhatRunsProps) {
  const { action } = approval
  const args = currentArgs(approval)
  const [view, setView] = useState<View>('runs')
  const canonical = useMemo(() => toCanonicalText(args), [args])
  const isEditing = mode === 'edit' || mode === 'review'
  const views: [View, string][] = [
    ['runs', approval.edit ? 'As edited' : 'Arguments'],
    ...(approval.edit
      ? ([
          ['changes', 'What was changed'],
          ['asked', 'As asked at first'],
        ] as [View, string][])
      : []),
    ['raw', 'Canonical JSON'],
  ]
  return (
    <Card label="What will run">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 sm:px-5">
        <h2 className="text-base font-semibold">
          {mode === 'edit' ? 'Edit what will run' : mode === 'review' ? 'Your changes' : HEADINGS[approval.state]}
          {action.tool !== undefined && (
            <span className="ml-2 font-mono text-[0.82rem] font-normal text-muted">
              <SafeText text={action.tool} />
            </span>
          )}
        </h2>
        {!isEditing && (
          <div className="ml-auto flex items-center gap-1">
            <div role="group" aria-label="Show" className="flex flex-wrap rounded-lg bg-sunken p-0.5">
              {views.map(([name, word]) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={view === name}
                  onClick={() => setView(name)}
                  className={classes(
                    'min-h-7 rounded-md px-2.5 text-xs',
                    view === name ? 'bg-surface font-semibold text-ink shadow-card' : 'text-muted hover:text-ink',
                  )}
                >
                  {word}
                </button>
              ))}
            </div>
            <CopyButton text={canonical} label="Copy the canonical JSON" />
          </div>
        )}
      </header>
      <div className="px-4 py-3.5 sm:px-5">
        {mode === 'edit' && <EditArgs before={args} text={text ?? toReadableText(args)} edit={edit} onText={onText} onLeave={onLeave} />}
        {mode === 'review' && edit?.type === 'changed' && <DiffView changes={edit.changes} label="Your changes" />}
        {!isEditing && (
          <>
            {hasHidden(canonical) && (
              <p className="mb-3 flex items-start gap-2 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
                <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
                Something here is written so that it reads as something else. It is marked below.
              </p>
            )}
            {view === 'runs' && <JsonTree value={args} label="Arguments" />}
            {view === 'changes' && <DiffView changes={diffJson(action.args, args)} label="What was changed" />}
            {view === 'asked' && <JsonTree value={action.args} label="Arguments as asked at first" />}
            {view === 'raw' && (
              <pre className="max-h-96 overflow-auto rounded-lg bg-sunken p-3 break-all whitespace-pre-wrap" tabIndex={0} aria-label="Canonical JSON">
                <SafeText text={canonical} />
              </pre>
            )}
          </>
        )}
      </div>
      {!isEditing && (
        <footer className="flex flex-wrap gap-x-5 gap-y-1.5 border-t px-4 py-2.5 text-[0.8rem] text-muted sm:px-5">
          <Bytes args={args} hash={currentHash(approval)} size={bytesOf(canonical)} />
          <Reversible reversible={action.reversible} />
          {action.side_effects.map((effect) => (
            <Fact key={effect} icon={<Zap aria-hidden size={14} />}>
              <SafeText text={effect} />
            </Fact>
          ))}
        </footer>
      )}
    </Card>
  )
}

/** The hash that the decision is bound to; where nothing is masked, this browser has made it itself. */
function Bytes({ args, hash, size }: { args: unknown; hash: string; size: number }) {
  const masked = useMemo(() => masksIn(args).size, [args])
  const [own, setOwn] = useState<string>()
  useEffect(() => {
    let isHere = true
    if (masked === 0) void hashOf(args).then((made) => isHere && setOwn(made))
    return () => {
      isHere = false
    }
  }, [args, masked])
  const verdict = masked > 0 ? 'masked' : own === undefined ? 'unknown' : own === hash ? 'right' : 'wrong'
  return (
    <span className="inline-flex items-center gap-1.5">
      {verdict === 'right' ? (
        <BadgeCheck aria-hidden size={15} className="text-good" />
      ) : verdict === 'wrong' ? (
        <TriangleAlert aria-hidden size={15} className="text-bad" />
      ) : (
        <Lock aria-hidden size={14} />
      )}
      {toSize(size)}, {verdict === 'masked' ? 'keyed hash' : 'sha256'} <code title={hash}>{hash.slice(0, 12)}</code>
      <CopyButton text={hash} label="Copy the hash" className="-my-1 size-6" />
      {verdict === 'right' && <span className="text-good">is what you see</span>}
      {verdict === 'wrong' && <span className="font-semibold text-bad">is not what you see: do not approve this</span>}
      {verdict === 'masked' && <span>with {masked === 1 ? 'a secret' : `${masked} secrets`} that nobody is shown</span>}
    </span>
  )
}

function Reversible({ reversible }: { reversible: boolean | null }) {
  if (reversible === null)
    return (
      <Fact icon={<Undo2 aria-hidden size={14} className="text-faint" />}>
        <span>not said whether it can be undone</span>
      </Fact>
    )
  return reversible ? (
    <Fact icon={<CornerUpLeft aria-hidden size={14} />}>can be undone</Fact>
  ) : (
    <Fact icon={<TriangleAlert aria-hidden size={14} className="text-bad" />}>
      <span className="font-medium text-bad">cannot be undone</span>
    </Fact>
  )
}

function Fact({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5 break-words">
      {icon}
      {children}
    </span>
  )
}
