import { ArrowUp, Square } from 'lucide-react'
import { useEffect, useRef, type KeyboardEvent } from 'react'

import { Button } from '../../ui/button.tsx'

export interface ComposerProps {
  draft: string
  onDraft: (text: string) => void
  isBusy: boolean
  placeholder: string
  onSend: (text: string) => void
  onStop: () => void
}

/** Where one writes. Enter sends, Shift+Enter begins a line, Escape stops. */
export function Composer({ draft, onDraft, isBusy, placeholder, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    const element = field.current
    if (!element) return
    // As high as its words, up to a third of the window.
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, window.innerHeight / 3)}px`
    if (draft !== '') element.focus({ preventScroll: true })
  }, [draft])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && isBusy) onStop()
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!isBusy && draft.trim() !== '') onSend(draft.trim())
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && draft.trim() !== '') onSend(draft.trim())
      }}
      className="flex items-end gap-2 rounded-2xl border border-line-strong/60 bg-raised p-2 shadow-card focus-within:border-accent"
    >
      <label htmlFor="composer" className="sr-only">
        {placeholder}
      </label>
      <textarea
        ref={field}
        id="composer"
        rows={1}
        value={draft}
        placeholder={placeholder}
        onChange={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        className="max-h-[33dvh] min-h-9 flex-1 resize-none bg-transparent px-2 py-1.5 text-[0.95rem] placeholder:text-faint focus-visible:outline-none"
      />
      {isBusy ? (
        <Button onClick={onStop} aria-label="Stop" className="size-9 rounded-full! px-0!">
          <Square aria-hidden size={14} fill="currentColor" />
        </Button>
      ) : (
        <Button type="submit" look="primary" aria-label="Send" disabled={draft.trim() === ''} className="size-9 rounded-full! px-0!">
          <ArrowUp aria-hidden size={17} />
        </Button>
      )}
    </form>
  )
}
