import { Key } from '../../ui/keys-help.tsx'
import { Card, Part } from '../../ui/page.tsx'
import { setLetterKeys, setTheme, useLetterKeys, useTheme, type Theme } from '../../ui/theme.ts'
import { OwnPassword } from './own-password.tsx'

const THEMES: { id: Theme; word: string }[] = [
  { id: 'system', word: 'as the system' },
  { id: 'light', word: 'light' },
  { id: 'dark', word: 'dark' },
]

/** One's own password; and what is kept in this browser and nowhere else. */
export function Preferences() {
  const theme = useTheme()
  const letters = useLetterKeys()
  return (
    <Card className="max-w-2xl">
      <Part title="Appearance">
        <fieldset className="flex flex-wrap gap-x-5 gap-y-2">
          <legend className="sr-only">Appearance</legend>
          {THEMES.map(({ id, word }) => (
            <label key={id} className="flex min-h-8 items-center gap-2 text-sm">
              <input type="radio" name="theme" checked={theme === id} onChange={() => setTheme(id)} className="size-4 accent-(--accent)" />
              {word}
            </label>
          ))}
        </fieldset>
      </Part>
      <Part title="Keys">
        <label className="flex min-h-8 items-center gap-2 text-sm">
          <input type="checkbox" checked={letters} onChange={(event) => setLetterKeys(event.target.checked)} className="size-4 accent-(--accent)" />
          Single letters are commands
        </label>
        <p className="text-sm text-muted">
          <Key name="?" /> shows which. Turn them off where they get in the way of speech input or of other tools.
        </p>
      </Part>
      <Part title="Your password">
        <OwnPassword />
      </Part>
    </Card>
  )
}
