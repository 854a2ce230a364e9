import { Search } from 'lucide-react'
import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react'

import { classes } from './classes.ts'

const BOX = 'w-full rounded-lg border border-line-strong/60 bg-raised px-3 text-sm text-ink placeholder:text-faint focus-visible:border-accent'

export function TextField({
  label,
  hint,
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label: ReactNode; hint?: ReactNode; ref?: Ref<HTMLInputElement> }) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} className={classes(BOX, 'min-h-10')} {...rest} />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

export function TextArea({
  label,
  hint,
  className,
  mono,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { label: string; hint?: ReactNode; mono?: boolean; ref?: Ref<HTMLTextAreaElement> }) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className={classes(BOX, 'py-2', mono && 'font-mono text-[0.82rem] leading-relaxed')}
        {...rest}
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

export function SearchField({ label, className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { label: string; ref?: Ref<HTMLInputElement> }) {
  return (
    <div className={classes('relative', className)}>
      <Search aria-hidden size={15} className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-faint" />
      <input type="search" aria-label={label} placeholder={label} className={classes(BOX, 'min-h-9 pl-9')} {...rest} />
    </div>
  )
}

export function Select({ label, hidden = false, className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement> & { label: string; hidden?: boolean }) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className={hidden ? 'sr-only' : 'mb-1 block text-sm font-medium'}>
        {label}
      </label>
      <select id={id} className={classes(BOX, hidden ? 'min-h-9' : 'min-h-10', 'pr-8')} {...rest}>
        {children}
      </select>
    </div>
  )
}
