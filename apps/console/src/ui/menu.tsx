import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'

/** Some things that can be done, behind a button. It locks no scrolling, for which it would need style elements at run time. */
export function Menu({ trigger, label, items }: { trigger: ReactNode; label: string; items: readonly { word: string; onSelect: () => void }[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          aria-label={label}
          align="end"
          sideOffset={6}
          className="z-50 min-w-36 rounded-xl border bg-raised p-1 text-sm shadow-float motion-safe:animate-rise"
        >
          {items.map(({ word, onSelect }) => (
            <DropdownMenu.Item
              key={word}
              onSelect={onSelect}
              className="flex min-h-8 cursor-pointer items-center rounded-lg px-2.5 outline-none data-highlighted:bg-accent-soft data-highlighted:text-accent-text"
            >
              {word}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
