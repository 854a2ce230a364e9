import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'

import { API, ask } from '../../api/client.ts'
import { infoQuery, queryClient, sessionQuery } from '../../api/queries.ts'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'

/** Who is not signed in sees this instead of any page, and is where they wanted to be afterwards. */
export function SignInPage() {
  const { data: info } = useQuery(infoQuery)
  const [fault, setFault] = useState<string>()
  const [isBusy, setBusy] = useState(false)

  const signIn = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFault(undefined)
    try {
      await ask('POST', '/session', { body: { user: String(form.get('user')), password: String(form.get('password')) } })
      await queryClient.invalidateQueries(sessionQuery)
    } catch (error) {
      setFault(error instanceof Error ? error.message : 'Signing in did not work.')
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className="grid min-h-dvh place-items-center px-4">
      <div className="w-full max-w-sm rounded-2xl border bg-surface p-6 shadow-float sm:p-8">
        <div className="mb-6 flex items-center gap-3">
          <img src="/console/favicon.svg" alt="" width={36} height={36} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">Signalbox</h1>
            <p className="text-sm text-muted">Sign in to the console</p>
          </div>
        </div>
        <form onSubmit={(event) => void signIn(event)} className="grid gap-4">
          <TextField label="User" name="user" autoComplete="username" defaultValue="admin" required />
          <TextField label="Password" name="password" type="password" autoComplete="current-password" required autoFocus />
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
          <a href={`${API}/oidc/start`} className={buttonClasses('plain', 'large', 'mt-3 w-full')}>
            Sign in with {info.oidc.name}
          </a>
        )}
        <p className="mt-6 text-xs text-muted">The first password was printed when Signalbox was started for the first time.</p>
      </div>
    </main>
  )
}
