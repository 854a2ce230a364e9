import type { ConsoleSession } from '@signalbox/contracts'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'

import { ask, setCsrf } from '../../api/client.ts'
import { queryClient, sessionQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { notify } from '../../ui/notices.tsx'

/** Changes one's own password. Wherever else one is signed in, one is not any more. */
export function OwnPassword() {
  const change = useMutation({
    mutationFn: (body: { current: string; next: string }) => ask<ConsoleSession>('POST', '/session/password', { body }),
    onSuccess: (session) => {
      setCsrf(session.csrf)
      queryClient.setQueryData(sessionQuery.queryKey, session)
      notify('good', 'Your password is changed. Other browsers are signed out.')
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const said = new FormData(form)
    change.mutate({ current: String(said.get('current')), next: String(said.get('next')) }, { onSuccess: () => form.reset() })
  }
  return (
    <form onSubmit={submit} className="grid gap-3 sm:grid-cols-2">
      <TextField label="The one you have" name="current" type="password" autoComplete="current-password" required />
      <TextField label="The new one" name="next" type="password" autoComplete="new-password" minLength={12} hint="12 characters or more." required />
      <div className="flex flex-wrap items-center gap-3 sm:col-span-2">
        <Button type="submit" disabled={change.isPending}>
          Change your password
        </Button>
        {change.error && (
          <p role="alert" className="text-sm text-bad">
            {change.error.message}
          </p>
        )}
      </div>
    </form>
  )
}
