import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'

import { classes } from './classes.ts'

export interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** Room for tables and long values. */
  wide?: boolean
}

/**
 * A dialog over the page; Escape and a click beside it close it, and focus goes back to where it was. It is the
 * browser's own: it needs no style elements at run time, which the content policy would refuse.
 */
export function Dialog(props: DialogProps) {
  return props.open ? <OpenDialog {...props} /> : null
}

function OpenDialog({ onClose, title, children, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    const element = dialog.current
    if (element && !element.open) element.showModal()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className={classes(
        'm-auto w-[calc(100vw-1.5rem)] overflow-hidden rounded-2xl border bg-raised p-0 text-ink shadow-float backdrop:bg-black/50 backdrop:backdrop-blur-[2px]',
        wide ? 'max-w-3xl' : 'max-w-md',
      )}
    >
      <div className="flex max-h-[85dvh] flex-col">
        <header className="flex items-center justify-between gap-4 border-b py-3 pr-3 pl-5">
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          <button
            type="button"
            onClick={onClose}
            aria-label="Close"
            className="grid size-8 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
          >
            <X aria-hidden size={17} />
          </button>
        </header>
        <div className="overflow-y-auto px-5 py-4">{children}</div>
      </div>
    </dialog>
  )
}
