import { Monitor, Moon, Sun } from 'lucide-react'

import { setTheme, useTheme, type Theme } from './theme.ts'

const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const satisfies Record<Theme, Theme>
const LOOKS = {
  system: { icon: Monitor, word: 'as the system' },
  light: { icon: Sun, word: 'light' },
  dark: { icon: Moon, word: 'dark' },
} as const satisfies Record<Theme, object>

/** Light, dark, or as the system: one after the other. */
export function ThemeButton() {
  const theme = useTheme()
  const { icon: Icon, word } = LOOKS[theme]
  return (
    <button
      type="button"
      onClick={() => setTheme(NEXT[theme])}
      aria-label={`Theme: ${word}. Change to ${LOOKS[NEXT[theme]].word}.`}
      title={`Theme: ${word}`}
      className="grid size-8 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
    >
      <Icon aria-hidden size={16} />
    </button>
  )
}
