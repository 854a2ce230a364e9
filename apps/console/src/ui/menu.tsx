import { ChevronDown } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'

import { Button } from './button.tsx'

/** Some things that can be done, behind a button. Escape and a click elsewhere shut it. */
export function Menu({ word, label, items }: { word: string; label: string; items: readonly { word: string; onSelect: () => void }[] }) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => {
    if (!isOpen) return undefined
    const onPointer = ({ target }: PointerEvent): void => {
      if (target instanceof Node && !box.current?.contains(target)) setOpen(false)
    }
    window.addEventListener('pointerdown', onPointer)
    return () => window.removeEventListener('pointerdown', onPointer)
  }, [isOpen])
  const shut = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <div
      ref={box}
      className="relative"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return
        event.preventDefault()
        event.stopPropagation()
        shut()
      }}
      onBlur={({ relatedTarget }) => relatedTarget instanceof Node && !box.current?.contains(relatedTarget) && setOpen(false)}
    >
      <Button ref={button} look="quiet" size="small" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        {word} <ChevronDown aria-hidden size={13} />
      </Button>
      {isOpen && (
        <div
          id={id}
          role="group"
          aria-label={label}
          className="absolute top-full right-0 z-30 mt-1 grid min-w-40 rounded-xl border bg-raised p-1 text-sm shadow-float motion-safe:animate-rise"
        >
          {items.map(({ word: what, onSelect }) => (
            <button
              key={what}
              type="button"
              onClick={() => {
                shut()
                onSelect()
              }}
              className="min-h-9 rounded-lg px-2.5 text-left whitespace-nowrap hover:bg-accent-soft hover:text-accent-text"
            >
              {what}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
