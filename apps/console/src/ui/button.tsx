import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'

import { classes } from './classes.ts'

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger' | 'grave' | 'good'

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-accent text-accent-ink border-transparent hover:brightness-110',
  good: 'bg-accent text-accent-ink border-transparent hover:brightness-110',
  plain: 'bg-raised text-ink border-line-strong/50 hover:border-line-strong hover:bg-sunken',
  quiet: 'border-transparent text-muted hover:bg-sunken hover:text-ink',
  grave: 'bg-bad text-on-bad border-transparent hover:brightness-110',
  danger: 'bg-raised text-bad border-bad/50 hover:bg-bad-soft',
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook
  size?: 'small' | 'medium' | 'large'
  children: ReactNode
  ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', size = 'medium', className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={buttonClasses(look, size, className)} {...rest} />
}

/** For links that look like buttons. */
export function buttonClasses(look: ButtonLook = 'plain', size: 'small' | 'medium' | 'large' = 'medium', more?: string): string {
  return classes(
    'inline-flex items-center justify-center gap-1.5 rounded-lg border font-medium whitespace-nowrap select-none transition-[background,border,filter] duration-100 disabled:opacity-50',
    size === 'small' && 'min-h-7 px-2 text-[0.82rem]',
    size === 'medium' && 'min-h-9 px-3 text-sm',
    size === 'large' && 'min-h-11 px-4 text-[0.95rem]',
    LOOKS[look],
    more,
  )
}
