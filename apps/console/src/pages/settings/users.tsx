import type { ConsoleUser, Role } from '@signalbox/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Ban, UserPlus } from 'lucide-react'
import { useState, type FormEvent } from 'react'

import { ask } from '../../api/client.ts'
import { queryClient, sessionQuery, usersQuery } from '../../api/queries.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Card, Fault, Loading } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago } from '../../ui/time.tsx'

const ROLES: { id: Role; what: string }[] = [
  { id: 'viewer', what: 'sees everything' },
  { id: 'approver', what: 'also decides' },
  { id: 'operator', what: 'also cancels, redrives and answers' },
  { id: 'admin', what: 'also people and channel tests' },
]

interface Changed {
  user: ConsoleUser
  password: string | null
}

/** Who may sign in, and as what. A password is shown once, when it is made. */
export function Users() {
  const { data, error, isPending } = useQuery(usersQuery)
  const { data: session } = useQuery(sessionQuery)
  const [made, setMade] = useState<Changed>()
  if (isPending) return <Loading />
  if (error) return <Fault error={error} />
  const done = (changed: Changed): void => {
    if (changed.password !== null) setMade(changed)
    void queryClient.invalidateQueries({ queryKey: ['users'] })
  }
  return (
    <div className="grid gap-5">
      <Card>
        <ul>
          {data.map((user) => (
            <UserRow key={user.id} user={user} isSelf={user.id === session?.user.id} onDone={done} />
          ))}
        </ul>
      </Card>
      <AddUser onDone={done} />
      <Dialog open={made !== undefined} onClose={() => setMade(undefined)} title={`The password of ${made?.user.name ?? ''}`}>
        <p className="mb-3 text-sm text-muted">It is shown this once, and kept nowhere. Hand it over on a way that others do not read.</p>
        <p className="flex items-center justify-between gap-2 rounded-lg bg-sunken px-3 py-2 font-mono break-all">
          {made?.password}
          <CopyButton text={made?.password ?? ''} label="Copy the password" />
        </p>
        <Button look="primary" className="mt-4" onClick={() => setMade(undefined)}>
          Done
        </Button>
      </Dialog>
    </div>
  )
}

function UserRow({ user, isSelf, onDone }: { user: ConsoleUser; isSelf: boolean; onDone: (changed: Changed) => void }) {
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean; reset_password?: true }) => ask<Changed>('PATCH', `/users/${encodeURIComponent(user.id)}`, { body }),
    onSuccess: onDone,
  })
  const remove = useMutation({
    mutationFn: () => ask('DELETE', `/users/${encodeURIComponent(user.id)}`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['users'] }),
  })
  const [isAsking, setAsking] = useState(false)
  const fault = change.error ?? remove.error
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 last:border-b-0">
      <div className="min-w-44 flex-1">
        <p className="font-medium">
          <SafeText text={user.name} max={80} /> {isSelf && <span className="text-sm font-normal text-faint">(you)</span>}{' '}
          {user.disabled && (
            <Badge tone="warn" icon={Ban}>
              disabled
            </Badge>
          )}
        </p>
        <p className="text-xs text-faint">
          {user.sign_in === 'oidc' ? 'by the identity provider' : 'by password'} ·{' '}
          {user.signed_in_at === null ? (
            'never signed in'
          ) : (
            <>
              signed in <Ago at={user.signed_in_at} />
            </>
          )}
        </p>
      </div>
      <Select
        label={`Role of ${user.name}`}
        hidden
        className="w-full sm:w-72"
        value={user.role}
        disabled={isSelf || change.isPending}
        onChange={(event) => change.mutate({ role: event.target.value as Role })}
      >
        {ROLES.map(({ id, what }) => (
          <option key={id} value={id}>
            {id}: {what}
          </option>
        ))}
      </Select>
      <div className="flex flex-wrap gap-2 sm:w-76 sm:justify-end">
        {user.sign_in === 'password' && (
          <Button size="small" onClick={() => change.mutate({ reset_password: true })} disabled={change.isPending}>
            New password
          </Button>
        )}
        <Button size="small" disabled={isSelf || change.isPending} onClick={() => change.mutate({ disabled: !user.disabled })}>
          {user.disabled ? 'Enable' : 'Disable'}
        </Button>
        <Button size="small" look="danger" disabled={isSelf || remove.isPending} onClick={() => setAsking(true)}>
          Remove
        </Button>
      </div>
      {fault && (
        <p role="alert" className="basis-full text-sm text-bad">
          {fault.message}
        </p>
      )}
      <Dialog open={isAsking} onClose={() => setAsking(false)} title={`Remove ${user.name}?`}>
        <p className="text-sm text-muted">They are signed out everywhere and cannot sign in any more. What they decided stays in the audit.</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Cancel</Button>
          <Button
            look="grave"
            onClick={() => {
              setAsking(false)
              remove.mutate()
            }}
          >
            Remove
          </Button>
        </div>
      </Dialog>
    </li>
  )
}

function AddUser({ onDone }: { onDone: (changed: Changed) => void }) {
  const add = useMutation({ mutationFn: (body: { name: string; role: Role }) => ask<Changed>('POST', '/users', { body }), onSuccess: onDone })
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const said = new FormData(form)
    add.mutate({ name: String(said.get('name')).trim(), role: String(said.get('role')) as Role }, { onSuccess: () => form.reset() })
  }
  return (
    <Card>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3 px-4 py-4">
        <h2 className="basis-full text-sm font-semibold">Add somebody</h2>
        <TextField label="Name" name="name" required maxLength={64} autoComplete="off" className="min-w-44 flex-1" />
        <Select label="Role" name="role" defaultValue="approver">
          {ROLES.map(({ id, what }) => (
            <option key={id} value={id}>
              {id}: {what}
            </option>
          ))}
        </Select>
        <Button type="submit" look="primary" className="min-h-10" disabled={add.isPending}>
          <UserPlus aria-hidden size={16} /> Add
        </Button>
        {add.error && (
          <p role="alert" className="basis-full text-sm text-bad">
            {add.error.message}
          </p>
        )}
      </form>
    </Card>
  )
}
