import { useQuery } from '@tanstack/react-query'
import { Eye, EyeOff, KeyRound } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'

import { API, ask } from '../../api/client.ts'
import { infoQuery, queryClient } from '../../api/queries.ts'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ThemeButton } from '../../ui/theme-button.tsx'
import { readLastUser, writeLastUser } from './last-user.ts'
import { tellRefusal } from './tell-refusal.ts'

/** Who is not signed in sees this instead of any page, and is where they wanted to be afterwards. */
export function SignInPage() {
  const { data: info } = useQuery(infoQuery)
  const [fault, setFault] = useState(() => tellRefusal(new URLSearchParams(window.location.search).get('sign_in')))
  const [isBusy, setBusy] = useState(false)
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    document.title = 'Sign in · Signalbox'
  }, [])

  const signIn = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const user = String(form.get('user')).trim()
    setBusy(true)
    setFault(undefined)
    try {
      await ask('POST', '/session', { body: { user, password: String(form.get('password')) } })
      writeLastUser(user)
      // Whoever was signed in before may have seen other things.
      await queryClient.resetQueries()
    } catch (error) {
      setFault(error instanceof Error ? error.message : 'Signing in did not work.')
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className="relative grid min-h-dvh place-items-center overflow-hidden px-4 py-10">
      <Rails />
      <div className="absolute top-4 right-4">
        <ThemeButton />
      </div>
      <div className="relative w-full max-w-[23rem]">
        <div className="mb-7 text-center">
          <img src="/console/favicon.svg" alt="" width={52} height={52} className="mx-auto" />
          <h1 className="mt-4 text-2xl font-semibold tracking-tight">Signalbox</h1>
          <p className="mt-1 text-sm text-muted">Sign in to the console</p>
        </div>
        <div className="rounded-2xl border bg-surface p-6 shadow-float">
          <form onSubmit={(event) => void signIn(event)} className="grid gap-4">
            <TextField
              label="User"
              name="user"
              autoComplete="username"
              autoCapitalize="off"
              spellCheck={false}
              defaultValue={readLastUser() ?? 'admin'}
              required
            />
            <div className="relative">
              <TextField label="Password" name="password" type={isShown ? 'text' : 'password'} autoComplete="current-password" required autoFocus />
              <button
                type="button"
                aria-pressed={isShown}
                onClick={() => setShown(!isShown)}
                className="absolute right-1.5 bottom-1.5 grid size-7 place-items-center rounded-md bg-raised text-faint hover:text-ink"
              >
                {isShown ? <EyeOff aria-hidden size={16} /> : <Eye aria-hidden size={16} />}
                <span className="sr-only">Show what is typed</span>
              </button>
            </div>
            {fault && (
              <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
                {fault}
              </p>
            )}
            <Button type="submit" look="primary" size="large" disabled={isBusy}>
              {isBusy ? 'Signing in…' : 'Sign in'}
            </Button>
          </form>
          {info?.oidc && (
            <>
              <p className="my-4 flex items-center gap-3 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
                or
              </p>
              <a href={`${API}/oidc/start?return_to=${encodeURIComponent(toReturn())}`} className={buttonClasses('plain', 'large', 'w-full')}>
                <KeyRound aria-hidden size={16} /> Sign in with {info.oidc.name}
              </a>
            </>
          )}
        </div>
        <p className="mx-auto mt-5 max-w-[19rem] text-center text-xs text-muted">
          The admin’s password was printed when Signalbox was started for the first time. Everybody else gets theirs from an admin.
        </p>
      </div>
    </main>
  )
}

/** Where this page is shown, without what the last attempt said. */
function toReturn(): string {
  const url = new URL(window.location.href)
  url.searchParams.delete('sign_in')
  return `${url.pathname}${url.search}`
}

/** Tracks that part: what a signal box looks over. */
function Rails() {
  return (
    <svg aria-hidden viewBox="0 0 1200 800" preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full fill-none stroke-line stroke-2">
      {[0, 1, 2, 3, 4].map((track) => (
        <path
          key={track}
          d={`M0 ${400 + (track - 2) * 18} H260 C 480 ${400 + (track - 2) * 18}, 520 ${400 + (track - 2) * 170}, 760 ${400 + (track - 2) * 170} H1200`}
        />
      ))}
      <path d="M0 400 H260 C 480 400, 520 230, 760 230 H1200" className="stroke-accent/50" />
      <circle cx={760} cy={230} r={6} className="fill-accent stroke-none" />
      <circle cx={760} cy={570} r={6} className="fill-line-strong/50 stroke-none" />
    </svg>
  )
}
